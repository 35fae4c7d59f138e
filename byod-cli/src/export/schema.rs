//! `schema.ts`: main's user tables, with all validators and indexes.

use std::collections::BTreeSet;

use byod_schema::{
    Deployments, Injection, Manifest, Table, claim_table, idempotency_table, mirror_table,
    moved_table, outbox_state_table, outbox_table,
};

use crate::layout::{Code, Entry, string};

use super::mirror;
use super::validators::{self, code};
use crate::carry::{Leaves, Travelling};
use crate::owners::{self, is_foreign};

/// An id of a main table that became a string.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct ForeignId {
    /// `table.field`, or `module:function(argument)`.
    pub(crate) at: String,
    /// The table on main.
    pub(crate) of: String,
}

/// The text of `schema.ts`.
pub(crate) fn text(manifest: &Manifest, travelling: &Travelling, leaves: &Leaves) -> String {
    let tables = &manifest.user_tables;
    let definitions = user_tables(manifest).map(|table| definition(table, manifest));
    let keys = owners::key(manifest).map(|_| Entry {
        comment: Some("Which mutations have run: byod/idempotency.ts.".to_owned()),
        ..definition(&idempotency_table(), manifest)
    });
    let claim = (manifest.ownership.deployments == Deployments::Own).then(|| Entry {
        comment: Some("Whose this deployment is: byod/claim.ts.".to_owned()),
        ..definition(&claim_table(), manifest)
    });
    let outbox = (!leaves.is_empty()).then(|| {
        let rows = Entry {
            comment: Some("What is to be done on main: byod/outbox.ts.".to_owned()),
            ..definition(&outbox_table(), manifest)
        };
        [rows, definition(&outbox_state_table(), manifest)]
    });
    let copies = mirror::mirrored(manifest, travelling).map(|(table, fields)| {
        let copies = mirror::table_of_copies(table, fields);
        let comment = match manifest.mirror.published.contains(&table.table_name) {
            true => "Copies of main's documents, which are everybody's: byod/copies.ts.",
            false => "Copies of the caller's own documents on main: byod/copies.ts.",
        };
        Entry {
            comment: Some(comment.to_owned()),
            ..definition(&copies, manifest)
        }
    });
    let state = (!travelling.tables.is_empty()).then(|| Entry {
        comment: Some("What was brought here of main's documents: byod/mirror.ts.".to_owned()),
        ..definition(&mirror_table(), manifest)
    });
    let moved = manifest.moves.is_some().then(|| Entry {
        comment: Some("What has become of documents that came here: byod/moving.ts.".to_owned()),
        ..definition(&moved_table(), manifest)
    });
    let definitions = definitions
        .chain(copies)
        .chain(keys)
        .chain(claim)
        .chain(state)
        .chain(outbox.into_iter().flatten())
        .chain(moved);
    let mut args = vec![Code::expanded(definitions)];
    if !manifest.main.schema.schema_validation {
        let off = Entry::new("schemaValidation", Code::text("false"));
        args.push(Code::object([off]));
    }
    let schema = Code::call("defineSchema", args).print(0, "export default ".len(), 1);
    let mut imports = String::from("import { defineSchema } from \"convex/server\";\n");
    if !tables.is_empty() {
        imports = "import { defineSchema, defineTable } from \"convex/server\";\n\
                   import { v } from \"convex/values\";\n"
            .to_owned();
    }
    format!("// Written by `byod export`.\n\n{imports}\nexport default {schema};\n")
}

/// Main's tables that users' deployments have, in main's order.
pub(crate) fn user_tables(manifest: &Manifest) -> impl Iterator<Item = &Table> {
    let tables = manifest.main.schema.tables.iter();
    tables.filter(|table| manifest.user_tables.contains(&table.table_name))
}

/// Where main's ids became strings.
pub(crate) fn foreign_ids(manifest: &Manifest) -> Vec<ForeignId> {
    let mut found = Vec::new();
    for table in user_tables(manifest) {
        table.document_type.visit_ids(&mut |field, of| {
            if is_foreign(of, &manifest.user_tables) {
                found.push(ForeignId {
                    at: format!("{}.{field}", table.table_name),
                    of: of.to_owned(),
                });
            }
        });
    }
    found
}

fn definition(table: &Table, manifest: &Manifest) -> Entry {
    let tables = &manifest.user_tables;
    let document = match table.document_type.as_object() {
        Some(object) => {
            let entries = object.iter().map(|(name, field)| {
                let mut entry = Entry::new(name, validators::field(field, tables));
                entry.comment = comment(name, &field.field_type, manifest);
                entry
            });
            Code::expanded(entries)
        }
        None => code(&table.document_type, tables),
    };
    let head = Code::call("defineTable", [document]);
    let calls = indexes(table);
    let value = if calls.is_empty() {
        head
    } else {
        Code::Chain {
            head: Box::new(head),
            calls,
        }
    };
    Entry {
        apart: true,
        ..Entry::new(&table.table_name, value)
    }
}

/// What a string that is an id on main means here.
fn comment(name: &str, validator: &byod_schema::Validator, manifest: &Manifest) -> Option<String> {
    let mut of = BTreeSet::new();
    validator.visit_ids(&mut |_, table| {
        if is_foreign(table, &manifest.user_tables) {
            of.insert(string(table));
        }
    });
    if of.is_empty() {
        return None;
    }
    Some(match manifest.inject.get(name) {
        Some(Injection::Subject) => "Whose it is: the user's subject at the auth provider.".into(),
        _ => {
            let of: Vec<String> = of.into_iter().collect();
            format!(
                "As a string: ids of {} mean something on main only.",
                of.join(", ")
            )
        }
    })
}

fn indexes(table: &Table) -> Vec<Code> {
    let mut calls = Vec::new();
    let name = |name: &str| Code::text(string(name));
    for (list, staged) in [(&table.indexes, false), (&table.staged_db_indexes, true)] {
        for index in list {
            let fields = Code::strings(index.fields.iter().map(String::as_str));
            let config = if staged {
                Code::object([Entry::new("fields", fields), self::staged()])
            } else {
                fields
            };
            calls.push(Code::call(
                ".index",
                [name(&index.index_descriptor), config],
            ));
        }
    }
    for (list, staged) in [
        (&table.search_indexes, false),
        (&table.staged_search_indexes, true),
    ] {
        for index in list {
            let mut config = vec![Entry::new(
                "searchField",
                Code::text(string(&index.search_field)),
            )];
            finish(&mut config, &index.filter_fields, staged);
            calls.push(Code::call(
                ".searchIndex",
                [name(&index.index_descriptor), Code::expanded(config)],
            ));
        }
    }
    for (list, staged) in [
        (&table.vector_indexes, false),
        (&table.staged_vector_indexes, true),
    ] {
        for index in list {
            let mut config = vec![
                Entry::new("vectorField", Code::text(string(&index.vector_field))),
                Entry::new("dimensions", Code::text(index.dimensions.to_string())),
            ];
            finish(&mut config, &index.filter_fields, staged);
            calls.push(Code::call(
                ".vectorIndex",
                [name(&index.index_descriptor), Code::expanded(config)],
            ));
        }
    }
    calls
}

fn finish(config: &mut Vec<Entry>, filter_fields: &[String], staged: bool) {
    if !filter_fields.is_empty() {
        let fields = Code::strings(filter_fields.iter().map(String::as_str));
        config.push(Entry::new("filterFields", fields));
    }
    if staged {
        config.push(self::staged());
    }
}

fn staged() -> Entry {
    Entry::new("staged", Code::text("true"))
}
