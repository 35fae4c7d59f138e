//! What a client makes of every kind of bad answer, and of none.
//!
//! Over both ways of making connections.

#[path = "faults/cases.rs"]
mod built_in;
#[path = "faults/cases.rs"]
mod over_reqwest;
