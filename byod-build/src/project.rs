use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use byod_schema::{Function, FunctionPath, Schema};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::engine::{Engine, Outcome};
use crate::host::Host;
use crate::modules::{self, Module};
use crate::{Error, Limits, locate};

/// One Convex folder as it was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct ProjectReading {
    /// The schema.
    pub schema: Exported<Schema>,
    /// Every function that could be read, by its path.
    pub functions: BTreeMap<FunctionPath, Exported<Function>>,
    /// What could not be read, and why: one line each.
    pub warnings: Vec<String>,
    /// The files that the reading depends on, absolute: modules, packages and
    /// what decided where an import leads. New modules are not among them;
    /// for those, watch the folder.
    pub files: BTreeSet<PathBuf>,
}

/// What a project exports, read, and as the project's own code printed it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exported<T> {
    /// The value.
    pub value: T,
    /// The JSON, with the order of keys and the members this version does not know.
    pub json: Box<RawValue>,
}

impl<T: for<'de> Deserialize<'de>> Exported<T> {
    fn parse(json: Box<RawValue>) -> Result<Self, serde_json::Error> {
        let value = serde_json::from_str(json.get())?;
        Ok(Self { value, json })
    }
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
pub fn read_project(folder: &Path, limits: &Limits) -> Result<ProjectReading, Error> {
    let folder = locate::convex_folder(folder)?;
    let absolute = fs::canonicalize(&folder).map_err(|error| Error::io(&folder, error))?;
    let schema = locate::schema_of(&absolute).ok_or_else(|| Error::NoSchema {
        path: folder.clone(),
    })?;
    let modules = modules::find(&absolute).map_err(|error| Error::io(&folder, error))?;
    let shown = folder.display().to_string();

    // The engine and the parser recurse as deep as the modules' code does.
    let stack = limits.stack.saturating_mul(2).saturating_add(8 << 20);
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(stack)
            .spawn_scoped(scope, || {
                let host = || Host::new(absolute.clone(), shown.clone());
                run(host, *limits, &schema, &modules)
            })
            .map_err(|error| Error::Engine(error.to_string()))?
            .join()
            .map_err(|_| Error::Engine("it panicked".to_owned()))?
    })
}

fn run(
    host: impl Fn() -> Host,
    limits: Limits,
    schema_path: &Path,
    modules: &[Module],
) -> Result<ProjectReading, Error> {
    let started = Instant::now();
    let engine = Engine::new(host(), limits)?;
    let mut schema = read_schema(&engine, schema_path);
    if !matches!(schema, Ok(_) | Err(Error::Schema { .. })) {
        return Err(schema.err().unwrap_or(Error::Engine(String::new())));
    }
    let mut readings = Vec::new();
    for module in modules {
        readings.push(read_functions(&engine, module)?);
    }
    let mut warnings = Vec::new();
    let mut hosts = Vec::new();

    // On a deployment the variables are set that a module can't load without.
    let is_whole = schema.is_ok() && readings.iter().all(ModuleReading::is_whole);
    if !is_whole && engine.ask("missesVariables", "")? {
        let time = limits.time.saturating_sub(started.elapsed());
        let engine = Engine::new(host().with_placeholders(), Limits { time, ..limits })?;
        let as_if = |at: &str, reason: &str| {
            format!("{at}: read as if every environment variable were set. Otherwise: {reason}")
        };
        if let Err(error) = &schema
            && let Ok(read) = read_schema(&engine, schema_path)
        {
            warnings.push(as_if(&engine.shown(schema_path), &error.to_string()));
            schema = Ok(read);
        }
        for (module, reading) in modules.iter().zip(&mut readings) {
            if reading.is_whole() {
                continue;
            }
            let again = read_functions(&engine, module)?;
            if again.functions.len() > reading.functions.len() {
                let reason = reading.warnings.join("; ");
                let warning = as_if(&engine.shown(&module.path), &reason);
                *reading = again;
                reading.warnings.insert(0, warning);
            } else if again.is_whole() {
                // It has no functions that could be missing.
                *reading = again;
            }
        }
        hosts.extend(engine.finish());
    }
    let schema = schema?;
    hosts.extend(engine.finish());

    let mut functions = BTreeMap::new();
    for reading in readings {
        functions.extend(reading.functions);
        warnings.extend(reading.warnings);
    }
    let packages: BTreeSet<String> = hosts.iter().flat_map(Host::warnings).collect();
    warnings.extend(packages);
    Ok(ProjectReading {
        schema,
        functions,
        warnings,
        files: hosts.into_iter().flat_map(Host::into_files).collect(),
    })
}

