//! What Cargo is told, and which changes make it run the build again.
//!
//! Cargo runs a build script on every build that names a path which isn't there,
//! but it passes over links that lead nowhere inside of a folder that is. So what
//! is missing is named by a folder of links to where it would appear.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use filetime::FileTime;

/// The folder of links in the build's own folder.
const FOLDER: &str = "byod-absent";

/// Tells Cargo one thing. What it says stays on its line: behind a line break, a file's
/// name or a module's message would be an instruction of its own.
pub(crate) fn tell(instruction: &str, value: impl Display) {
    let line: String = value
        .to_string()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    println!("cargo::{instruction}={line}");
}

/// Has the build run again when `path` changes. A name that can't be told stands for
/// the folder that it is in.
pub(crate) fn rerun_if_changed(path: &Path) {
    let can_be_told = |path: &&Path| {
        let text = path.to_str();
        text.is_some_and(|text| !text.contains(char::is_control))
    };
    if let Some(path) = path.ancestors().find(can_be_told) {
        tell("rerun-if-changed", path.display());
    }
}

/// Has the build run again when one of `files` changes, or one of `absent` appears.
pub(crate) fn watch(out_dir: &Path, files: &BTreeSet<PathBuf>, absent: &BTreeSet<PathBuf>) {
    for file in files {
        rerun_if_changed(file);
    }
    match link(&out_dir.join(FOLDER), absent) {
        Ok(folder) => rerun_if_changed(&folder),
        // Without links (Windows may not allow them), too often rather than too seldom.
        Err(_) => {
            for path in absent {
                rerun_if_changed(path);
            }
        }
    }
}

/// How much later than any build a link counts, in seconds.
const LATER: i64 = 365 * 24 * 3600;

/// Fills `folder`, which is older than any build, with a link to each of `absent`. The
/// links are newer than any: Cargo passes over them while they lead nowhere, and what
/// appears there may have the time stamps of long ago.
fn link(folder: &Path, absent: &BTreeSet<PathBuf>) -> io::Result<PathBuf> {
    let long_ago = FileTime::from_unix_time(1, 0);
    let later = FileTime::from_unix_time(FileTime::now().unix_seconds() + LATER, 0);
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(folder)?,
    }
    for (index, path) in absent.iter().enumerate() {
        let link = folder.join(index.to_string());
        symlink(&std::path::absolute(path)?, &link)?;
        filetime::set_symlink_file_times(&link, later, later)?;
    }
    filetime::set_file_mtime(folder, long_ago)?;
    Ok(folder.to_owned())
}

#[cfg(unix)]
fn symlink(path: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(path, link)
}

#[cfg(windows)]
fn symlink(path: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_dir(path, link)
}
