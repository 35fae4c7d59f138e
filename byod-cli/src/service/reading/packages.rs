//! Installs, apart from a project, the packages that its modules import, so that it can
//! be read exactly: in a folder of its own, at the project's versions, without scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use byod_build::{Attempt, Limits, LockFile, attempt};

use super::managers::{Failure, Order, install};
use crate::error::Error;
use crate::tree::random;

/// How often it is read and installed again: what a package needs shows when it runs.
const ROUNDS: usize = 4;

/// How many packages are named that have other versions than the lock file says.
const NAMED: usize = 5;

/// A folder with packages, which goes when it is no longer needed.
#[derive(Debug)]
pub(crate) struct Installed {
    root: PathBuf,
    /// From where packages are found, below the root.
    folder: PathBuf,
    /// What the package manager can't get, or not at the lock file's version, one line
    /// each.
    warnings: Vec<String>,
}

impl Installed {
    fn new(package: &Path) -> Result<Self, Error> {
        let root = new_folder()?;
        let folder = root.join(package);
        let installed = Self {
            root,
            folder,
            warnings: Vec::new(),
        };
        fs::create_dir_all(&installed.folder)
            .map_err(|error| Error::io(&installed.folder, error))?;
        Ok(installed)
    }

    /// Where `node_modules` is, or in a folder above.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the package manager can't get.
    pub(crate) fn into_warnings(mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// The packages of which `files` were read, at other versions than `lock` has.
    fn others<'a>(
        &self,
        files: impl Iterator<Item = &'a PathBuf>,
        lock: &LockFile,
    ) -> BTreeSet<String> {
        // What is found in it may be found by another way there.
        let root = fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let is_within = |file: &&PathBuf| file.starts_with(&self.root) || file.starts_with(&root);
        let folders: BTreeSet<PathBuf> = files
            .filter(is_within)
            .filter_map(|file| package_folder(file))
            .collect();
        let other = |folder: PathBuf| {
            let json = fs::read(folder.join("package.json")).ok()?;
            let package: serde_json::Value = serde_json::from_slice(&json).ok()?;
            let (name, version) = (package["name"].as_str()?, package["version"].as_str()?);
            let locked = lock.versions.get(name)?;
            (!locked.contains(version)).then(|| format!("`{name}` {version}"))
        };
        folders.into_iter().filter_map(other).collect()
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        // Left behind, it is in the way of nothing.
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Reads a project with the packages that it imports, whether it has installed them or
/// not, and gives where they are.
pub(crate) fn read(convex: &Path) -> Result<(Attempt, Option<Installed>), Error> {
    let started = Instant::now();
    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    let mut installed: Option<Installed> = None;
    let lock = LockFile::of(convex);
    let mut read = attempt(convex, &Limits::default(), None)?;
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    let mut manager = "npm";
    for _ in 0..ROUNDS {
        let before = wanted.len();
        for (package, version) in &read.missing {
            let version = installable(version.as_deref());
            if let Some(version) = version.filter(|_| !refused.contains_key(package)) {
                wanted.entry(package.clone()).or_insert(version);
            }
        }
        if wanted.len() == before {
            break;
        }
        let installed = match &mut installed {
            Some(installed) => installed,
            none => {
                let package = lock.as_ref().map(|lock| &*lock.package);
                none.insert(Installed::new(package.unwrap_or(Path::new("")))?)
            }
        };
        // One that can't be had is absent, and the others are there.
        loop {
            let order = Order {
                root: &installed.root,
                packages: &wanted,
                lock: lock.as_ref(),
                started,
            };
            let failure = match install(&order) {
                Ok(name) => {
                    manager = name;
                    break;
                }
                Err(failure) => failure,
            };
            let Some(package) = failure.culprit(&wanted) else {
                return Err(failure.into());
            };
            let version = wanted.remove(&package).unwrap_or_default();
            installed.warnings.push(format!(
                "`{package}` {version} is not to be had from the registry of {}: what needs it is left out. Name another version, or set the registry",
                failure.manager
            ));
            refused.insert(package, version);
        }
        read = attempt(convex, &Limits::default(), Some(&installed.folder))?;
    }
    if let (Some(installed), Some(lock), Ok(reading)) = (&mut installed, &lock, &read.reading) {
        let others = installed.others(reading.files.iter(), lock);
        installed
            .warnings
            .extend(of_other_versions(&others, lock, manager));
    }
    Ok((read, installed))
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Install {
            manager: failure.manager.to_owned(),
            reason: failure.reason,
        }
    }
}

/// What is said of packages that are not at the versions of the lock file.
fn of_other_versions(others: &BTreeSet<String>, lock: &LockFile, manager: &str) -> Option<String> {
    if others.is_empty() {
        return None;
    }
    let named: Vec<&str> = others.iter().take(NAMED).map(String::as_str).collect();
    let more = match others.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let fix = if lock.manager == manager {
        format!("Run `{manager} install` in the project, and try again")
    } else {
        format!(
            "Install `{}`, which takes them from there, and try again",
            lock.manager
        )
    };
    Some(format!(
        "read at other versions than {} has: {}{more}, which {manager} chose. {fix}",
        lock.name,
        named.join(", "),
    ))
}

/// The folder of the package that a file is in.
fn package_folder(file: &Path) -> Option<PathBuf> {
    let mut folders = file.ancestors().skip(1).peekable();
    while let Some(folder) = folders.next() {
        let parent = folders.peek()?;
        let is_scoped = parent
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('@'));
        let above = if is_scoped { parent.parent()? } else { parent };
        if above.ends_with("node_modules") {
            return Some(folder.to_owned());
        }
    }
    None
}

/// What a package manager takes as a version; what isn't a registry's is the project's.
fn installable(version: Option<&str>) -> Option<String> {
    let Some(version) = version else {
        return Some("latest".to_owned());
    };
    let is_version = version == "latest"
        || version.starts_with("npm:")
        || version.starts_with(|c: char| c.is_ascii_digit() || "^~<>=*xv".contains(c));
    let is_plain = !version.chars().any(char::is_control) && !version.contains('/');
    (is_version && (is_plain || version.starts_with("npm:@"))).then(|| version.to_owned())
}

fn new_folder() -> Result<PathBuf, Error> {
    let folder = env::temp_dir().join(format!("byod-packages-{}", random()?));
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(&folder)
        .map_err(|error| Error::io(&folder, error))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::installable;

    #[test]
    fn what_is_the_projects_own_is_not_installed() {
        for version in ["1.2.3", "^1", "~0.3", ">=1 <2", "*", "latest", "npm:@a/b@1"] {
            assert!(installable(Some(version)).is_some(), "{version}");
        }
        for version in [
            "workspace:*",
            "file:../x",
            "link:x",
            "git+ssh://x/y",
            "github:a/b",
            "a/b",
            "https://x/y.tgz",
        ] {
            assert_eq!(installable(Some(version)), None, "{version}");
        }
        assert_eq!(installable(None).as_deref(), Some("latest"));
    }
}
