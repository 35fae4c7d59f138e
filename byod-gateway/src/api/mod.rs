//! Convex's HTTP API, for `ConvexHttpClient` and rendering on servers.

mod answer;
mod body;
mod call;

pub(crate) use answer::{ANSWERED_BY, too_many};
pub(crate) use call::routes;
