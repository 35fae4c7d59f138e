//! What crosses crates.
//! One program of all files, so that they are linked once; one of them:
//! `cargo test --workspace --test across routing::`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod admin_page;
mod batching;
mod browser;
mod claims;
mod clients;
mod dependencies;
mod differential;
mod documents;
mod end_to_end;
mod errors;
mod examples;
mod faults;
mod gateway;
mod handlers;
mod links;
mod live;
mod moving;
mod node_server;
mod official_client;
mod official_sync;
mod pushes;
mod races;
mod rooms;
mod routing;
mod signed_in;
mod support;
mod tenants;
mod wrappers;
