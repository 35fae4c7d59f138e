//! Answers calls: what all of them share, Convex's HTTP API, and its sync protocol.

mod answer;
mod core;
#[cfg(feature = "push")]
mod deploying;
mod http;
mod live;
mod messages;
mod present;
mod requests;
pub(crate) mod server;
mod socket;

pub(crate) use core::{Call, Core, now};
pub use requests::RequestRecord;
