//! What a project's own files come down to, without reading what they say.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::modules::is_source;
use crate::limits::read_file;

/// A digest of the sources below a Convex folder, and of the files `outside` of it, which
/// are named as seen from it. What codegen makes of them is left out, as are links.
///
/// It is the same on every machine: where a file isn't there, that counts, and the ends of
/// lines don't, which Git may have changed.
pub(crate) fn digest(folder: &Path, outside: &BTreeSet<String>) -> io::Result<String> {
    let mut names = outside.clone();
    walk(folder, "", &mut names)?;
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for name in &names {
        part(name.as_bytes());
        match read_file(&folder.join(name)) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
                part(text.as_bytes());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => part(b"-"),
            Err(error) => return Err(error),
        }
    }
    Ok(hex::encode(hasher.finalize()))
}

fn walk(folder: &Path, below: &str, names: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let (name, kind) = entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?)))?;
        let Some(name) = name.to_str() else { continue };
        let relative = format!("{below}{name}");
        if kind.is_dir() && !matches!(name, "node_modules" | "_generated") {
            walk(&folder.join(name), &format!("{relative}/"), names)?;
        } else if kind.is_file() && is_source(name) {
            names.insert(relative);
        }
    }
    Ok(())
}
