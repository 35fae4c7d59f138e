//! What the schema module exports.

use std::collections::BTreeMap;
use std::path::Path;

use byod_schema::Schema;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::exported::Exported;
use crate::engine::{Engine, Outcome};
use crate::error::Error;

/// The schema of a folder that has none: Convex declares no tables then, and checks no
/// documents.
pub(crate) fn none() -> Result<Exported<Schema>, Error> {
    let json = RawValue::from_string("null".to_owned());
    Ok(Exported {
        value: Schema {
            tables: Vec::new(),
            schema_validation: false,
            other: BTreeMap::new(),
        },
        json: json.map_err(|error| Error::Engine(error.to_string()))?,
    })
}

/// The schema, which must be had whole.
pub(crate) fn read(engine: &Engine, path: &Path) -> Result<Exported<Schema>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        schema: Option<Box<RawValue>>,
        problem: Option<Problem>,
    }
    let shown = engine.shown(path);
    let outcome = engine.load(path)?;
    if let Some((at, message)) = engine.refused() {
        return Err(Error::Schema { at, message });
    }
    match outcome {
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
