//! Files are read and written where they are files: a pipe would be waited for, and a
//! device may never end.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path};
use std::process;

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

/// Writes a file that `beside` names, which is a file itself: whole, or not at all, and
/// through no link, wherever below the folder of `beside` that is. A checkout may hold links
/// that lead anywhere.
///
/// # Errors
///
/// As of a file that can't be written, and where the way to it is a link.
pub(crate) fn replace_file(beside: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    refuse_links(beside, path)?;
    let there = match fs::symlink_metadata(path) {
        Ok(there) => {
            is_file(&there)?;
            Some(there)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let new = folder.join(format!(".byod-{}", process::id()));
    let write = || {
        // What is there, a link too, is never opened.
        let mut file = OpenOptions::new().write(true).create_new(true).open(&new)?;
        file.write_all(text)?;
        if let Some(there) = there {
            file.set_permissions(there.permissions())?;
        }
        fs::rename(&new, path)
    };
    let done = write();
    let is_mine = !matches!(&done, Err(error) if error.kind() == io::ErrorKind::AlreadyExists);
    if done.is_err() && is_mine {
        let _ = fs::remove_file(&new);
    }
    done
}

/// An error where the file, or a folder that is named on the way to it, is a link.
fn refuse_links(beside: &Path, path: &Path) -> io::Result<()> {
    let base = beside.parent().unwrap_or(Path::new(""));
    // Named from the root of the file system: the way there is the machine's.
    let Ok(named) = path.strip_prefix(base) else {
        return refuse_link(path);
    };
    let here = if base.as_os_str().is_empty() {
        Path::new(".")
    } else {
        base
    };
    let mut at = fs::canonicalize(here)?;
    for part in named.components() {
        match part {
            Component::ParentDir => drop(at.pop()),
            Component::CurDir => {}
            part => {
                at.push(part);
                refuse_link(&at)?;
            }
        }
    }
    Ok(())
}

fn refuse_link(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => Err(io::Error::other(format!(
            "nothing is written through a link, and {} is one. Put the file or folder itself there",
            path.display()
        ))),
        _ => Ok(()),
    }
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
