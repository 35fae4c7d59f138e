//! Answers calls: what all of them share, and Convex's HTTP API.

mod answer;
mod core;
mod http;
mod requests;
pub(crate) mod server;

pub(crate) use core::{Call, Core, now};
pub use requests::RequestRecord;
