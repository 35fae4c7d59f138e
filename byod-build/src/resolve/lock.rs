//! What the lock files of package managers say of a package's versions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A lock file that was read.
pub(crate) enum Lock {
    Npm(Value),
    Pnpm(String),
    Yarn(String),
    Bun(String),
}

/// Whose `package.json` asks for a package.
pub(crate) struct Asking<'a> {
    /// Its folder, seen from that of the lock file.
    pub(crate) folder: PathBuf,
    /// Its own name.
    pub(crate) name: Option<&'a str>,
    /// What it writes of the package.
    pub(crate) range: &'a str,
}

impl Lock {
    /// What package managers write of what they install.
    pub(crate) const NAMES: [&str; 5] = [
        "package-lock.json",
        "npm-shrinkwrap.json",
        "pnpm-lock.yaml",
        "yarn.lock",
        "bun.lock",
    ];

    /// The command of the package manager that writes a file of this name.
    pub(crate) fn manager(name: &str) -> &'static str {
        match name {
            "pnpm-lock.yaml" => "pnpm",
            "yarn.lock" => "yarn",
            "bun.lock" | "bun.lockb" => "bun",
            _ => "npm",
        }
    }

    pub(crate) fn parse(name: &str, text: String) -> Self {
        match name {
            "pnpm-lock.yaml" => Self::Pnpm(text),
            "yarn.lock" => Self::Yarn(text),
            "bun.lock" => Self::Bun(text),
            _ => Self::Npm(serde_json::from_str(&text).unwrap_or_default()),
        }
    }

    /// The version that is installed for who asks, where the file tells.
    pub(crate) fn installed(&self, package: &str, asking: &Asking<'_>) -> Option<String> {
        match self {
            Self::Npm(lock) => npm_installed(lock, package, &asking.folder),
            Self::Pnpm(text) => pnpm_installed(text, package, &asking.folder),
            Self::Yarn(text) => {
                let range = asking.range;
                let wanted = [
                    format!("{package}@{range}"),
                    format!("{package}@npm:{range}"),
                ];
                let mut found = of_yarn(text, |name| wanted.iter().any(|one| one == name));
                found.pop_first()
            }
            Self::Bun(text) => asking
                .name
                .and_then(|name| bun_installed(text, &format!("{name}/{package}"), package))
                .or_else(|| bun_installed(text, package, package)),
        }
    }

    /// All versions of a package, whoever asks.
    pub(crate) fn all(&self, package: &str) -> BTreeSet<String> {
        match self {
            Self::Npm(lock) => of_npm(lock, package),
            Self::Yarn(text) => of_yarn(text, |name| {
                let rest = name.strip_prefix(package);
                rest.is_some_and(|rest| rest.starts_with('@'))
            }),
            Self::Pnpm(text) | Self::Bun(text) => of_text(text, package),
        }
    }

    /// All versions of all packages.
    pub(crate) fn every(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut every: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut add = |name: &str, version: String| {
            every.entry(name.to_owned()).or_default().insert(version);
        };
        match self {
            Self::Npm(lock) => every_of_npm(lock, &mut add),
            Self::Yarn(text) => {
                let mut names = BTreeSet::new();
                for line in text.lines() {
                    let of_line = line.trim_end_matches(':').split(", ");
                    let ranges = of_line.filter_map(|one| after_name(one.trim_matches('"')));
                    if !line.starts_with([' ', '#']) {
                        names = ranges.map(|(name, _)| name).collect();
                    } else if let Some(version) = line.trim_start().strip_prefix("version") {
                        let version = version.trim_matches([':', ' ', '"']);
                        names.iter().for_each(|name| add(name, version.to_owned()));
                    }
                }
            }
            // `NAME@1.2.3:` or `/NAME/1.2.3:`, perhaps with others in brackets behind it.
            Self::Pnpm(text) => {
                let lines = text.lines().skip_while(|line| *line != "packages:").skip(1);
                let is_within = |line: &&str| line.is_empty() || line.starts_with(' ');
                for line in lines.take_while(is_within) {
                    let key = line.strip_prefix("  ").filter(|key| !key.starts_with(' '));
                    let key = key.unwrap_or_default().trim_start_matches(['\'', '"', '/']);
                    if let Some((name, version)) = of_key(key) {
                        add(name, version);
                    }
                }
            }
            // `"KEY": ["NAME@1.2.3", …`
            Self::Bun(text) => {
                let ones = text.lines().filter_map(|line| line.split_once("\": [\""));
                for (name, version) in ones.filter_map(|(_, one)| of_key(one)) {
                    add(name, version);
                }
            }
        }
        every
    }
}

/// `NAME@1.2.3`, or older `NAME/1.2.3`, with whatever behind it.
fn of_key(key: &str) -> Option<(&str, String)> {
    let (name, rest) = after_name(key)?;
    Some((name, number(rest)?))
}

