//! Which versions of a package a project has, by its lock file or its `package.json`,
//! also where nothing is installed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::limits::{read_file, read_text};
use crate::standin::{Package, Versions};

/// What package managers write of what they install.
const LOCKS: [&str; 5] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "bun.lock",
];

/// The lock files and descriptions that were read.
#[derive(Default)]
pub(crate) struct Pinned {
    /// By the folder of a module, and what it imports: why no stand-in can serve there.
    known: HashMap<(PathBuf, &'static str), Option<String>>,
    consulted: BTreeSet<PathBuf>,
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
        for folder in from.ancestors() {
            for lock in LOCKS {
                let versions = self.locked(&folder.join(lock), package);
                let newest = versions
                    .into_iter()
                    .filter_map(|version| Some((Versions::exactly(&version)?.last, version)))
                    .max();
                if let Some((_, version)) = newest {
                    return Some(version);
                }
            }
        }
        let mut folders = from.ancestors();
        folders.find_map(|folder| self.dependency(folder, package))
    }

    fn judge(&mut self, from: &Path, package: &str, served: Versions) -> Option<String> {
        for folder in from.ancestors() {
            for lock in LOCKS {
                let versions = self.locked(&folder.join(lock), package);
                if versions.is_empty() {
                    continue;
                }
                let other = versions.iter().find(|version| {
                    Versions::exactly(version).is_none_or(|version| !version.meets(served))
                });
                return other.map(|version| format!("version {version} by {lock}"));
            }
        }
        let range = from
            .ancestors()
            .find_map(|folder| self.dependency(folder, package))?;
        let allowed = Versions::allowed(&range)?;
        (!allowed.meets(served)).then(|| format!("version {range} by package.json"))
    }

    /// All versions of a package that a lock file names.
    fn locked(&mut self, lock: &Path, package: &str) -> BTreeSet<String> {
        let Ok(text) = read_text(lock) else {
            return BTreeSet::new();
        };
        self.consulted.insert(lock.to_owned());
        match lock.extension().and_then(|ending| ending.to_str()) {
            Some("json") => of_npm(&text, package),
            _ if lock.ends_with("yarn.lock") => of_yarn(&text, package),
            _ => of_text(&text, package),
        }
    }

    /// The range that the `package.json` of a folder names for a package.
    fn dependency(&mut self, folder: &Path, package: &str) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Description {
            #[serde(default)]
            dependencies: BTreeMap<String, Value>,
            #[serde(default)]
            dev_dependencies: BTreeMap<String, Value>,
            #[serde(default)]
            peer_dependencies: BTreeMap<String, Value>,
        }
        let file = folder.join("package.json");
        let json = read_file(&file).ok()?;
        self.consulted.insert(file);
        let found: Description = serde_json::from_slice(&json).ok()?;
        let all = [
            found.dependencies,
            found.dev_dependencies,
            found.peer_dependencies,
        ];
        let range = all.iter().find_map(|some| some.get(package))?;
        range.as_str().map(ToOwned::to_owned)
    }
}

/// `"packages": { "node_modules/NAME": { "version" } }`, and older ones' `dependencies`.
fn of_npm(text: &str, package: &str) -> BTreeSet<String> {
    let Ok(lock) = serde_json::from_str::<Value>(text) else {
        return BTreeSet::new();
    };
    let end = format!("node_modules/{package}");
    let version = |one: &Value| one["version"].as_str().map(ToOwned::to_owned);
    let packages = lock["packages"].as_object().into_iter().flatten();
    let found = packages
        .filter(|(at, _)| **at == end || at.ends_with(&format!("/{end}")))
        .filter_map(|(_, one)| version(one));
    let older = version(&lock["dependencies"][package]);
    found.chain(older).collect()
}

/// A block `"NAME@…", "NAME@…":`, then `version "…"` or `version: …`.
fn of_yarn(text: &str, package: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_of_package = false;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            let mut names = line.split([',', ' ']).map(|name| name.trim_matches('"'));
            is_of_package = names.any(|name| {
                let rest = name.strip_prefix(package);
                rest.is_some_and(|rest| rest.starts_with('@'))
            });
        } else if let Some(version) = line
            .trim_start()
            .strip_prefix("version")
            .filter(|_| is_of_package)
        {
            found.insert(version.trim_matches([':', ' ', '"']).to_owned());
        }
    }
    found
}

/// `NAME@1.2.3`, or older `/NAME/1.2.3`, wherever a name begins.
fn of_text(text: &str, package: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices(package) {
        let begins = text[..at].ends_with(['"', '\'', '/', ' ', '(']);
        let rest = &text[at + package.len()..];
        let Some(version) = rest.strip_prefix(['@', '/']).filter(|_| begins) else {
            continue;
        };
        let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
        let version = version.split(is_end).next().unwrap_or_default();
        if version.starts_with(|c: char| c.is_ascii_digit()) {
            found.insert(version.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_that_lock_files_name() {
        let name = "@convex-dev/workpool";
        let npm = r#"{ "packages": { "": {}, "node_modules/@convex-dev/workpool": { "version": "0.3.1" }, "node_modules/my-@convex-dev/workpool": { "version": "9.0.0" } } }"#;
        let older = r#"{ "dependencies": { "@convex-dev/workpool": { "version": "0.3.1" } } }"#;
        assert!(of_npm(npm, name).contains("0.3.1") && of_npm(npm, name).len() == 1);
        assert!(of_npm(older, name).contains("0.3.1"));
        let yarn = "# yarn\n\n\"@convex-dev/workpool@^0.3.0\", \"@convex-dev/workpool@0.3\":\n  version \"0.3.1\"\n\nother@1:\n  version \"2.0.0\"\n";
        let berry = "\"@convex-dev/workpool@npm:^0.3.0\":\n  version: 0.3.1\n  resolution: \"x\"\n";
        let pnpm = "importers:\n  .:\n    dependencies:\n      '@convex-dev/workpool':\n        specifier: ^0.3.0\n        version: 0.3.1(convex@1.31.0)\npackages:\n  '@convex-dev/workpool@0.3.1':\n    resolution: {}\n";
        let pnpm5 = "packages:\n  /@convex-dev/workpool/0.3.1_convex@1.31.0:\n    resolution: {}\n";
        let bun = "\"packages\": {\n \"@convex-dev/workpool\": [\"@convex-dev/workpool@0.3.1\", \"\", {}, \"sha\"],\n}";
        let all = [
            of_yarn(yarn, name),
            of_yarn(berry, name),
            of_text(pnpm, name),
            of_text(pnpm5, name),
            of_text(bun, name),
        ];
        for found in all {
            assert_eq!(found.into_iter().collect::<Vec<_>>(), ["0.3.1"]);
        }
    }
}
