//! Queries that are watched: streams that follow where the user's data is.

mod follower;
mod one;
mod polled;

pub use one::{Live, LiveRouted};