/// What is before and behind the `@` or `/` that follows a package's name.
fn after_name(text: &str) -> Option<(&str, &str)> {
    let of_scope = text.starts_with('@').then(|| text.find('/'));
    let start = of_scope.map_or(Some(0), |at| at.map(|at| at + 1))?;
    let end = start + text[start..].find(['@', '/'])?;
    Some((&text[..end], &text[end + 1..]))
}

fn every_of_npm(lock: &Value, add: &mut impl FnMut(&str, String)) {
    for (at, one) in lock["packages"].as_object().into_iter().flatten() {
        if let Some((_, name)) = at.rsplit_once("node_modules/")
            && let Some(version) = version(one)
        {
            // One that is installed under another name says its own.
            add(one["name"].as_str().unwrap_or(name), version);
        }
    }
    for (name, one) in lock["dependencies"].as_object().into_iter().flatten() {
        if let Some(version) = version(one) {
            add(name, version);
        }
        every_of_npm(one, add);
    }
}

fn version(one: &Value) -> Option<String> {
    one["version"].as_str().map(ToOwned::to_owned)
}

/// The nearest `node_modules` that has it, from the folder upwards.
fn npm_installed(lock: &Value, package: &str, folder: &Path) -> Option<String> {
    folder.ancestors().find_map(|folder| {
        let at = folder.join("node_modules").join(package);
        version(&lock["packages"][at.to_string_lossy().replace('\\', "/")])
    })
}

/// `"packages": { "node_modules/NAME": { "version" } }`, and older ones' `dependencies`.
fn of_npm(lock: &Value, package: &str) -> BTreeSet<String> {
    let end = format!("node_modules/{package}");
    let packages = lock["packages"].as_object().into_iter().flatten();
    let found = packages
        .filter(|(at, _)| **at == end || at.ends_with(&format!("/{end}")))
        .filter_map(|(_, one)| version(one));
    let older = version(&lock["dependencies"][package]);
    found.chain(older).collect()
}

/// `importers: FOLDER: dependencies: NAME: version: 1.2.3(…)`; without `importers` where
/// there is one only, and in older files the version stands beside the name.
fn pnpm_installed(text: &str, package: &str, folder: &Path) -> Option<String> {
    let folder = folder.to_string_lossy().replace('\\', "/");
    let importer = if folder.is_empty() { "." } else { &*folder };
    let mut keys: Vec<(usize, &str)> = Vec::new();
    for line in text.lines() {
        let content = line.trim_start();
        let Some((key, value)) = content.split_once(':').filter(|_| !content.is_empty()) else {
            continue;
        };
        let indent = line.len() - content.len();
        while keys.last().is_some_and(|(at, _)| *at >= indent) {
            keys.pop();
        }
        keys.push((indent, key.trim_matches(['\'', '"'])));
        let path: Vec<&str> = keys.iter().map(|(_, key)| *key).collect();
        let within = match path.split_first() {
            Some((&"importers", [of, within @ ..])) if *of == importer => within,
            Some((&"importers", _)) => continue,
            _ if importer == "." => &path[..],
            _ => continue,
        };
        let is_asked = match within {
            [group, name] | [group, name, "version"] => {
                *name == package && group.to_lowercase().ends_with("dependencies")
            }
            _ => false,
        };
        if is_asked && let Some(version) = number(value.trim().trim_matches(['\'', '"'])) {
            return Some(version);
        }
    }
    None
}

/// `"KEY": ["NAME@1.2.3", …`.
fn bun_installed(text: &str, key: &str, package: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("\"{key}\": [\"{package}@"))?;
    number(rest)
}

/// A block `"NAME@…", "NAME@…":`, then `version "…"` or `version: …`.
fn of_yarn(text: &str, is_asked: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_of_package = false;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            let names = line.trim_end_matches(':').split(", ");
            is_of_package = names.map(|name| name.trim_matches('"')).any(&is_asked);
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
        // What is before a slash would be a scope.
        let before = text[..at].strip_suffix('/').unwrap_or(&text[..at]);
        let begins = before.ends_with(['"', '\'', ' ', '(']);
        let rest = &text[at + package.len()..];
        if let Some(rest) = rest.strip_prefix(['@', '/']).filter(|_| begins) {
            found.extend(number(rest));
        }
    }
    found
}

