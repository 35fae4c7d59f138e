//! Puts together what came in pieces.

use super::broken::Broken;

/// The pieces of one transition that have come so far.
#[derive(Debug)]
pub(super) struct Chunks {
    transition: String,
    parts: u32,
    came: u32,
    text: String,
}

/// One piece.
pub(super) struct Chunk {
    pub(super) transition: String,
    pub(super) part: u32,
    pub(super) parts: u32,
    pub(super) text: String,
}

impl Chunks {
    /// Adds a piece; the whole text where it is the last. `limit` is how large that may be.
    pub(super) fn add(
        before: &mut Option<Self>,
        chunk: Chunk,
        limit: usize,
    ) -> Result<Option<String>, Broken> {
        let chunks = before.get_or_insert_with(|| Self {
            transition: chunk.transition.clone(),
            parts: chunk.parts,
            came: 0,
            text: String::new(),
        });
        let is_next = chunk.transition == chunks.transition
            && chunk.parts == chunks.parts
            && chunk.part == chunks.came
            && chunk.part < chunk.parts;
        if !is_next {
            return Err(Broken::Reconnect("pieces of a transition are out of order"));
        }
        if chunks.text.len() + chunk.text.len() > limit {
            return Err(Broken::Reconnect("a transition is too large"));
        }
        chunks.text.push_str(&chunk.text);
        chunks.came += 1;
        Ok(match chunks.came == chunks.parts {
            true => before.take().map(|whole| whole.text),
            false => None,
        })
    }
}
