//! A router of a manifest that is read when a program starts.

use byod_schema::{Manifest, Placed};

use super::tables::{Router, TableInfo};
use crate::codec::{FunctionInfo, Runs};

impl Router {
    /// A router of a manifest, for programs that aren't compiled for one app; all else has `tables!()` and `functions!()`.
    ///
    /// To be made once for each manifest: what it knows is kept until the program ends.
    pub fn of_manifest(manifest: &Manifest) -> Self {
        let tables = manifest.tables().map(|(name, location)| TableInfo {
            name: kept(name),
            location,
        });
        let functions = manifest.placed().map(info);
        Self::new(tables.collect::<Vec<_>>().leak())
            .with_functions(functions.collect::<Vec<_>>().leak())
    }
}

fn info(placed: Placed) -> FunctionInfo {
    let runs = match placed.runs {
        byod_schema::Runs::User => Runs::User,
        byod_schema::Runs::Main if placed.asks_users => Runs::Asks,
        byod_schema::Runs::Main => Runs::Main {
            sees_no_connected: placed.sees_no_connected,
        },
        byod_schema::Runs::Refused { refusal, reason } => Runs::Refused {
            refusal,
            reason: kept(&reason),
        },
    };
    let path = kept(&placed.path.to_string());
    let quoted = serde_json::Value::from(path);
    let inject = placed
        .inject
        .iter()
        .map(|(name, injection)| (kept(name), *injection));
    let all = |names: &[String]| -> &'static [&'static str] {
        names
            .iter()
            .map(|name| kept(name))
            .collect::<Vec<_>>()
            .leak()
    };
    FunctionInfo {
        path,
        kind: placed.function_type,
        runs,
        table: kept(&placed.table),
        switches: all(&placed.switches),
        head: kept(&format!(
            r#"{{"path":{quoted},"format":"convex_encoded_json","args":"#
        )),
        inject: inject.collect::<Vec<_>>().leak(),
        mirror: all(&placed.mirror),
        outbox: placed.outbox,
        schema_version: placed.schema_version,
        takes: all(&placed.takes),
    }
}

fn kept(text: &str) -> &'static str {
    String::leak(text.to_owned())
}
