//! The runtime against deployments that answer as a test tells them to.
//! One program of all files, so that they are linked once; one of them:
//! `cargo test --workspace --test runtime routing::`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]
#![allow(clippy::duplicate_mod, reason = "the same cases over both ways")]

mod addresses;
mod batch;
mod client;
mod connection;
mod credentials;
mod faults;
mod global;
mod http2;
mod http_client;
mod idempotency;
mod injection;
mod limits;
mod live;
mod live_faults;
mod live_model;
mod live_patience;
mod records;
mod recovery;
mod route_model;
mod routing;
mod secrets;
mod status;
mod support;
mod telemetry;
mod tenants;
mod tls;
