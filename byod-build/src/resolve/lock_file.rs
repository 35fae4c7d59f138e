//! The lock file of a project, for who installs its packages elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::lock::Lock;
use crate::limits::read_text;

/// The nearest lock file of a Convex folder.
#[derive(Debug)]
#[non_exhaustive]
pub struct LockFile {
    /// Where it is, absolute.
    pub path: PathBuf,
    /// Its name.
    pub name: &'static str,
    /// The command of the package manager that wrote it.
    pub manager: &'static str,
    /// Every version that it names of each package.
    pub versions: BTreeMap<String, BTreeSet<String>>,
    /// The folder of the package that the Convex folder belongs to, seen from that of the
    /// lock file; empty where both are one.
    pub package: PathBuf,
}

impl LockFile {
    /// Looks from `folder` upwards.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        let folder = fs::canonicalize(folder).ok()?;
        let (root, name, text) = folder.ancestors().find_map(|root| {
            let mut names = Lock::NAMES.into_iter();
            names.find_map(|name| Some((root, name, read_text(&root.join(name)).ok()?)))
        })?;
        let mut packages = folder.ancestors().take_while(|one| one.starts_with(root));
        let package = packages.find(|one| one.join("package.json").is_file());
        let within = package.and_then(|package| package.strip_prefix(root).ok());
        Some(Self {
            path: root.join(name),
            name,
            manager: Lock::manager(name),
            versions: Lock::parse(name, text).every(),
            package: within.unwrap_or(Path::new("")).to_owned(),
        })
    }
}
