//! The replies to `start_push` and `finish_push`.

use std::collections::BTreeMap;

use byod_schema::{Function, Index, Schema, Table};
use serde_json::{Value as Json, json};

use super::project::Declared;

/// What a push changes of a deployment's indexes.
#[derive(Debug, Default)]
pub(super) struct IndexDiff {
    added: Vec<Json>,
    removed: Vec<Json>,
}

impl IndexDiff {
    pub(super) fn between(old: &Schema, new: &Schema) -> Self {
        let (old, new) = (indexes(old), indexes(new));
        let lacking = |of: &BTreeMap<String, Json>, other: &BTreeMap<String, Json>| {
            let lacking = of
                .iter()
                .filter(|(name, index)| other.get(*name) != Some(*index));
            lacking.map(|(_, index)| index.clone()).collect()
        };
        Self {
            added: lacking(&new, &old),
            removed: lacking(&old, &new),
        }
    }

    /// How many are to be built.
    pub(super) fn added(&self) -> usize {
        self.added.len()
    }

    fn json(&self) -> Json {
        json!({"added_indexes": self.added, "removed_indexes": self.removed})
    }
}

/// By `table.name`.
fn indexes(schema: &Schema) -> BTreeMap<String, Json> {
    let of_table = |table: &Table| {
        let named = |name: &str| format!("{}.{name}", table.table_name);
        let database = table.indexes.iter().map(
            |Index {
                 index_descriptor,
                 fields,
             }| {
                let name = named(index_descriptor);
                let index = json!({"name": name, "type": "database", "fields": fields});
                (name, index)
            },
        );
        let search = table.search_indexes.iter().map(|index| {
            let name = named(&index.index_descriptor);
            let index = json!({
                "name": name, "type": "search",
                "searchField": index.search_field, "filterFields": index.filter_fields,
            });
            (name, index)
        });
        let vector = table.vector_indexes.iter().map(|index| {
            let name = named(&index.index_descriptor);
            let index = json!({
                "name": name, "type": "vector", "dimensions": index.dimensions,
                "vectorField": index.vector_field, "filterFields": index.filter_fields,
            });
            (name, index)
        });
        database.chain(search).chain(vector).collect::<Vec<_>>()
    };
    schema.tables.iter().flat_map(of_table).collect()
}

pub(super) fn started(
    id: &str,
    project: &Declared,
    indexes: &IndexDiff,
    environment: &BTreeMap<String, String>,
    server_version: &str,
) -> Json {
    let mut modules: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for (path, function) in &project.functions {
        let module = modules.entry(format!("{}.js", path.module)).or_default();
        module.push(analyzed(&path.name, function));
    }
    let modules = modules.into_iter().map(|(path, functions)| {
        let module = json!({
            "functions": functions, "httpRoutes": null, "cronSpecs": null, "sourceMapped": null,
        });
        (path, module)
    });
    let modules: BTreeMap<_, _> = modules.collect();
    let root = json!({
        "definition": {
            "path": "", "definitionType": {"type": "app"}, "childComponents": [],
            "httpMounts": {}, "exports": {"type": "branch", "branch": []},
        },
        "schema": project.schema,
        "functions": modules,
        "udfConfig": {
            "serverVersion": server_version,
            "importPhaseRngSeed": {"$bytes": ""}, "importPhaseUnixTimestamp": {"$integer": "AAAAAAAAAAA="},
        },
    });
    json!({
        "environmentVariables": environment,
        "externalDepsId": null,
        "componentDefinitionPackages": {"": {"storageKey": id}},
        "appAuth": [],
        "analysis": {"": root},
        "app": {
            "definitionPath": "", "componentPath": "", "args": {}, "childComponents": {},
            "httpRoutes": {"httpModuleRoutes": null, "mounts": []}, "exports": {},
        },
        "schemaChange": {
            "allocatedComponentIds": {},
            "schemaIds": {"": id},
            "indexDiffs": {"": indexes.json()},
        },
    })
}

fn analyzed(name: &str, function: &Function) -> Json {
    // Validators come as text, which nothing but their own JSON can be.
    let text = |validator: Option<Json>| validator.map(|validator| validator.to_string());
    json!({
        "name": name,
        "pos": null,
        "udfType": function.function_type,
        "visibility": function.visibility,
        "args": text(serde_json::to_value(&function.args).ok()),
        "returns": text(function.returns.as_ref().and_then(|returns| serde_json::to_value(returns).ok())),
    })
}

pub(super) fn finished(indexes: &IndexDiff, added: Vec<String>, removed: Vec<String>) -> Json {
    let root = json!({
        "diffType": {"type": "modify"},
        "moduleDiff": {"added": added, "removed": removed},
        "udfConfigDiff": null,
        "cronDiff": {"added": [], "updated": [], "deleted": []},
        "indexDiff": indexes.json(),
        "schemaDiff": null,
    });
    json!({
        "authDiff": {"added": [], "removed": []},
        "definitionDiffs": {},
        "componentDiffs": {"": root},
    })
}
