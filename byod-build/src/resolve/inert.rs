//! What stands for an import: a file, or where it leads to none, one of our stand-ins, or
//! an inert value.

use std::path::{Path, PathBuf};

use super::builtins::is_builtin;
use super::pinned::Pinned;
use super::specifier::package_of;
use crate::standin::Standin;

/// What an import specifier stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Code or JSON.
    File(PathBuf),
    /// A module of ours.
    Standin(Standin),
    /// Nothing that could be run. The text says what and why, as part of a sentence.
    Inert(String),
    /// A file that is there and not the project's, or hidden. The text says so, as
    /// part of a sentence.
    Refused(String),
}

/// What stands for a specifier that leads to no file.
pub(super) fn nowhere(pinned: &mut Pinned, from: &Path, specifier: &str) -> Target {
    let Some(standin) = Standin::of_specifier(specifier) else {
        return if is_builtin(specifier) {
            builtin(specifier)
        } else {
            Target::Inert(not_found(pinned, from, specifier))
        };
    };
    let (module, packages) = standin.of_package().unwrap_or_default();
    for package in packages {
        if let Some(version) = pinned.refuse(from, module, package) {
            let remedy = pinned.remedy(from, package.name);
            return Target::Inert(format!(
                "`{specifier}`, which was not found, and of which nothing is known in {version}: {remedy}"
            ));
        }
    }
    Target::Standin(standin)
}

/// What `specifier` is, as part of a sentence, where it leads nowhere from a module of
/// the folder `from`.
pub(super) fn not_found(pinned: &mut Pinned, from: &Path, specifier: &str) -> String {
    match package_of(specifier) {
        Some(package) => {
            let remedy = pinned.remedy(from, &package);
            format!("`{specifier}`, which was not found: {remedy}")
        }
        None => format!("`{specifier}`, which was not found"),
    }
}

/// Code, and what a module gets the value or the text of.
const LOADED: [&str; 10] = [
    "ts", "tsx", "js", "jsx", "mts", "mjs", "cts", "cjs", "json", "txt",
];

pub(super) fn file(path: PathBuf) -> Target {
    let ending = path.extension().and_then(|ending| ending.to_str());
    // A file without ending can only be a script.
    if ending.is_none_or(|ending| LOADED.contains(&ending)) {
        Target::File(path)
    } else {
        Target::Inert(format!("the file {}, which is no code", path.display()))
    }
}

pub(super) fn builtin(specifier: &str) -> Target {
    Target::Inert(format!(
        "`{specifier}`, a module of Node that is not there while reading"
    ))
}
