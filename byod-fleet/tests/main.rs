//! A fleet of deployments in this process, and main with its users' records.
//! One program of all files, so that they are linked once; one of them:
//! `cargo test --workspace --test fleet rollout::`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod keeper;
mod outcomes;
mod progress;
mod rollout;
mod status;
mod support;
mod together;
