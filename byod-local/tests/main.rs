//! The deployment for tests, over HTTP as its clients see it.
//! One program of all files, so that they are linked once; one of them:
//! `cargo test --workspace --test local crud::`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod claims;
mod common;
mod credentials;
mod crud;
mod functions;
mod http;
mod live;
mod push;
mod users;
