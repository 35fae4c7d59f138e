//! What a client makes of every kind of bad answer, and of none.
//!
//! Over both ways of making connections.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::duplicate_mod, reason = "the same cases over both ways")]

mod support;

#[path = "faults/cases.rs"]
mod built_in;
#[path = "faults/cases.rs"]
mod over_reqwest;
