//! Modules that are nested too deep, for whoever parses them beside the reader.

use std::path::Path;

use super::{nesting, transform};
use crate::error::Error;

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
