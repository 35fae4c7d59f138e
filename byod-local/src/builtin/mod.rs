//! The functions that a deployment has by itself.

mod assembly;
mod claim;
mod credentials;
mod crud;
mod history;
mod mirror;
mod moving;
mod ping;

pub(crate) use assembly::{Assembly, Role};
