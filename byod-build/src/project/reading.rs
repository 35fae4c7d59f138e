use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use byod_schema::{Function, FunctionPath, Schema, refused, refused_module};

use super::exported::Exported;
use super::functions::ModuleReading;
use super::module_reader::Reader;
use super::schema;
use crate::engine::{Host, Noticing, Stopped};
use crate::error::Error;
use crate::folder::{self, Module};
use crate::limits::patience::{self, Progress};
use crate::limits::{COMPILER_STACK, Limits};

/// The module in which an exported project says its version.
const VERSION: &str = "byod/version";

/// One Convex folder as it was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct ProjectReading {
    /// The schema. Where the folder has none, its JSON is `null`, and it has no tables.
    pub schema: Exported<Schema>,
    /// Every function that could be read, by its path.
    pub functions: BTreeMap<FunctionPath, Exported<Function>>,
    /// The number that `byod export` gave the project: `SCHEMA_VERSION` of its module
    /// `byod/version`. `None` of a project that it didn't write.
    pub schema_version: Option<f64>,
    /// What could not be read, and why: one line each.
    pub warnings: Vec<String>,
    /// The files that the reading depends on, absolute: modules, packages and
    /// what decided where an import leads. New modules are not among them;
    /// for those, watch the folder.
    pub files: BTreeSet<PathBuf>,
    /// Where something would have been read had it been there, absolute: packages
    /// that are not installed, and files that decide where an import leads.
    pub absent: BTreeSet<PathBuf>,
}

/// Reads the Convex folder `folder` by running its schema and its modules.
///
/// `folder` may also be that of the app: then its `convex.json` says which folder
/// it is (`functions`), or it is `convex`, or the only Convex project below.
///
/// # Errors
///
/// Where the schema can't be had whole, or the [`Limits`] are reached. A module
/// that fails to load is a warning: its functions are absent, and what other
/// modules import from it is inert.
///
/// ```no_run
/// use std::path::Path;
///
/// use byod_build::{Limits, read_project};
///
/// let read = read_project(Path::new("../app/convex"), &Limits::default())?;
/// for path in read.functions.keys() {
///     println!("{path}");
/// }
/// # Ok::<(), byod_build::Error>(())
/// ```
pub fn read_project(folder: &Path, limits: &Limits) -> Result<ProjectReading, Error> {
    attempt(folder, limits, None)?.reading
}

/// What came of reading a project, and what it would need to be read better.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// As of [`read_project`].
    pub reading: Result<ProjectReading, Error>,
    /// The packages that modules import and that are not installed, with the version or
    /// the range that the project's lock file or `package.json` says.
    pub missing: BTreeMap<String, Option<String>>,
    /// A digest of what the project itself has: its own files that were read, and the
    /// versions of packages that it names. It is the same whatever is installed.
    pub digest: String,
    /// A digest of its own files alone, without what codegen makes of them.
    pub own_digest: String,
    /// Its own files outside of the Convex folder, as seen from there.
    pub(crate) outside: BTreeSet<String>,
}

/// As [`read_project`], with the packages in `apart/node_modules` for those that the
/// project hasn't installed itself.
///
/// # Errors
///
/// Where the folder can't be read; what is wrong in it is in the [`Attempt`].
pub fn attempt(folder: &Path, limits: &Limits, apart: Option<&Path>) -> Result<Attempt, Error> {
    let folder = folder::convex_folder(folder)?;
    let absolute = fs::canonicalize(&folder).map_err(|error| Error::io(&folder, error))?;
    let schema = folder::schema_of(&absolute);
    let modules = folder::find(&absolute).map_err(|error| Error::io(&folder, error))?;
    let shown = folder.display().to_string();
    let apart = apart.map(Path::to_owned);

    // The compiler runs on top of the engine, which runs on top of itself.
    let stack = limits
        .stack
        .saturating_mul(2)
        .saturating_add(COMPILER_STACK);
    let (limits, progress) = (limits.bounded(), Progress::default());
    let told = progress.clone();
    patience::read(stack, &progress, move || {
        let new = |noticing| {
            let host = Host::new(
                absolute.clone(),
                shown.clone(),
                apart.as_deref(),
                told.clone(),
            );
            host.noticing(noticing)
        };
        let (mut missing, mut texts) = (BTreeMap::new(), BTreeMap::new());
        let mut run = |noticing| {
            let notes = (&mut missing, &mut texts);
            run(
                || new(noticing),
                noticing,
                limits,
                schema.as_deref(),
                &modules,
                notes,
            )
        };
        // The more is met that is not there, the more has to be noticed.
        let mut noticing = Noticing::Nobody;
        let reading = loop {
            match run(noticing) {
                Ok(Read::Whole(reading)) => break Ok(*reading),
                Ok(Read::Needs(more)) => noticing = more,
                Err(error) => break Err(error),
            }
        };
        let digest = self::digest(&texts);
        texts.retain(|name, _| !name.starts_with("package ") && !name.contains("_generated/"));
        let own_digest = self::digest(&texts);
        let outside = texts.keys().filter(|name| name.starts_with("../")).cloned();
        Ok(Attempt {
            reading,
            missing,
            digest,
            own_digest,
            outside: outside.collect(),
        })
    })
}

