//! Deployments that send back what they were sent, and what errors keep of it.
//!
//! Over both ways of making connections.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::duplicate_mod, reason = "the same cases over both ways")]

mod support;

#[path = "secrets/cases.rs"]
mod built_in;
#[path = "secrets/cases.rs"]
mod over_reqwest;
