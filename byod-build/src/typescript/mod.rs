//! Makes JavaScript of a module's text: takes the types away, and finds what it imports.

mod dependencies;
mod nesting;
mod transform;
mod unknown;

use std::path::Path;

use crate::error::Error;
pub(crate) use transform::{Dialect, compile, original_position};

/// Whether the module `text` of the file `path` can be parsed without using up the
/// stack that [`with_deep_stack`](crate::with_deep_stack) gives.
///
/// # Errors
///
/// Where it is nested too deep: [`Error::Nesting`].
pub fn check_nesting(path: &Path, text: &str) -> Result<(), Error> {
    transform::check_nesting(path, text).map_err(|error| Error::Nesting {
        path: path.to_owned(),
        line: error.line,
        column: error.column,
        most: nesting::MAX,
    })
}
