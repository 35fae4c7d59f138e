//! Main's actions ask for a user's data where that is: both sides run their real functions,
//! each over HTTP.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod attacks;
mod calls;
mod files;
mod hostile;
mod outbox;
mod sealed;
#[path = "../support/mod.rs"]
mod support;
mod world;
mod written;
