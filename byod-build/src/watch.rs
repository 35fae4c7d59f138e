//! Which changes make Cargo run the build again.
//!
//! Cargo runs a build script on every build that names a path which isn't there,
//! but it passes over links that lead nowhere inside of a folder that is. So what
//! is missing is named by a folder of links to where it would appear.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use filetime::FileTime;

/// The folder of links in the build's own folder.
const FOLDER: &str = "byod-absent";

/// Has the build run again when one of `files` changes, or one of `absent` appears.
pub(crate) fn watch(out_dir: &Path, files: &BTreeSet<PathBuf>, absent: &BTreeSet<PathBuf>) {
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    match link(&out_dir.join(FOLDER), absent) {
        Ok(folder) => println!("cargo::rerun-if-changed={}", folder.display()),
        // Without links (Windows may not allow them), too often rather than too seldom.
        Err(_) => {
            for path in absent {
                println!("cargo::rerun-if-changed={}", path.display());
            }
        }
    }
}

/// Fills `folder` with a link to each of `absent`, all of them older than any build.
fn link(folder: &Path, absent: &BTreeSet<PathBuf>) -> io::Result<PathBuf> {
    let long_ago = FileTime::from_unix_time(1, 0);
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(folder)?,
    }
    for (index, path) in absent.iter().enumerate() {
        let link = folder.join(index.to_string());
        symlink(&std::path::absolute(path)?, &link)?;
        filetime::set_symlink_file_times(&link, long_ago, long_ago)?;
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
