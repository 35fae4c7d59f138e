//! Which folder holds the Convex functions: the one that was named, or one below
//! the app that was named.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::grounds::Grounds;
use crate::error::Error;
use crate::limits::read_file;

/// How deep below a folder a Convex project is looked for.
const DEPTH: usize = 4;

/// The Convex folder that `named` stands for, as the caller would write it.
///
/// What a checkout says (`convex.json`, links) leads to no folder outside of it.
pub fn convex_folder(named: &Path) -> Result<PathBuf, Error> {
    let found = find(named)?;
    if found == named {
        return Ok(found);
    }
    let real = |path: &Path| fs::canonicalize(path).map_err(|error| Error::io(path, error));
    let folder = real(&found)?;
    let grounds = Grounds::of(&real(named)?.join("convex"));
    if folder.starts_with(grounds.root()) {
        return Ok(found);
    }
    Err(Error::FolderOutside {
        app: named.to_owned(),
        folder,
        root: grounds.root().to_owned(),
    })
}

fn find(named: &Path) -> Result<PathBuf, Error> {
    if !named.is_dir() {
        return Err(Error::NoFolder {
            path: named.to_owned(),
            fix: "Name the folder that holds schema.ts".to_owned(),
        });
    }
    if let Some(found) = of_app(named) {
        return Ok(found);
    }
    if schema_of(named).is_some() {
        return Ok(named.to_owned());
    }
    let mut found = Vec::new();
    search(named, DEPTH, &mut found);
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => without_schema(named).ok_or_else(|| Error::NoSchema {
            path: named.to_owned(),
        }),
        several => Err(Error::SeveralProjects {
            path: named.to_owned(),
            found: several.to_vec(),
        }),
    }
}

/// The Convex folder that `named` stands for, where that is not there at all: a
/// container may have the service alone.
pub(crate) fn missing(named: &Path) -> Option<PathBuf> {
    if !named.is_dir() {
        return Some(named.to_owned());
    }
    // A submodule that is not checked out is an empty folder.
    if fs::read_dir(named).is_ok_and(|mut entries| entries.next().is_none()) {
        return Some(named.to_owned());
    }
    if !matches!(convex_folder(named), Err(Error::NoSchema { .. })) {
        return None;
    }
    Some(said_by(named))
}

/// What is there once the Convex folder that is [`missing`] is: the folder itself, or
/// what is in it.
pub(crate) fn would_be(missing: &Path) -> Vec<PathBuf> {
    if !missing.is_dir() {
        return vec![missing.to_owned()];
    }
    let names = [
        "convex",
        "convex.json",
        "schema.js",
        "schema.ts",
        "_generated",
    ];
    names.map(|name| missing.join(name)).to_vec()
}

/// The Convex folder that `named` stands for where there is no schema, which Convex
/// takes as no tables.
fn without_schema(named: &Path) -> Option<PathBuf> {
    let of_app = said_by(named);
    if of_app.is_dir() {
        return Some(of_app);
    }
    let is_convex = fs::canonicalize(named).is_ok_and(|folder| folder.ends_with("convex"))
        || named.join("_generated").is_dir();
    is_convex.then(|| named.to_owned())
}

/// The schema of a Convex folder.
pub(crate) fn schema_of(folder: &Path) -> Option<PathBuf> {
    let mut names = ["schema.ts", "schema.js"].into_iter();
    names
        .find(|name| folder.join(name).is_file())
        .map(|name| folder.join(name))
}

/// What the folder of an app has as its Convex folder.
fn of_app(app: &Path) -> Option<PathBuf> {
    let folder = said_by(app);
    schema_of(&folder).map(|_| folder)
}

/// The Convex folder of an app: what its `convex.json` says, or `convex`.
fn said_by(app: &Path) -> PathBuf {
    #[derive(Deserialize)]
    struct ConvexJson {
        functions: Option<PathBuf>,
    }
    let said = read_file(&app.join("convex.json"))
        .ok()
        .and_then(|json| serde_json::from_slice::<ConvexJson>(&json).ok())
        .and_then(|json| json.functions)
        // `./src/convex/` as `src/convex`, for messages.
        .map(|functions| functions.components().collect::<PathBuf>());
    app.join(said.unwrap_or_else(|| PathBuf::from("convex")))
}

fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut folders: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && name != "node_modules" && name != "target"
        })
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    for below in folders {
        match of_app(&below) {
            Some(convex) => found.push(convex),
            None if below.ends_with("convex") && schema_of(&below).is_some() => found.push(below),
            None if depth > 1 => search(&below, depth - 1, found),
            None => {}
        }
    }
}
