//! Which files of main make actions by builders that stay on main, though the actions ask
//! for users' data.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{FunctionPath, Manifest, Placement, Runs};
use serde::Serialize;

use crate::source::Sources;
use crate::touches::{Asking, BuilderImport, asking, http_actions};

/// An import that is to lead elsewhere.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BuilderReport {
    /// The module, below main's Convex folder.
    pub(crate) module: String,
    pub(crate) from: String,
    pub(crate) to: String,
    /// The functions that stay on main for it, or what its HTTP actions ask for.
    pub(crate) functions: BTreeSet<String>,
}

/// The imports of builders of actions that ask for users' data on main.
pub(crate) fn builders(
    manifest: &Manifest,
    sources: &Sources,
    placed: &BTreeMap<FunctionPath, Placement>,
) -> Vec<BuilderReport> {
    let touches_users = |placement: &Placement| {
        let touched = placement.touches();
        touched.iter().any(|t| manifest.user_tables.contains(*t))
    };
    let mut found: BTreeMap<BuilderImport, BTreeSet<String>> = BTreeMap::new();
    let asks_users =
        |placement: &Placement| touches_users(placement) && !placement.sees_no_connected;
    for (path, placement) in placed {
        if let Some(Asking::Plain(import)) = asking(sources, manifest, path)
            && matches!(placement.runs, Runs::Refused { .. })
            && touches_users(placement)
        {
            found.entry(import).or_default().insert(path.to_string());
        }
    }
    for (asking, asked) in http_actions(sources) {
        let Asking::Plain(import) = asking else {
            continue;
        };
        for path in asked {
            if placed.get(&path).is_some_and(asks_users) {
                let functions = found.entry(import.clone()).or_default();
                functions.insert(path.to_string());
            }
        }
    }
    let report = |(import, functions): (BuilderImport, BTreeSet<String>)| BuilderReport {
        module: import.module,
        from: import.from,
        to: import.to,
        functions,
    };
    found.into_iter().map(report).collect()
}
