//! The file in which `byod fleet run` keeps who is left alone for a while.

use std::fs;
use std::io;
use std::path::Path;
use std::process;

use byod_fleet::Memory;

use crate::error::Error;

/// `None` where there is none yet.
pub(super) fn read(file: &Path) -> Result<Option<Memory>, Error> {
    let text = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|source| Error::io(file, source))?,
    };
    let memory = serde_json::from_slice(&text);
    memory.map(Some).map_err(|_| Error::NoMemory {
        file: file.to_owned(),
    })
}

/// Whole or not at all, for who is cut off in it.
pub(super) fn write(file: &Path, memory: &Memory) -> Result<(), Error> {
    let of = |source| Error::io(file, source);
    let text = serde_json::to_vec(memory).map_err(|error| of(error.into()))?;
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.writing", process::id()));
    let written = Path::new(&name);
    fs::write(written, text).map_err(of)?;
    fs::rename(written, file).map_err(of)
}
