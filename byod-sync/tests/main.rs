//! The protocol, held against its own types, and both sides against each other.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conversation;
mod messages;
#[cfg(feature = "serve")]
mod serving;
