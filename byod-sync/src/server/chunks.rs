//! Transitions that are too large for one message.

use crate::message::ServerMessage;

/// Cuts the text of a transition into messages of at most `bytes` of it; `transition` tells the transitions of one socket
/// apart.
pub fn chunks(text: &str, bytes: usize, transition: &str) -> Vec<ServerMessage> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = bytes.max(4).min(rest.len());
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    let parts = pieces.len() as u32;
    let message = |(part, piece): (usize, &str)| ServerMessage::TransitionChunk {
        chunk: piece.to_owned(),
        part: part as u32,
        parts,
        transition: transition.to_owned(),
    };
    pieces.into_iter().enumerate().map(message).collect()
}

/// Whether a client puts pieces together: npm's `convex` does from 1.28 on, by the version in the URL of its socket
/// (`/api/1.48.0/sync`); the crate does not.
pub fn takes_chunks(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) >= (1, 28),
        _ => false,
    }
}
