//! Writes the files, without touching what a person has edited.
//!
//! `byod.lock.json` in the Convex folder has the hash of every file that was
//! written. A file with another hash has been edited: it is kept, unless the
//! export is forced. What is no longer needed is removed, unless it was edited.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::plan::Plan;
use super::support;
use crate::Error;

pub(crate) const LOCK: &str = "byod.lock.json";
const VERSION: &str = "byod/version.ts";

/// What was written last time.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Lock {
    schema_version: u64,
    /// Over every module and the schema, those of people too.
    content: String,
    files: BTreeMap<String, String>,
}

/// What happened to the files; paths are below the Convex folder.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Written {
    pub(crate) schema_version: u64,
    pub(crate) written: Vec<String>,
    pub(crate) unchanged: usize,
    pub(crate) removed: Vec<String>,
    /// Edited by a person, and other than what would have been written.
    pub(crate) kept: Vec<String>,
}

/// Brings the Convex folder up to date.
pub(crate) fn write(folder: &Path, plan: &Plan, force: bool) -> Result<Written, Error> {
    let lock_path = folder.join(LOCK);
    let known = match read(&lock_path)? {
        Some(text) => Some(
            serde_json::from_str::<Lock>(&text).map_err(|error| Error::Lock {
                path: lock_path.clone(),
                reason: error.to_string(),
            })?,
        ),
        None => None,
    };
    let before = content(folder, &plan.modules)?;
    let (known, first) = match known {
        Some(lock) => (lock, false),
        None => (Lock::default(), true),
    };
    let mut report = Written::default();
    let mut lock = Lock::default();
    for (name, text) in &plan.files {
        if put(
            folder,
            name,
            text,
            known.files.get(name),
            force,
            &mut report,
        )? {
            lock.files.insert(name.clone(), hash(text));
        } else if let Some(hash) = known.files.get(name) {
            // Still known as edited next time.
            lock.files.insert(name.clone(), hash.clone());
        }
    }
    for (name, hash) in &known.files {
        if !plan.files.contains_key(name) && name != VERSION {
            remove(folder, name, hash, force, &mut report, &mut lock)?;
        }
    }
    seeds(folder, plan, &mut report)?;

    lock.content = content(folder, &plan.modules)?;
    let on_disk = read(&folder.join(VERSION))?.and_then(|text| support::version_in(&text));
    let last = known.schema_version.max(on_disk.unwrap_or_default());
    let changed = lock.content != if first { before } else { known.content };
    lock.schema_version = if last == 0 || changed { last + 1 } else { last };
    report.schema_version = lock.schema_version;
    let version = support::version(lock.schema_version);
    // Nobody's to edit: the number has to go up.
    put(folder, VERSION, &version, None, true, &mut report)?;
    lock.files.insert(VERSION.to_owned(), hash(&version));

    let mut json = serde_json::to_string_pretty(&lock).map_err(|error| Error::Lock {
        path: lock_path.clone(),
        reason: error.to_string(),
    })?;
    json.push('\n');
    put(folder, LOCK, &json, None, true, &mut report)?;
    report.written.sort();
    report.kept.sort();
    report.removed.sort();
    Ok(report)
}

/// Writes one file; false where a person's is kept.
fn put(
    folder: &Path,
    name: &str,
    text: &str,
    known: Option<&String>,
    force: bool,
    report: &mut Written,
) -> Result<bool, Error> {
    let path = folder.join(name);
    match read(&path)? {
        Some(present) if present == text => {
            report.unchanged += 1;
            return Ok(true);
        }
        Some(present) if !force && known != Some(&hash(&present)) => {
            report.kept.push(name.to_owned());
            return Ok(false);
        }
        _ => {}
    }
    store(&path, text)?;
    report.written.push(name.to_owned());
    Ok(true)
}

fn remove(
    folder: &Path,
    name: &str,
    known: &str,
    force: bool,
    report: &mut Written,
    lock: &mut Lock,
) -> Result<(), Error> {
    let path = folder.join(name);
    match read(&path)? {
        None => {}
        Some(present) if force || hash(&present) == known => {
            fs::remove_file(&path).map_err(|error| Error::io(&path, error))?;
            let mut parent = path.parent();
            // Folders that are left empty go too.
            while let Some(at) = parent.filter(|at| *at != folder && fs::remove_dir(at).is_ok()) {
                parent = at.parent();
            }
            report.removed.push(name.to_owned());
        }
        Some(_) => {
            lock.files.insert(name.to_owned(), known.to_owned());
            report.kept.push(name.to_owned());
        }
    }
    Ok(())
}

/// What is written where it is missing, and left to people and `npx convex` then.
fn seeds(folder: &Path, plan: &Plan, report: &mut Written) -> Result<(), Error> {
    let mut seeds: Vec<(String, String)> = support::generated(&plan.modules)
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect();
    seeds.push(("tsconfig.json".to_owned(), support::TSCONFIG.to_owned()));
    // Beside the Convex folder, where `npx convex` is run.
    let convex = folder
        .file_name()
        .map_or("convex".into(), |n| n.to_string_lossy());
    seeds.push((
        "../package.json".to_owned(),
        support::package(&convex, plan.main_package.as_ref()),
    ));
    for (name, text) in seeds {
        let path = folder.join(&name);
        let present = read(&path)?;
        let outdated = name == "_generated/api.d.ts"
            && present
                .as_ref()
                .is_some_and(|present| !support::is_current(present, &plan.modules));
        if present.is_some() && !outdated {
            report.unchanged += 1;
            continue;
        }
        store(&path, &text)?;
        report.written.push(name);
    }
    Ok(())
}

/// A hash of the schema and all modules on disk, without the version's own.
fn content(folder: &Path, modules: &BTreeSet<String>) -> Result<String, Error> {
    let mut hasher = Sha256::new();
    for module in modules.iter().map(String::as_str).chain(["schema"]) {
        let name = format!("{module}.ts");
        if name == VERSION {
            continue;
        }
        if let Some(text) = read(&folder.join(&name))? {
            hasher.update(name.as_bytes());
            hasher.update([0]);
            hasher.update(text.as_bytes());
            hasher.update([0]);
        }
    }
    Ok(hex::encode(hasher.finalize()))
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The text of a file; `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        // A checkout may have changed the line ends.
        Ok(text) => Ok(Some(text.replace("\r\n", "\n"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(path, error)),
    }
}

/// Writes a file and the folders it is in.
pub(crate) fn store(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().map(PathBuf::from).unwrap_or_default();
    fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
    fs::write(path, text).map_err(|error| Error::io(path, error))
}
