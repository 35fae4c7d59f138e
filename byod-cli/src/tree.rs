//! The files of one folder, read, written and removed by names that stay below it and
//! through no link: a checkout may hold links that lead anywhere.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use crate::error::Error;

/// A folder that need not be there.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// Absolute, and no link below the folder of `byod.toml`.
    root: PathBuf,
}

impl Tree {
    /// The folder that `byod.toml` names.
    ///
    /// # Errors
    ///
    /// Where it is a link, or a folder that its name goes through is one.
    pub(crate) fn named(folder: &Path, config: &Path) -> Result<Self, Error> {
        let base = config.parent().unwrap_or(Path::new(""));
        let here = if base.as_os_str().is_empty() {
            Path::new(".")
        } else {
            base
        };
        let mut root = fs::canonicalize(here).map_err(|error| Error::io(here, error))?;
        let Ok(relative) = folder.strip_prefix(base) else {
            // Named from the root of the file system: the way there is the machine's.
            let tree = Self {
                root: folder.to_owned(),
            };
            refuse_link(&tree.root)?;
            return Ok(tree);
        };
        for part in relative.components() {
            match part {
                Component::Prefix(_) | Component::RootDir => root = PathBuf::from(part.as_os_str()),
                Component::CurDir => {}
                Component::ParentDir => {
                    root.pop();
                }
                Component::Normal(name) => {
                    root.push(name);
                    refuse_link(&root)?;
                }
            }
        }
        Ok(Self { root })
    }

    /// The folder that this one is in.
    pub(crate) fn parent(&self) -> Self {
        let parent = self.root.parent().unwrap_or(&self.root);
        Self {
            root: parent.to_owned(),
        }
    }

    /// Where the folder is.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The name of the folder itself.
    pub(crate) fn name(&self) -> Option<&str> {
        self.root.file_name()?.to_str()
    }

    /// The path of a file below the folder; `name` has `/` between its parts.
    ///
    /// # Errors
    ///
    /// Where the name leads out of the folder on any system, or through a link.
    pub(crate) fn path(&self, name: &str) -> Result<PathBuf, Error> {
        if let Some(reason) = unfit(name) {
            return Err(Error::Name {
                folder: self.root.clone(),
                name: name.to_owned(),
                reason,
            });
        }
        let mut path = self.root.clone();
        refuse_link(&path)?;
        for part in name.split('/') {
            path.push(part);
            refuse_link(&path)?;
        }
        // A pipe would be waited for.
        if let Ok(there) = fs::symlink_metadata(&path) {
            byod_build::is_file(&there).map_err(|error| Error::io(&path, error))?;
        }
        Ok(path)
    }

    /// The text of a file; `None` where there is none.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.path(name)?;
        match fs::read_to_string(&path) {
            // A checkout may have changed the line ends.
            Ok(text) => Ok(Some(text.replace("\r\n", "\n"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(&path, error)),
        }
    }

    /// The names of all files below the folder that may have code, but those of packages
    /// and what `npx convex` writes; links are not followed, as in Convex.
    pub(crate) fn sources(&self) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(below) = folders.pop() {
            let path = self.root.join(&below);
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io(&path, error)),
            };
            for entry in entries {
                let entry = entry.map_err(|error| Error::io(&path, error))?;
                let kind = entry.file_type().map_err(|error| Error::io(&path, error))?;
                let name = entry.file_name();
                let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
                    continue;
                };
                if kind.is_dir() {
                    if !matches!(name, "_generated" | "node_modules") {
                        folders.push(format!("{below}{name}/"));
                    }
                } else if !kind.is_symlink() && byod_build::is_source(name) {
                    let name = format!("{below}{name}");
                    found.extend(unfit(&name).is_none().then_some(name));
                }
            }
        }
        Ok(found)
    }

    /// Writes a file and the folders that it is in: whole, or not at all.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.path(name)?;
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        let beside = folder.join(format!(".byod-{}", random()?));
        let write = || {
            // A file that is there, or a link, is never opened.
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&beside)?;
            file.write_all(text.as_bytes())?;
            keep_permissions(&file, &path)
        };
        let written = write().map_err(|error| Error::io(&path, error));
        // Somebody may have put a link in the way meanwhile. What stands in the place of
        // the file itself is replaced, not followed.
        let done = written.and_then(|()| {
            self.path(name)?;
            fs::rename(&beside, &path).map_err(|error| Error::io(&path, error))
        });
        if done.is_err() {
            let _ = fs::remove_file(&beside);
        }
        done
    }

    /// Removes a file, and the folders that are left empty.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name)?;
        fs::remove_file(&path).map_err(|error| Error::io(&path, error))?;
        let mut parent = path.parent();
        while let Some(at) = parent.filter(|at| *at != self.root && fs::remove_dir(at).is_ok()) {
            parent = at.parent();
        }
        Ok(())
    }
}

