//! Deployments that send back what they were sent, and what errors keep of it.
//!
//! Over both ways of making connections.

#[path = "secrets/cases.rs"]
mod built_in;
#[path = "secrets/cases.rs"]
mod over_reqwest;
