//! Modules of ours that stand in for packages that are not installed.

mod modules;

pub(crate) use modules::{Package, Standin};
