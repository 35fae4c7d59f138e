//! The protocol, held against its own types, and both sides against each other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod client_model;
mod conversation;
mod messages;
#[cfg(feature = "serve")]
mod serving;
