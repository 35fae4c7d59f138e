//! `byod/tables.ts`: the tables that functions can reach, and whose what is in them.

use byod_schema::{Deployments, Manifest, Table};

use super::schema;
use crate::layout::{Code, Entry, string};
use crate::owners::{self, Owners};

/// The text of the module.
pub(crate) fn tables(manifest: &Manifest) -> String {
    // On a deployment that is one user's, a child needs no parent to be theirs: it may
    // be deleted after it, as main's own code does.
    let is_shared = manifest.ownership.deployments == Deployments::Shared;
    let tables = schema::user_tables(manifest).map(|table| {
        let whose = match Owners::of(manifest, table) {
            Owners::Everybody => Code::text(string("everybody's")),
            Owners::Parent { .. } if !is_shared => Code::text(string("everybody's")),
            // Nor does a document that has no place for an owner.
            Owners::Sometimes(_)
                if !is_shared && owners::without_place(manifest, table).is_some() =>
            {
                Code::text(string("everybody's"))
            }
            Owners::Parent { field, tables } => {
                let index = index_by(table, field);
                let index = index.map(|name| Entry::new("index", Code::text(string(name))));
                let parent = [
                    Entry::new("parent", Code::text(string(field))),
                    Entry::new("tables", Code::strings(tables)),
                ];
                Code::object(parent.into_iter().chain(index))
            }
            owners => {
                let fields = Code::strings(owners.fields().iter().copied());
                Code::object([Entry::new("fields", fields)])
            }
        };
        Entry::new(&table.table_name, whose)
    });
    let filtered = schema::user_tables(manifest).flat_map(|table| {
        let owners = Owners::of(manifest, table);
        filtering(table)
            .filter_map(|(index, by)| {
                let fields = owners.fields().iter().copied();
                let fields: Vec<&str> = fields.filter(|f| by.iter().any(|by| by == f)).collect();
                let name = format!("{}.{index}", table.table_name);
                (!fields.is_empty()).then(|| Entry::new(&name, Code::strings(fields)))
            })
            .collect::<Vec<_>>()
    });
    let filtered: Vec<Entry> = filtered.collect();
    let filtered = if filtered.is_empty() {
        Code::object([])
    } else {
        Code::expanded(filtered)
    };
    let subjects = Code::strings(owners::subjects(manifest));
    include_str!("tables.ts")
        .replace(
            "{/*tables*/}",
            &Code::expanded(tables).print(0, "const TABLES: Record<string, Whose> = ".len(), 1),
        )
        .replace(
            "{/*filtered*/}",
            &filtered.print(0, "const FILTERED: Record<string, string[]> = ".len(), 1),
        )
        .replace(
            "[/*subjects*/]",
            &subjects.print(0, "export const SUBJECTS: string[] = ".len(), 1),
        )
}

/// An index by which the table's documents are found that have a value in the field.
pub(super) fn index_by<'t>(table: &'t Table, field: &str) -> Option<&'t str> {
    let mut indexes = table.indexes.iter();
    let found = indexes.find(|index| index.fields.first().is_some_and(|first| first == field));
    found.map(|index| index.index_descriptor.as_str())
}

/// The indexes that search, with the fields that they filter by.
fn filtering(table: &Table) -> impl Iterator<Item = (&str, &[String])> {
    let texts = table
        .search_indexes
        .iter()
        .chain(&table.staged_search_indexes);
    let vectors = table
        .vector_indexes
        .iter()
        .chain(&table.staged_vector_indexes);
    texts
        .map(|index| {
            (
                index.index_descriptor.as_str(),
                index.filter_fields.as_slice(),
            )
        })
        .chain(vectors.map(|index| {
            (
                index.index_descriptor.as_str(),
                index.filter_fields.as_slice(),
            )
        }))
}
