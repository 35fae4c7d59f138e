//! The project's functions: how one is found, checked and run, with what it is given.

pub(crate) mod claim;
mod ctx;
mod idempotency;
mod moving;
mod project;
mod registry;

pub(crate) use ctx::Access;
pub use ctx::Ctx;
pub(crate) use moving::{By, Found, Moving, MovingTable};
pub(crate) use project::Project;
pub(crate) use registry::{Body, Entry, Functions, missing};
