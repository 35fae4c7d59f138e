//! Where imports lead: to a file, a stand-in, or nowhere, which makes them inert.

mod builtins;
mod disk;
mod frameworks;
mod glob;
mod imports;
mod inert;
mod lock;
mod lock_file;
mod pinned;
mod resolution;
mod specifier;
mod tsconfig;
mod workspace;

pub(crate) use builtins::is_builtin;
pub(crate) use glob::path_matches;
pub use imports::Imports;
pub(crate) use inert::Target;
pub use lock_file::LockFile;
pub(crate) use resolution::Resolution;
