//! The project's functions: how one is found, checked and run, with what it is given.

pub(crate) mod claim;
mod ctx;
mod idempotency;
mod project;
mod registry;

pub(crate) use ctx::Access;
pub use ctx::Ctx;
pub(crate) use project::Project;
pub(crate) use registry::{Body, Entry, Functions, missing};
