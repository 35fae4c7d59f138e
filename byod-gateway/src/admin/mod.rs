//! `/byod/admin`: all users' deployments, for an operator.

mod access;
mod api;
mod following;
mod live;
mod page;
mod routes;
mod summary;

pub(crate) use routes::routes;
