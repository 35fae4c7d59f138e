//! Convex's HTTP API, for `ConvexHttpClient` and rendering on servers.

mod answer;
mod body;
mod call;
mod reading;

pub(crate) use answer::{ANSWERED_BY, too_many};
pub(crate) use call::routes;
pub(crate) use reading::read;
