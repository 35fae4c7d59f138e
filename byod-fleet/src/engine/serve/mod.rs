//! What the engine calls: a worker's services. They say in which order and how often; what is done is what
//! the embedded roll-out does, too.

mod at_hand;
mod batch;
mod failure;
mod fleet;
mod lacking;
mod listening;
mod program;
mod rollout;
mod steps;
mod user;
mod worker;

pub use failure::Failure;
pub use program::{Arguments, run};
pub use worker::Worker;
