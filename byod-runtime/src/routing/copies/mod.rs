//! Copies of main's documents on users' deployments: the caller's own alone, brought there
//! before functions that read them are called.

mod bringing;
mod known;
mod wire;

pub(crate) use bringing::{Copies, Failed};
pub(crate) use known::Writing;
pub(crate) use wire::Whose;
