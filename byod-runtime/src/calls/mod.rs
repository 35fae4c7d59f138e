//! One user's calls: what generated functions give.

mod batch;
mod by_path;
mod call;
mod claiming;
mod live;
mod mirrored;
mod pages;
mod paginated;
pub mod relay;
mod session;

pub use batch::{Batch, Queries};
pub use call::{Action, Mutation, Query, Routed};
pub use live::{Live, LivePages, LiveQueries, LiveRouted, LoadedPages};
pub use pages::{Items, Pages};
pub use paginated::PaginatedQuery;
pub use session::Session;
