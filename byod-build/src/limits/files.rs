//! Files are read and written where they are files: a pipe would be waited for, and a
//! device may never end.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

/// The bytes of a file.
///
/// # Errors
///
/// Where there is none, or what is there is a folder, pipe, socket or device.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    is_file(&fs::metadata(path)?)?;
    fs::read(path)
}

/// The text of a file, which must be UTF-8.
///
/// # Errors
///
/// As [`read_file`].
pub fn read_text(path: &Path) -> io::Result<String> {
    is_file(&fs::metadata(path)?)?;
    fs::read_to_string(path)
}

/// Writes a file where there is one, or nothing.
pub(crate) fn write_file(path: &Path, text: &[u8]) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) => is_file(&there)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    fs::write(path, text)
}

/// An error where something is there that is not read or written as a file.
pub fn is_file(there: &Metadata) -> io::Result<()> {
    let what = match there.file_type() {
        kind if kind.is_file() => return Ok(()),
        kind if kind.is_dir() => "a folder",
        _ => "a pipe, socket or device",
    };
    Err(io::Error::other(format!(
        "this is {what}, where a file is expected. Put a file there, or remove it"
    )))
}