/// The version that a text begins with.
fn number(text: &str) -> Option<String> {
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
    let version = text.split(is_end).next().unwrap_or_default();
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "@convex-dev/workpool";

    #[test]
    fn the_versions_that_lock_files_name() {
        let npm = r#"{ "packages": { "": {}, "node_modules/@convex-dev/workpool": { "version": "0.3.1" }, "node_modules/my-@convex-dev/workpool": { "version": "9.0.0" } } }"#;
        let older = r#"{ "dependencies": { "@convex-dev/workpool": { "version": "0.3.1" } } }"#;
        let yarn = "# yarn\n\n\"@convex-dev/workpool@^0.3.0\", \"@convex-dev/workpool@0.3\":\n  version \"0.3.1\"\n\nother@1:\n  version \"2.0.0\"\n";
        let berry = "\"@convex-dev/workpool@npm:^0.3.0\":\n  version: 0.3.1\n  resolution: \"x\"\n";
        let pnpm = "importers:\n  .:\n    dependencies:\n      '@convex-dev/workpool':\n        specifier: ^0.3.0\n        version: 0.3.1(convex@1.31.0)\npackages:\n  '@convex-dev/workpool@0.3.1':\n    resolution: {}\n";
        let pnpm5 = "packages:\n  /@convex-dev/workpool/0.3.1_convex@1.31.0:\n    resolution: {}\n";
        let bun = "\"packages\": {\n \"@convex-dev/workpool\": [\"@convex-dev/workpool@0.3.1\", \"\", {}, \"sha\"],\n}";
        for (name, text) in [
            ("package-lock.json", npm),
            ("package-lock.json", older),
            ("yarn.lock", yarn),
            ("yarn.lock", berry),
            ("pnpm-lock.yaml", pnpm),
            ("pnpm-lock.yaml", pnpm5),
            ("bun.lock", bun),
        ] {
            let lock = Lock::parse(name, text.to_owned());
            let one = BTreeSet::from(["0.3.1".to_owned()]);
            assert_eq!(lock.all(NAME), one, "{name}");
            assert_eq!(lock.every().get(NAME), Some(&one), "{name}");
        }
    }

    #[test]
    fn a_package_is_not_another_of_the_same_ending() {
        let text = " \"@types/react\": [\"@types/react@19.2.17\"],\n react: 1(@types/react@19.2.10)(react@19.2.4)";
        assert_eq!(
            of_text(text, "react").into_iter().collect::<Vec<_>>(),
            ["19.2.4"]
        );
    }

    #[test]
    fn of_several_versions_the_one_that_is_asked_for() {
        let npm = r#"{ "packages": {
            "node_modules/zod": { "version": "4.0.1" },
            "apps/web/node_modules/zod": { "version": "4.9.9" },
            "packages/backend/node_modules/zod": { "version": "3.25.0" } } }"#;
        let pnpm = "importers:\n\n  .:\n    dependencies:\n      zod:\n        specifier: ^4\n        version: 4.0.1\n\n  packages/backend:\n    devDependencies:\n      '@types/zod':\n        specifier: '*'\n        version: 9.9.9\n      zod:\n        specifier: ^3\n        version: 3.25.0(x@1)\n\npackages:\n\n  zod@4.9.9:\n    version: 4.9.9\n";
        let pnpm5 = "lockfileVersion: 5.4\nimporters:\n  packages/backend:\n    specifiers:\n      zod: ^3\n    dependencies:\n      zod: 3.25.0_x@1\n  .:\n    dependencies:\n      zod: 4.0.1\n";
        let yarn = "zod@^4:\n  version \"4.9.9\"\n\nzod@^4.0.0, zod@4.0:\n  version \"4.0.1\"\n\nzod@^3:\n  version \"3.25.0\"\n";
        let berry = "\"zod@npm:^4.0.0, zod@npm:4.0\":\n  version: 4.0.1\n\n\"zod@npm:^3\":\n  version: 3.25.0\n";
        let bun = "\"zod\": [\"zod@4.0.1\", \"\"],\n \"x/zod\": [\"zod@4.9.9\"],\n \"@w/backend/zod\": [\"zod@3.25.0\", \"\"],\n";
        let root = Asking {
            folder: PathBuf::new(),
            name: Some("w"),
            range: "^4.0.0",
        };
        let below = Asking {
            folder: PathBuf::from("packages/backend"),
            name: Some("@w/backend"),
            range: "^3",
        };
        for (name, text, all) in [
            (
                "package-lock.json",
                npm,
                ["3.25.0", "4.0.1", "4.9.9"].as_slice(),
            ),
            ("pnpm-lock.yaml", pnpm, &["4.9.9"]),
            ("pnpm-lock.yaml", pnpm5, &[]),
            ("yarn.lock", yarn, &["3.25.0", "4.0.1", "4.9.9"]),
            ("yarn.lock", berry, &["3.25.0", "4.0.1"]),
            ("bun.lock", bun, &["3.25.0", "4.0.1", "4.9.9"]),
        ] {
            let lock = Lock::parse(name, text.to_owned());
            let every = lock.every().remove("zod").unwrap_or_default();
            assert_eq!(every.iter().collect::<Vec<_>>(), all, "{name}");
            assert_eq!(
                lock.installed("zod", &root).as_deref(),
                Some("4.0.1"),
                "{name}"
            );
            assert_eq!(
                lock.installed("zod", &below).as_deref(),
                Some("3.25.0"),
                "{name}"
            );
        }
    }
}
