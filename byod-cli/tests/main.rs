//! What the tool does, tried from outside.
//! One program of all files, so that they are linked once; one of them:
//! `cargo test --workspace --test cli check::`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod across;
mod attacked;
mod beyond;
mod callers;
mod check;
mod claim;
mod components;
mod each_habit;
#[path = "../../byod-fleet/tests/engine/server.rs"]
#[allow(dead_code, reason = "the fleet's own tests ask it more")]
mod engine_server;
mod example_data;
mod export;
mod files;
mod fleet;
mod followed;
mod guide;
mod habits;
mod handed_over;
mod idempotency;
mod imports;
mod init;
mod large;
mod links;
mod long;
#[path = "../../tests/support/made.rs"]
mod made;
mod main_side;
mod manual;
mod mirror;
mod moving;
#[path = "../../tests/support/npm.rs"]
mod npm;
mod odd;
mod outbox;
mod owner_errors;
mod ownership;
mod places;
mod public;
mod random;
mod release;
mod rotate;
mod served;
mod shared;
mod snapshot;
mod still;
mod subjects;
mod support;
mod told;
mod touches;
mod triggers;
mod typecheck;
mod typescript;
mod whole;
mod wrapping;
mod wrong;
