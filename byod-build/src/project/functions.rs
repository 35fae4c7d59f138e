//! What a module of functions exports.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{Function, FunctionPath};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::exported::Exported;
use crate::engine::{Engine, Outcome};
use crate::error::Error;
use crate::folder::Module;

/// What one module has.
#[derive(Default)]
pub(crate) struct ModuleReading {
    pub(crate) functions: BTreeMap<FunctionPath, Exported<Function>>,
    /// The number that it exports as `SCHEMA_VERSION`.
    pub(crate) version: Option<f64>,
    /// What of it could not be read.
    pub(crate) warnings: Vec<String>,
}

impl ModuleReading {
    pub(crate) fn is_whole(&self) -> bool {
        self.warnings.is_empty()
    }

    pub(crate) fn not_loaded(at: &str, reason: &str) -> Self {
        let warning = format!("{at}: not loaded, its functions are left out: {reason}");
        Self {
            warnings: vec![warning],
            ..Self::default()
        }
    }
}

/// The functions of a module; an error where the engine could not go on.
pub(crate) fn read(engine: &Engine, module: &Module) -> Result<ModuleReading, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        functions: Vec<Found>,
        left_out: Vec<LeftOut>,
        unknown: Vec<Unknown>,
        version: Option<f64>,
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
    /// An export that is made by something that is not there; without a name, all that
    /// it may pass on.
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
    let id = module.path.to_string_lossy();
    let answer: Answer = match engine.ask("readFunctions", &id) {
        // One text that is no JSON spoils the whole answer: only then is each looked at.
        Err(Error::Engine(_)) => engine.ask("readCheckedFunctions", &id)?,
        answer => answer?,
    };
    let mut reading = ModuleReading {
        version: answer.version,
        ..ModuleReading::default()
    };
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
    let mut by_origin: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Unknown { name, origin } in answer.unknown {
        by_origin.entry(origin).or_default().insert(name);
    }
    for (origin, names) in by_origin {
        let names: Vec<String> = names
            .iter()
            .map(|name| match name.as_str() {
                "" => "whatever is passed on".to_owned(),
                name => format!("`{name}`"),
            })
            .collect();
        let names = names.join(", ");
        reading
            .warnings
            .push(format!("{shown}: left out: {names}, made by {origin}"));
    }
    Ok(reading)
}
