//! Where users' deployments may be: URLs and answers of a resolver that an attacker
//! would choose, and those of honest users.
//!
//! `cargo test -p byod-runtime --test addresses -- --nocapture` prints how many were
//! refused.
//!
//! Over both ways of making connections.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::duplicate_mod, reason = "the same cases over both ways")]

mod support;

#[path = "addresses/cases.rs"]
mod built_in;
#[path = "addresses/cases.rs"]
mod over_reqwest;
