use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

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
                run(Host::new(absolute, shown), *limits, &schema, &modules)
            })
            .map_err(|error| Error::Engine(error.to_string()))?
            .join()
            .map_err(|_| Error::Engine("it panicked".to_owned()))?
    })
}

fn run(
    host: Host,
    limits: Limits,
    schema: &Path,
    modules: &[Module],
) -> Result<ProjectReading, Error> {
    let engine = Engine::new(host, limits)?;
    let schema = read_schema(&engine, schema)?;
    let mut functions = BTreeMap::new();
    let mut warnings = Vec::new();
    for module in modules {
        read_functions(&engine, module, &mut functions, &mut warnings)?;
    }
    let host = engine.finish();
    warnings.extend(host.iter().flat_map(Host::warnings));
    let files = host.map_or_else(BTreeSet::new, Host::into_files);
    Ok(ProjectReading {
        schema,
        functions,
        warnings,
        files,
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

fn read_functions(
    engine: &Engine,
    module: &Module,
    functions: &mut BTreeMap<FunctionPath, Exported<Function>>,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
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
            let (at, elsewhere) = if failure.place.starts_with(&shown) {
                (failure.place, String::new())
            } else {
                (shown, format!(" (at {})", failure.place))
            };
            warnings.push(format!(
                "{at}: not loaded, its functions are left out: {reason}{elsewhere}"
            ));
            return Ok(());
        }
        Outcome::Unsettled => {
            warnings.push(format!(
                "{shown}: not loaded, its functions are left out: it awaits something that never comes"
            ));
            return Ok(());
        }
    }
    let answer: Answer = engine.ask("readFunctions", &module.path.to_string_lossy())?;
    let mut left_out = answer.left_out;
    for Found { name, function } in answer.functions {
        match Exported::parse(function) {
            Ok(function) => {
                functions.insert(FunctionPath::new(&module.name, name), function);
            }
            Err(error) => left_out.push(LeftOut {
                name,
                problem: format!("its validators are not understood: {error}"),
            }),
        }
    }
    for LeftOut { name, problem } in left_out {
        warnings.push(format!("{shown}: `{name}` is left out: {problem}"));
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
        warnings.push(format!("{shown}: left out: {names}, made by {origin}"));
    }
    Ok(())
}
