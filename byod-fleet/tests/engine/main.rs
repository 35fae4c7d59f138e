//! Roll-outs on a real engine, by workers in processes of their own:
//! `cargo test --workspace --test engine`. `BYOD_ENGINE_USERS=2000` has it do with as many users.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod beside;
mod ended;
mod killed;
mod moved;
#[path = "../../../tests/support/npm.rs"]
mod npm;
mod one_user;
mod server;
mod shared;
mod strangers;
#[path = "../support/mod.rs"]
#[allow(
    dead_code,
    reason = "roll-outs without an engine are tried in more ways"
)]
mod support;
mod workers;
