//! Which folder is a project's, which files are its modules, and what may be read at all.

mod digest;
mod grounds;
mod locate;
mod modules;

pub(crate) use digest::digest;
#[cfg(feature = "reader")]
pub(crate) use grounds::Grounds;
pub use locate::convex_folder;
pub(crate) use locate::{missing, schema_of, would_be};
pub use modules::is_source;
#[cfg(feature = "reader")]
pub(crate) use modules::{Module, find};
