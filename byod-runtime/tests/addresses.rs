//! Where users' deployments may be: URLs and answers of a resolver that an attacker
//! would choose, and those of honest users.
//!
//! `cargo test -p byod-runtime --test runtime addresses:: -- --nocapture` prints how many were
//! refused.
//!
//! Over both ways of making connections.

#[path = "addresses/cases.rs"]
mod built_in;
#[path = "addresses/cases.rs"]
mod over_reqwest;
