//! Deployments that speak HTTP/2: calls share a connection, and nothing is sent twice,
//! whatever becomes of it. Frame by frame, as no server would write them.
//!
//! Over both ways of making connections.

#[path = "http2/cases.rs"]
mod built_in;
#[path = "http2/cases.rs"]
mod over_reqwest;