fn digest(texts: &BTreeMap<String, String>) -> String {
    let mut hasher = Sha256::new();
    for (name, text) in texts {
        for part in [name, text] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hex::encode(hasher.finalize())
}

/// What came of reading all.
enum Read {
    Whole(Box<ProjectReading>),
    /// A module met what is not there, and operators don't notice it that would have to.
    Needs(Noticing),
}

/// Reads all, as long as nothing is met that would have to be noticed and is not.
fn run(
    host: impl Fn() -> Host,
    noticing: Noticing,
    limits: Limits,
    schema_path: Option<&Path>,
    modules: &[Module],
    (missing, texts): (
        &mut BTreeMap<String, Option<String>>,
        &mut BTreeMap<String, String>,
    ),
) -> Result<Read, Error> {
    let stopped = Stopped::default();
    let mut reader = Reader::new(&host, limits, 0, &stopped)?;
    let mut schema = match schema_path {
        Some(path) => reader.schema(path),
        None => schema::none(),
    };
    let more = |reader: &Reader<'_>| Some(reader.needed_noticing()).filter(|more| *more > noticing);
    if let Some(more) = more(&reader) {
        return Ok(Read::Needs(more));
    }
    if !matches!(schema, Ok(_) | Err(Error::Schema { .. })) {
        return Err(schema.err().unwrap_or(Error::Engine(String::new())));
    }
    let mut readings = Vec::new();
    for module in modules {
        readings.push(reader.functions(module));
        if let Some(more) = more(&reader) {
            return Ok(Read::Needs(more));
        }
    }
    let mut warnings = Vec::new();
    let mut hosts = Vec::new();

    // On a deployment the variables are set that a module can't load without.
    let is_whole = schema.is_ok() && readings.iter().all(ModuleReading::is_whole);
    if !is_whole && reader.misses_variables() {
        let host = || host().with_placeholders();
        let mut reader = Reader::new(&host, limits, reader.spent(), &stopped)?;
        let as_if = |at: &str, reason: &str| {
            format!("{at}: read as if every environment variable were set. Otherwise: {reason}")
        };
        if let Err(error) = &schema
            && let Some(path) = schema_path
            && let Ok(read) = reader.schema(path)
        {
            warnings.push(as_if(&reader.shown(path), &error.to_string()));
            schema = Ok(read);
        }
        for (module, reading) in modules.iter().zip(&mut readings) {
            if reading.is_whole() {
                continue;
            }
            let again = reader.functions(module);
            if again.functions.len() > reading.functions.len() {
                let reason = reading.warnings.join("; ");
                let warning = as_if(&reader.shown(&module.path), &reason);
                *reading = again;
                reading.warnings.insert(0, warning);
            } else if again.is_whole() {
                // It has no functions that could be missing.
                *reading = again;
            }
        }
        if let Some(more) = more(&reader) {
            return Ok(Read::Needs(more));
        }
        hosts.extend(reader.finish());
    }
    warnings.extend(reader.stopped_elsewhere(modules));
    hosts.extend(reader.finish());
    for host in &mut hosts {
        texts.extend(host.own_texts());
        let packages = host.missing_packages().iter();
        missing.extend(packages.map(|(name, version)| (name.clone(), version.clone())));
    }
    let schema = schema?;

    let mut functions: BTreeMap<FunctionPath, Exported<Function>> = BTreeMap::new();
    let mut schema_version = None;
    for (module, reading) in modules.iter().zip(readings) {
        if module.name == VERSION {
            schema_version = reading.version;
        }
        functions.extend(reading.functions);
        warnings.extend(reading.warnings);
    }
    // What has no functions is pushed, too.
    let names = modules.iter().map(|module| module.name.as_str());
    let with = |name: &str| {
        functions
            .keys()
            .any(|path: &FunctionPath| path.module == name)
    };
    warnings.extend(names.filter(|name| !with(name)).filter_map(refused_module));
    let values = functions
        .iter()
        .map(|(path, function)| (path.clone(), function.value.clone()))
        .collect();
    warnings.extend(refused(&schema.value, &values));
    let packages: BTreeSet<String> = hosts.iter_mut().flat_map(Host::warnings).collect();
    warnings.extend(packages);
    let mut reading = ProjectReading {
        schema,
        functions,
        schema_version,
        warnings,
        files: BTreeSet::new(),
        absent: BTreeSet::new(),
    };
    for host in hosts {
        let (files, absent) = host.into_files();
        reading.files.extend(files);
        reading.absent.extend(absent);
    }
    Ok(Read::Whole(Box::new(reading)))
}
