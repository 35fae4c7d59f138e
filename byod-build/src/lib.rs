#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(feature = "reader"),
    allow(
        dead_code,
        reason = "what only the reader uses stays beside what all use"
    )
)]

mod builder;
mod config;
#[cfg(feature = "reader")]
mod engine;
mod error;
mod folder;
mod limits;
#[cfg(feature = "reader")]
mod project;
#[cfg(feature = "reader")]
mod resolve;
mod sources;
#[cfg(feature = "reader")]
mod standin;
#[cfg(feature = "reader")]
mod typescript;
mod watch;

pub use builder::{Builder, Folders, emit};
#[doc(hidden)]
pub use error::one_line;
pub use error::{Error, Limit};
#[doc(hidden)]
pub use folder::{convex_folder, is_source};
pub use limits::{Limits, with_deep_stack};
#[doc(hidden)]
pub use limits::{is_file, read_file, read_text};
#[cfg(feature = "reader")]
pub use project::{Attempt, Exported, ProjectReading, attempt, read_project};
#[cfg(feature = "reader")]
pub use resolve::{Imports, LockFile};
#[cfg(feature = "reader")]
pub use typescript::check_nesting;

/// Reads the text of a `byod.toml`, for the fuzz targets.
#[doc(hidden)]
pub fn check_config(text: &str) -> Result<(), Error> {
    let config = config::Config::parse(std::path::Path::new("byod.toml"), text)?;
    match config.mistakes.is_empty() {
        true => Ok(()),
        false => Err(Error::several(config.mistakes)),
    }
}

/// Compiles the text of a module, for the fuzz targets: `None` where it can't be, and
/// else the code that an engine would run.
#[cfg(feature = "reader")]
#[doc(hidden)]
pub fn compile_module(path: &std::path::Path, text: &str) -> Option<String> {
    let compiled = typescript::compile(path, text, typescript::Dialect::default());
    compiled.ok().map(|compiled| compiled.code)
}