fn read_schema(engine: &Engine, path: &Path) -> Result<Exported<Schema>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        schema: Option<Box<RawValue>>,
        problem: Option<Problem>,
    }
    let shown = engine.shown(path);
    match engine.load(path)? {
        Outcome::Loaded => {}
        Outcome::Failed(failure) => {
            let message = format!("the schema can't be loaded: {}", failure.reason());
            return Err(Error::Schema {
                at: failure.place,
                message,
            });
        }
        Outcome::Unsettled => {
            return Err(Error::Schema {
                at: shown,
                message: "the schema awaits something that never comes".to_owned(),
            });
        }
    }
    let answer: Answer = engine.ask_or_thrown("readSchema", path)?;
    let invalid = |message: String| Error::Schema {
        at: shown.clone(),
        message,
    };
    match answer {
        Answer {
            schema: Some(json), ..
        } => Exported::parse(json)
            .map_err(|error| invalid(format!("the schema's JSON is not understood: {error}"))),
        Answer { problem, .. } => Err(invalid(problem.map_or_else(String::new, Problem::message))),
    }
}

/// What is wrong with a schema that was loaded.
#[derive(Deserialize)]
struct Problem {
    kind: String,
    table: Option<String>,
    field: Option<String>,
    /// Which name of `origin`.
    of: Option<String>,
    /// Where the inert value comes from.
    origin: Option<String>,
}

impl Problem {
    fn message(self) -> String {
        match self.kind.as_str() {
            "noDefault" => {
                return "there is no default export. Write `export default defineSchema({…})`"
                    .to_owned();
            }
            "variable" => {
                return "the schema holds the value of an environment variable. A deployed schema can't depend on one"
                    .to_owned();
            }
            "notASchema" => {
                return "the default export is no schema. Write `export default defineSchema({…})`"
                    .to_owned();
            }
            _ => {}
        }
        let what = match (self.table, self.field.filter(|field| !field.is_empty())) {
            (Some(table), Some(field)) => format!("the validator of `{table}.{field}`"),
            (Some(table), None) => format!("the table `{table}`"),
            (None, _) => "the schema".to_owned(),
        };
        let of = self.of.filter(|of| !of.is_empty());
        let name = of.map_or(String::new(), |of| format!("`{of}` of "));
        format!("{what} needs {name}{}", self.origin.unwrap_or_default())
    }
}

/// What one module has.
#[derive(Default)]
struct ModuleReading {
    functions: BTreeMap<FunctionPath, Exported<Function>>,
    /// What of it could not be read.
    warnings: Vec<String>,
}

impl ModuleReading {
    fn is_whole(&self) -> bool {
        self.warnings.is_empty()
    }

    fn not_loaded(at: &str, reason: &str) -> Self {
        let warning = format!("{at}: not loaded, its functions are left out: {reason}");
        Self {
            functions: BTreeMap::new(),
            warnings: vec![warning],
        }
    }
}

fn read_functions(engine: &Engine, module: &Module) -> Result<ModuleReading, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        functions: Vec<Found>,
        left_out: Vec<LeftOut>,
        unknown: Vec<Unknown>,
    }
    #[derive(Deserialize)]
    struct Found {
        name: String,
        function: Box<RawValue>,
    }
    #[derive(Deserialize)]
    struct LeftOut {
        name: String,
        problem: String,
    }
    /// An export that is made by something that is not there.
    #[derive(Deserialize)]
    struct Unknown {
        name: String,
        origin: String,
    }

    let shown = engine.shown(&module.path);
    match engine.load(&module.path)? {
        Outcome::Loaded => {}
        Outcome::Failed(failure) => {
            let reason = failure.reason();
            return Ok(if failure.place.starts_with(&shown) {
                ModuleReading::not_loaded(&failure.place, &reason)
            } else {
                let reason = format!("{reason} (at {})", failure.place);
                ModuleReading::not_loaded(&shown, &reason)
            });
        }
        Outcome::Unsettled => {
            let reason = "it awaits something that never comes";
            return Ok(ModuleReading::not_loaded(&shown, reason));
        }
    }
    let answer: Answer = engine.ask("readFunctions", &module.path.to_string_lossy())?;
    let mut reading = ModuleReading::default();
    let mut left_out = answer.left_out;
    for Found { name, function } in answer.functions {
        match Exported::parse(function) {
            Ok(function) => {
                let functions = &mut reading.functions;
                functions.insert(FunctionPath::new(&module.name, name), function);
            }
            Err(error) => left_out.push(LeftOut {
                name,
                problem: format!("its validators are not understood: {error}"),
            }),
        }
    }
    for LeftOut { name, problem } in left_out {
        reading
            .warnings
            .push(format!("{shown}: `{name}` is left out: {problem}"));
    }
    let mut by_origin: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Unknown { name, origin } in answer.unknown {
        by_origin
            .entry(origin)
            .or_default()
            .push(format!("`{name}`"));
    }
    for (origin, names) in by_origin {
        let names = names.join(", ");
        reading
            .warnings
            .push(format!("{shown}: left out: {names}, made by {origin}"));
    }
    Ok(reading)
}
