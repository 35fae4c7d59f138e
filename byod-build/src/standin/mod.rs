//! Modules of ours that stand in for packages that are not installed.

mod modules;
mod version;

pub(crate) use modules::{Package, Standin};
pub(crate) use version::Versions;
