//! Which modules of packages change nothing but themselves when they are loaded, by what
//! the packages say: `sideEffects` of a `package.json`, which bundlers go by.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::limits::read_file;

/// What packages say, by their folder.
#[derive(Default)]
pub(crate) struct Purity(HashMap<PathBuf, Effects>);

/// Which modules of a package have effects beyond themselves.
enum Effects {
    /// All may have.
    All,
    /// Those that these patterns match.
    Of(Vec<String>),
}

impl Purity {
    /// Whether a package that is installed says that loading the module `file` of it
    /// has no effect.
    pub(crate) fn is_pure(&mut self, file: &Path) -> bool {
        let ending = file.extension().and_then(|ending| ending.to_str());
        if !matches!(ending, Some("js" | "mjs" | "cjs" | "ts" | "mts")) {
            return false;
        }
        let Some((folder, within)) = package_of(file) else {
            return false;
        };
        let effects = self
            .0
            .entry(folder)
            .or_insert_with_key(|folder| effects(folder));
        match effects {
            Effects::All => false,
            Effects::Of(patterns) => !patterns.iter().any(|one| matches(one, &within)),
        }
    }
}

/// The folder of the package that a file is installed with, and the file seen from it.
fn package_of(file: &Path) -> Option<(PathBuf, String)> {
    let modules = file
        .ancestors()
        .find(|folder| folder.ends_with("node_modules"))?;
    let within = file.strip_prefix(modules).ok()?.to_str()?;
    let parts = if within.starts_with('@') { 2 } else { 1 };
    let (at, _) = within.match_indices(['/', '\\']).nth(parts - 1)?;
    let within_package = within[at + 1..].replace('\\', "/");
    Some((modules.join(&within[..at]), within_package))
}

fn effects(folder: &Path) -> Effects {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Whether(bool),
        Patterns(Vec<String>),
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Description {
        side_effects: Option<Said>,
    }
    let json = read_file(&folder.join("package.json")).unwrap_or_default();
    let description: Option<Description> = serde_json::from_slice(&json).ok();
    match description.and_then(|description| description.side_effects) {
        Some(Said::Whether(false)) => Effects::Of(Vec::new()),
        Some(Said::Patterns(patterns)) => Effects::Of(patterns),
        Some(Said::Whether(true)) | None => Effects::All,
    }
}

/// Whether a pattern of `sideEffects` matches a file: `*` within a folder, `**` through
/// several; one without a slash counts in all folders. What has other signs matches all.
fn matches(pattern: &str, file: &str) -> bool {
    if pattern.contains(['[', ']', '{', '}', '(', ')', '!', '?']) {
        return true;
    }
    // As esbuild: `./x.js` has a slash, so it names the one at the package's top.
    let anywhere = if pattern.contains('/') { "" } else { "**/" };
    let pattern = format!("{anywhere}{}", pattern.trim_start_matches("./"));
    let pattern: Vec<&str> = pattern.split('/').collect();
    let file: Vec<&str> = file.split('/').collect();
    folders_match(&pattern, &file)
}

fn folders_match(pattern: &[&str], file: &[&str]) -> bool {
    match (pattern.split_first(), file.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            (0..=file.len()).any(|skipped| folders_match(rest, &file[skipped..]))
        }
        (Some((part, rest)), Some((name, below))) => {
            name_matches(part, name) && folders_match(rest, below)
        }
        _ => false,
    }
}

fn name_matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(start) else {
        return false;
    };
    let mut ends = (0..=name.len()).filter(|at| name.is_char_boundary(*at));
    ends.any(|at| name_matches(rest, &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_that_patterns_name() {
        for (pattern, file, is_matched) in [
            ("./compile.js", "compile.js", true),
            ("./compile.js", "src/compile.js", false),
            ("*.css", "a/b/x.css", true),
            ("*.css", "a/x.js", false),
            ("dist/*.js", "dist/x.js", true),
            ("dist/*.js", "dist/a/x.js", false),
            ("**/polyfill/*", "a/b/polyfill/x.js", true),
            ("./src/**", "src/a/x.js", true),
            ("./src/**", "lib/x.js", false),
            ("x.{js,ts}", "other.js", true),
        ] {
            assert_eq!(matches(pattern, file), is_matched, "{pattern} {file}");
        }
    }

    #[test]
    fn the_package_of_a_file() {
        let of = |file: &str| package_of(Path::new(file));
        let scoped = (PathBuf::from("/a/node_modules/@b/c"), "d/e.js".to_owned());
        assert_eq!(of("/a/node_modules/@b/c/d/e.js"), Some(scoped));
        let stored = (
            PathBuf::from("/a/node_modules/.pnpm/c@1/node_modules/c"),
            "e.js".to_owned(),
        );
        assert_eq!(
            of("/a/node_modules/.pnpm/c@1/node_modules/c/e.js"),
            Some(stored)
        );
        assert_eq!(of("/a/convex/x.ts"), None);
    }
}
