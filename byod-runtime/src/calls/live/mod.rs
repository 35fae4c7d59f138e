//! Queries that are watched: streams that follow where the user's data is.

mod follower;
mod one;
mod own;
mod page_ends;
mod paged;
mod place;
mod polled;
mod together;

pub use one::{Live, LiveRouted};
pub use own::{OwnLive, OwnMoments, OwnQuery, OwnResult, OwnResults};
pub use paged::{LivePages, LoadedPages};
pub use together::LiveQueries;
