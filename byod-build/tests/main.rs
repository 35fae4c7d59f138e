//! What the reader says of projects.
//! One program of all files, so that they are linked once; one of them:
//! `cargo test --workspace --test build schema_errors::`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod absent;
mod common;
mod config;
mod deferred;
mod fixtures;
mod law;
mod monorepos;
mod nesting;
mod outside;
mod packages_absent;
mod placements;
mod rerun;
mod schema_errors;
mod snapshot;
mod unknown;
mod warnings;
mod without_reader;
