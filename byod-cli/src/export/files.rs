//! Writes the files, without touching what a person has edited.
//!
//! `byod.lock.json` in the Convex folder has the hash of every file that was
//! written. A file with another hash has been edited: it is kept, unless the
//! export is forced. What is no longer needed is removed, unless it was edited.
//! The lock file may be anybody's: a name in it that leads elsewhere, or is that of a file
//! which no export has written, is an error before anything is touched.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

use super::assemble::HEADER;
use super::plan::Plan;
use super::{support, tooling};
use crate::error::Error;
use crate::source::LOCK;
use crate::tree::Tree;

const VERSION: &str = "byod/version.ts";

/// As far as numbers of JavaScript count.
const LAST_VERSION: u64 = (1 << 53) - 2;

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

/// The modules that are there and stay as they are, with their texts: those that people
/// wrote beside the project's, and edited ones.
pub(crate) fn staying(
    folder: &Tree,
    plan: &Plan,
    force: bool,
) -> Result<BTreeMap<String, String>, Error> {
    let known = read_lock(folder, plan)?.unwrap_or_default();
    let mut staying = BTreeMap::new();
    for name in folder.sources()? {
        let Some(text) = folder.read(&name)? else {
            continue;
        };
        let of_last_time = known.files.get(&name);
        let is_ours = match plan.files.get(&name) {
            _ if name == VERSION => true,
            Some(planned) => force || text == *planned || of_last_time == Some(&hash(&text)),
            None => of_last_time.is_some_and(|known| is_removed(&text, known, force)),
        };
        if !is_ours {
            staying.insert(name, text);
        }
    }
    Ok(staying)
}

/// What was written last time, if that is what it says.
fn read_lock(folder: &Tree, plan: &Plan) -> Result<Option<Lock>, Error> {
    let path = folder.path(LOCK)?;
    let Some(text) = folder.read(LOCK)? else {
        return Ok(None);
    };
    let invalid = |reason: String| Error::Lock {
        path: path.clone(),
        reason,
    };
    let lock: Lock = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
    if lock.schema_version > LAST_VERSION {
        return Err(invalid("`schemaVersion` is too large".to_owned()));
    }
    for (name, known) in &lock.files {
        let present = folder.read(name)?;
        // Edited, it may say whatever it does; it is kept then.
        let is_anothers = present.is_some_and(|text| !is_ours(&text) && hash(&text) == *known);
        if is_anothers || !(plan.files.contains_key(name) || may_be_ours(name)) {
            return Err(Error::Name {
                folder: folder.root().to_owned(),
                name: name.clone(),
                reason: "no export has written such a file",
            });
        }
    }
    Ok(Some(lock))
}

/// Whether an export has written the text, be it that a person has edited it.
fn is_ours(text: &str) -> bool {
    text.starts_with(HEADER.trim_end())
}

/// Whether a file goes that is no longer needed. What doesn't say whose it is stays.
fn is_removed(present: &str, known: &str, force: bool) -> bool {
    hash(present) == known || (force && is_ours(present))
}

/// Whether an export writes files of such names: modules, but not those of people or of
/// `npx convex`, however a system reads the name.
fn may_be_ours(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut parts = name.split('/');
    let is_theirs = |part: &str| matches!(part, "custom" | "_generated" | "node_modules");
    name.ends_with(".ts")
        && !name.ends_with(".d.ts")
        && !parts.clone().next().is_some_and(is_theirs)
        && !parts.any(|part| part.starts_with('.'))
}

/// Brings the Convex folder up to date.
pub(crate) fn write(folder: &Tree, plan: &Plan, force: bool) -> Result<Written, Error> {
    let lock_path = folder.path(LOCK)?;
    let known = read_lock(folder, plan)?;
    let seeds = seeds(folder, plan);
    let names = known.iter().flat_map(|lock| lock.files.keys());
    for name in names.chain(plan.files.keys()).map(String::as_str) {
        folder.path(name)?;
    }
    for (tree, name, _) in &seeds {
        tree.path(name)?;
    }
    folder.path(VERSION)?;
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
    for (tree, name, text) in &seeds {
        seed(tree, name, text, plan, &mut report)?;
    }

    lock.content = content(folder, &plan.modules)?;
    let on_disk = folder
        .read(VERSION)?
        .and_then(|text| support::version_in(&text))
        .filter(|version| *version <= LAST_VERSION);
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
    folder: &Tree,
    name: &str,
    text: &str,
    known: Option<&String>,
    force: bool,
    report: &mut Written,
) -> Result<bool, Error> {
    match folder.read(name)? {
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
    folder.write(name, text)?;
    report.written.push(name.to_owned());
    Ok(true)
}

fn remove(
    folder: &Tree,
    name: &str,
    known: &str,
    force: bool,
    report: &mut Written,
    lock: &mut Lock,
) -> Result<(), Error> {
    match folder.read(name)? {
        None => {}
        Some(present) if is_removed(&present, known, force) => {
            folder.remove(name)?;
            report.removed.push(name.to_owned());
        }
        Some(_) => {
            lock.files.insert(name.to_owned(), known.to_owned());
            report.kept.push(name.to_owned());
        }
    }
    Ok(())
}

/// What is written where it is missing, and left to people and `npx convex` then: the
/// folder, the name in it, and the text.
fn seeds(folder: &Tree, plan: &Plan) -> Vec<(Tree, String, String)> {
    let mut seeds: Vec<(Tree, String, String)> =
        tooling::generated(&plan.modules, &plan.components)
            .into_iter()
            .map(|(name, text)| (folder.clone(), name.to_owned(), text))
            .collect();
    let config = tooling::tsconfig(&plan.bundling);
    seeds.push((folder.clone(), "tsconfig.json".to_owned(), config));
    // Beside the Convex folder, where `npx convex` is run.
    let convex = folder.name().unwrap_or("convex");
    let package = tooling::package(convex, plan.main_package.as_ref(), &plan.packages);
    seeds.push((folder.parent(), "package.json".to_owned(), package));
    seeds
}

fn seed(
    folder: &Tree,
    name: &str,
    text: &str,
    plan: &Plan,
    report: &mut Written,
) -> Result<(), Error> {
    let present = folder.read(name)?;
    let outdated = present.as_ref().is_some_and(|present| match name {
        tooling::API_TYPES => !tooling::is_current(present, &plan.modules, &plan.components),
        tooling::API_VALUES => !tooling::knows_components(present, &plan.components),
        _ => false,
    });
    if present.is_some() && !outdated {
        report.unchanged += 1;
        return Ok(());
    }
    folder.write(name, text)?;
    report.written.push(match name {
        "package.json" => format!("../{name}"),
        name => name.to_owned(),
    });
    Ok(())
}

/// A hash of the schema and all modules on disk, without the version's own.
fn content(folder: &Tree, modules: &BTreeSet<String>) -> Result<String, Error> {
    let mut hasher = Sha256::new();
    for module in modules
        .iter()
        .map(String::as_str)
        .chain(["convex.config", "schema"])
    {
        let name = format!("{module}.ts");
        if name == VERSION {
            continue;
        }
        if let Some(text) = folder.read(&name)? {
            hasher.update(name.as_bytes());
            hasher.update([0]);
            hasher.update(text.as_bytes());
            hasher.update([0]);
        }
    }
    Ok(hex::encode(hasher.finalize()))
}

pub(super) fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
