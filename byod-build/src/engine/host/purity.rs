//! Which modules of packages change nothing but themselves when they are loaded, by what
//! the packages say: `sideEffects` of a `package.json`, which bundlers go by.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::limits::read_file;
use crate::resolve::path_matches;

/// What is said by the `package.json` of each folder that was looked at, where it has one.
#[derive(Default)]
pub(crate) struct Purity(HashMap<PathBuf, Option<Effects>>);

/// Which modules have effects beyond themselves.
enum Effects {
    /// All may have.
    All,
    /// Those that these patterns match.
    Of(Vec<String>),
}

impl Purity {
    /// Whether a package that is installed says that loading the module `file` of it
    /// has no effect. As for bundlers, it says so in the nearest `package.json`, which
    /// may be one of `dist/esm` that says nothing of it.
    pub(crate) fn is_pure(&mut self, file: &Path) -> bool {
        let ending = file.extension().and_then(|ending| ending.to_str());
        let is_code = matches!(ending, Some("js" | "mjs" | "cjs" | "ts" | "mts"));
        if !is_code || !file.iter().any(|part| part == "node_modules") {
            return false;
        }
        let folders = file.ancestors().skip(1);
        for folder in folders.take_while(|folder| !folder.ends_with("node_modules")) {
            let said = self.0.entry(folder.to_owned());
            let Some(effects) = said.or_insert_with_key(|folder| effects(folder)) else {
                continue;
            };
            let within = file.strip_prefix(folder).ok().and_then(Path::to_str);
            return match (effects, within) {
                (Effects::Of(patterns), Some(within)) => {
                    let within = within.replace('\\', "/");
                    !patterns.iter().any(|one| matches(one, &within))
                }
                _ => false,
            };
        }
        false
    }
}

/// What the `package.json` of a folder says, if it has one.
fn effects(folder: &Path) -> Option<Effects> {
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
    let json = read_file(&folder.join("package.json")).ok()?;
    let description: Option<Description> = serde_json::from_slice(&json).ok();
    Some(match description.and_then(|said| said.side_effects) {
        Some(Said::Whether(false)) => Effects::Of(Vec::new()),
        Some(Said::Patterns(patterns)) => Effects::Of(patterns),
        Some(Said::Whether(true)) | None => Effects::All,
    })
}

/// Whether a pattern of `sideEffects` matches a file, as for esbuild: `./x.js` and `/x.js`
/// have a slash, so they are the one beside the `package.json`; what has none counts in all
/// folders. What has other signs than stars matches all.
fn matches(pattern: &str, file: &str) -> bool {
    if pattern.contains(['[', ']', '{', '}', '(', ')', '!', '?']) {
        return true;
    }
    let anywhere = if pattern.contains('/') { "" } else { "**/" };
    let pattern = format!("{anywhere}{pattern}").replace('\\', "/");
    let mut parts = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    path_matches(&parts.join("/"), file)
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
            ("/setup.js", "setup.js", true),
            ("/setup.js", "src/setup.js", false),
            ("src/./a/../setup.js", "src/setup.js", true),
            ("src//setup.js", "src/setup.js", true),
            ("src\\setup.js", "a/src/setup.js", true),
            ("src/", "src/a.js", false),
        ] {
            assert_eq!(matches(pattern, file), is_matched, "{pattern} {file}");
        }
    }
}
