//! How deep a program is nested, told from its tokens: the compiler recurses as deep,
//! and a stack that is used up ends the whole build.
//!
//! Where a `/` begins a regular expression, or a `<` an element of JSX, can't always be
//! told from what stands before it. There the text is read both ways, each for itself,
//! until one of them is no program or both are at the same place again. The deepest
//! counts, so nothing that stands in a string, a comment or an expression can hide a
//! bracket.

mod reading;
mod text;
mod words;

use std::path::Path;

use reading::{Reading, Step};

/// The deepest nesting that is compiled. Programs that people or bundlers write
/// stay far below.
pub(crate) const MAX: usize = 10_000;

/// What one text is read as at once. No program that is meant to be read has a tenth.
const READINGS: usize = 64;

/// Whether a file may have tags, by its name. Types are read in all of them.
pub(crate) fn may_have_tags(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    !matches!(ending, Some("ts" | "mts" | "cts"))
}

/// The byte at which the nesting of `source` goes beyond `max`, if it does. Counted is
/// too much rather than too little.
///
/// Brackets nest, and so do tags, type arguments, and the operators and `else`s of one
/// statement.
pub(crate) fn beyond(source: &str, may_have_tags: bool, max: usize) -> Option<usize> {
    if !text::has_tokens(source.as_bytes(), max) {
        return None;
    }
    let mut readings = vec![Reading::new(may_have_tags)];
    while let Some(first) = (0..readings.len()).min_by_key(|index| readings[*index].at()) {
        let others = readings.len() > 1;
        let reading = &mut readings[first];
        // Alone, it need not be compared with others.
        let step = loop {
            let step = reading.step(source.as_bytes());
            if reading.depth() > max {
                return Some(reading.start());
            }
            if others || !matches!(step, Step::On) {
                break step;
            }
        };
        match step {
            Step::On => merge(&mut readings, first),
            Step::Either(other) if readings.len() < READINGS => readings.push(*other),
            Step::Either(_) => return Some(readings[first].start()),
            Step::End => {
                readings.swap_remove(first);
            }
        }
    }
    None
}

/// Makes one of two readings that have come to be the same.
fn merge(readings: &mut Vec<Reading>, moved: usize) {
    let same = (0..readings.len())
        .find(|other| *other != moved && readings[*other].continues_as(&readings[moved]));
    if let Some(other) = same {
        let reading = readings.swap_remove(moved);
        // Where the last one was swapped into the place of the moved one.
        let other = if other == readings.len() {
            moved
        } else {
            other
        };
        readings[other].join(&reading);
    }
}

#[cfg(test)]
mod tests;
