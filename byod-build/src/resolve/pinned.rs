//! Which versions of a package a project has, by its lock file or its `package.json`,
//! also where nothing is installed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

use super::lock::{Asking, Lock};
use crate::limits::{read_file, read_text};
use crate::standin::{Package, Versions};

/// The lock files and descriptions that were read.
#[derive(Default)]
pub(crate) struct Pinned {
    /// By the folder of a module, and what it imports: why no stand-in can serve there.
    known: HashMap<(PathBuf, &'static str), Option<String>>,
    locks: HashMap<PathBuf, Option<Rc<Lock>>>,
    descriptions: HashMap<PathBuf, Option<Rc<Description>>>,
    consulted: BTreeSet<PathBuf>,
}

/// What a `package.json` says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    name: Option<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Value>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Value>,
    #[serde(default)]
    peer_dependencies: BTreeMap<String, Value>,
}

impl Description {
    fn range(&self, package: &str) -> Option<&str> {
        let all = [
            &self.dependencies,
            &self.dev_dependencies,
            &self.optional_dependencies,
            &self.peer_dependencies,
        ];
        all.iter().find_map(|some| some.get(package))?.as_str()
    }
}

impl Pinned {
    /// Why the stand-in for `module` of a package can't serve a module of the folder
    /// `from`: a part of a sentence about the package.
    pub(crate) fn refuse(
        &mut self,
        from: &Path,
        module: &'static str,
        package: &Package,
    ) -> Option<String> {
        let served = Versions::of_standin(module, package.name)?;
        let place = (from.to_owned(), module);
        if let Some(known) = self.known.get(&place) {
            return known.clone();
        }
        let reason = self.judge(from, package.name, served);
        self.known.insert(place, reason.clone());
        reason
    }

    /// The files that were read.
    pub(crate) fn into_consulted(self) -> BTreeSet<PathBuf> {
        self.consulted
    }

    /// The version of a package that a module of the folder `from` would get, or the
    /// range of versions; `None` where nothing says so.
    pub(crate) fn wanted(&mut self, from: &Path, package: &str) -> Option<String> {
        let asking = self.asking(from, package);
        let Some((_, versions)) = self.locked(from, package) else {
            return asking.map(|(_, range)| range);
        };
        let ordered = |version: &String| Versions::exactly(version).map(|one| one.last);
        let allowed = asking.and_then(|(_, range)| Versions::allowed(&range));
        // Where the lock doesn't tell which, one that was asked for.
        let is_allowed = |version: &&String| {
            let version = Versions::exactly(version);
            allowed.is_none_or(|allowed| version.is_some_and(|one| one.meets(allowed)))
        };
        let fit = versions
            .iter()
            .filter(is_allowed)
            .max_by_key(|v| ordered(v));
        fit.or_else(|| versions.iter().max_by_key(|v| ordered(v)))
            .cloned()
    }

    /// What to run where a package is not there that a module of the folder `from`
    /// imports: part of a sentence.
    pub(crate) fn remedy(&mut self, from: &Path, package: &str) -> String {
        let manager = from.ancestors().find_map(|folder| {
            let mut all = Lock::NAMES.into_iter().chain(["bun.lockb"]);
            all.find(|lock| folder.join(lock).is_file())
        });
        let manager = manager.map_or("npm", Lock::manager);
        if self.asking(from, package).is_some() {
            return format!("run `{manager} install`, or `byod snapshot`");
        }
        let add = if manager == "npm" { "install" } else { "add" };
        format!("run `{manager} {add} {package}`")
    }

    fn judge(&mut self, from: &Path, package: &str, served: Versions) -> Option<String> {
        if let Some((lock, versions)) = self.locked(from, package) {
            let other = versions.iter().find(|version| {
                Versions::exactly(version).is_none_or(|version| !version.meets(served))
            });
            return other.map(|version| format!("version {version} by {lock}"));
        }
        let (_, range) = self.asking(from, package)?;
        let allowed = Versions::allowed(&range)?;
        (!allowed.meets(served)).then(|| format!("version {range} by package.json"))
    }

    /// The nearest lock file that knows a package, and its version for modules of the
    /// folder `from`; all versions, where it doesn't tell which of them is theirs.
    fn locked(&mut self, from: &Path, package: &str) -> Option<(&'static str, BTreeSet<String>)> {
        let asking = self.asking(from, package);
        for folder in from.ancestors() {
            for name in Lock::NAMES {
                let Some(lock) = self.lock(&folder.join(name)) else {
                    continue;
                };
                let one = asking.as_ref().and_then(|(at, range)| {
                    let description = self.descriptions.get(at)?.as_ref()?;
                    let asking = Asking {
                        folder: at.strip_prefix(folder).ok()?.to_owned(),
                        name: description.name.as_deref(),
                        range,
                    };
                    lock.installed(package, &asking)
                });
                let versions = one.map_or_else(|| lock.all(package), |one| BTreeSet::from([one]));
                if !versions.is_empty() {
                    return Some((name, versions));
                }
            }
        }
        None
    }

    fn lock(&mut self, path: &Path) -> Option<Rc<Lock>> {
        if let Some(known) = self.locks.get(path) {
            return known.clone();
        }
        let name = path.file_name().and_then(|name| name.to_str());
        let lock = read_text(path).ok().map(|text| {
            self.consulted.insert(path.to_owned());
            Rc::new(Lock::parse(name.unwrap_or_default(), text))
        });
        self.locks.insert(path.to_owned(), lock.clone());
        lock
    }

    /// The folder of the nearest `package.json` that names a package, and the range that
    /// it names.
    fn asking(&mut self, from: &Path, package: &str) -> Option<(PathBuf, String)> {
        from.ancestors().find_map(|folder| {
            let description = self.description(folder)?;
            let range = description.range(package)?.to_owned();
            Some((folder.to_owned(), range))
        })
    }

    fn description(&mut self, folder: &Path) -> Option<Rc<Description>> {
        if let Some(known) = self.descriptions.get(folder) {
            return known.clone();
        }
        let file = folder.join("package.json");
        let found = read_file(&file).ok().and_then(|json| {
            self.consulted.insert(file);
            serde_json::from_slice(&json).ok().map(Rc::new)
        });
        self.descriptions.insert(folder.to_owned(), found.clone());
        found
    }
}
