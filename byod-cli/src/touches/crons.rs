//! Main's crons: none runs on users' deployments, whatever it does for users on main.

use std::collections::BTreeSet;

use byod_schema::Manifest;

use super::analysis::Analysis;
use crate::source::Sources;

/// What runs by a cron on main and touches users' tables, each with what to do about it.
pub(crate) fn left_on_main(sources: &Sources, manifest: &Manifest) -> Vec<String> {
    let Some(crons) = sources.modules.get("crons") else {
        return Vec::new();
    };
    let run = crons.statements.iter().flat_map(|s| &s.facts.functions);
    let run: BTreeSet<_> = run.map(|function| &function.path).collect();
    if run.is_empty() {
        return Vec::new();
    }
    let analysis = Analysis::new(sources, manifest);
    let mut found = Vec::new();
    for path in run {
        let total = analysis.total(path);
        let tables = total.tables();
        let of_users: Vec<String> = tables
            .iter()
            .filter(|table| manifest.user_tables.contains(**table))
            .map(|table| format!("`{table}`"))
            .collect();
        if !of_users.is_empty() {
            found.push(format!(
                "main's crons run `{path}`, which touches {}: on main alone, for users' deployments have no crons. What it does for connected users, let the service do, by calling a public function of main's or one in custom/ once for each of them",
                of_users.join(", ")
            ));
        }
    }
    found
}