/// Whether the folder, which need not be there, is the other or in it.
pub(crate) fn is_within(folder: &Path, other: &Path) -> bool {
    resolved(folder).starts_with(resolved(other))
}

/// Where a path leads once the folders in it are made.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for above in path.ancestors() {
        let (Ok(mut there), Ok(rest)) = (fs::canonicalize(above), path.strip_prefix(above)) else {
            continue;
        };
        let leads_out = rest.components().any(|part| part == Component::ParentDir);
        for part in rest.components() {
            match part {
                Component::ParentDir => drop(there.pop()),
                part => there.push(part),
            }
        }
        // It may be a folder that is there after all, or a link.
        return if leads_out { resolved(&there) } else { there };
    }
    path
}

/// A few characters that nobody can know before.
pub(crate) fn random() -> Result<String, Error> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(hex::encode(bytes))
}

fn keep_permissions(file: &File, known: &Path) -> io::Result<()> {
    match fs::symlink_metadata(known) {
        Ok(metadata) if metadata.is_file() => file.set_permissions(metadata.permissions()),
        _ => Ok(()),
    }
}

fn refuse_link(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(Error::Link {
            path: path.to_owned(),
        }),
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Err(Error::io(path, error))
        }
        _ => Ok(()),
    }
}

/// Why a name is not that of a file below a folder, whichever system reads it.
pub(crate) fn unfit(name: &str) -> Option<&'static str> {
    const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    let is_device = |part: &str| {
        let stem = part.split('.').next().unwrap_or(part).trim_end();
        let stem = stem.to_ascii_lowercase();
        let numbered = |device: &str| {
            let rest = stem.strip_prefix(device);
            rest.is_some_and(|rest| rest.chars().count() == 1 && !rest.starts_with('0'))
        };
        DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
    };
    if name.chars().any(char::is_control) {
        return Some("it has a control character");
    }
    if name.contains(['\\', ':', '<', '>', '"', '|', '?', '*']) {
        return Some("it has a character that stands for something else on Windows");
    }
    for part in name.split('/') {
        match part {
            "" => return Some("it is absolute, or a part of it is empty"),
            "." | ".." => return Some("it leads out of the folder"),
            _ if part.ends_with(['.', ' ']) => {
                return Some("Windows drops a dot or space at the end");
            }
            _ if is_device(part) => return Some("it is a device on Windows"),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::unfit;

    #[test]
    fn names_stay_below_their_folder() {
        for name in [
            "schema.ts",
            "custom/a.ts",
            "_generated/api.d.ts",
            "console.ts",
            "com.ts",
            "a..b.ts",
        ] {
            assert_eq!(unfit(name), None, "{name}");
        }
        for name in [
            "",
            "/etc/passwd",
            "..",
            "../x",
            "a/../../x",
            "./x",
            "a//b",
            "a/",
            "C:\\x",
            "C:x",
            "\\\\h\\s\\x",
            "a\\..\\x",
            "\\x",
            "x.ts:stream",
            "nul",
            "NUL.ts",
            "com1",
            "a/COM\u{b9}.ts",
            "LPT9.txt",
            "a. ",
            "a.",
            "x\ny",
            "x\0",
            "con .ts",
        ] {
            assert!(unfit(name).is_some(), "{name:?}");
        }
    }
}
