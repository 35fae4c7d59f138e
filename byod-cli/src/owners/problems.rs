//! What `byod.toml` must say of whose documents are, and doesn't.

use std::collections::BTreeSet;

use byod_schema::{Deployments, Field, Manifest, Table, Validator};

use super::fields::{Owners, objects, parents, subjects, without_place};
use super::foreign::is_foreign;
use crate::layout::string;

/// What is wrong with whose the documents of a table are, each with its fix.
pub(crate) fn problems(manifest: &Manifest, table: &Table) -> Vec<String> {
    let ownership = &manifest.ownership;
    let name = &table.table_name;
    let owners = match Owners::judged(manifest, table) {
        Ok(owners) => owners,
        Err(problem) => return vec![problem],
    };
    let is_common = ownership.common.contains(name);
    match owners {
        Owners::Everybody if is_common => {
            let by_name = Owners::by_name(manifest, table);
            let named = by_name.fields().iter().map(|field| {
                format!(
                    "`{name}` is everybody's in `common` under [user], but its documents say whose they are by `{field}`. Remove it there, or name the field otherwise"
                )
            });
            named.collect()
        }
        Owners::Everybody if ownership.deployments == Deployments::Shared => {
            vec![format!(
                "nothing says whose documents of `{name}` are, and several users share a deployment. {}",
                fix(manifest, table)
            )]
        }
        Owners::Parent { field, tables } => {
            let common = tables.iter().find(|of| ownership.common.contains(**of));
            if let Some(common) = common {
                return vec![format!(
                    "documents of `{name}` are to have their owner by `{field}` from `{common}`, which is everybody's. Name another field under [user.owner], or write {} under [user]",
                    common_with(manifest, name)
                )];
            }
            let ring = ring(manifest, name);
            let ring = ring.map(|ring| format!(
                "whose documents of `{name}` are is never found: {ring}. Name a field under [user.owner] that leads to an owner"
            ));
            ring.into_iter().collect()
        }
        Owners::Sometimes(_) if ownership.deployments == Deployments::Shared => {
            let lacking = without_place(manifest, table);
            let problem = lacking.map(|field| {
                let fix = if field.contains('.') {
                    "Let it, and what is around it, always be there".to_owned()
                } else {
                    format!("Give every kind of document a field `{field}`, which may be optional")
                };
                format!(
                    "some documents of `{name}` have no place for `{field}`, by which they say whose they are, and several users share a deployment. {fix}"
                )
            });
            problem.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The way from the table over its parents back to itself, if there is one.
fn ring(manifest: &Manifest, from: &str) -> Option<String> {
    fn back(manifest: &Manifest, at: &str, from: &str, way: &mut Vec<String>) -> bool {
        if way.iter().any(|seen| seen == at) {
            return false;
        }
        way.push(at.to_owned());
        if let Some(table) = manifest.main.schema.table(at)
            && let Owners::Parent { tables, .. } = Owners::of(manifest, table)
        {
            for next in tables {
                if next == from || back(manifest, next, from, way) {
                    return true;
                }
            }
        }
        way.pop();
        false
    }
    let mut way = Vec::new();
    back(manifest, from, from, &mut way).then(|| {
        way.push(from.to_owned());
        let way: Vec<String> = way.iter().map(|table| format!("`{table}`")).collect();
        way.join(" → ")
    })
}

/// The line that would say whose the documents are.
fn fix(manifest: &Manifest, table: &Table) -> String {
    let name = &table.table_name;
    let common = format!(
        "if they are everybody's, write {} under [user]",
        common_with(manifest, name)
    );
    match candidate(manifest, table) {
        Some(field) => format!(
            "Write `{} = {}` under [user.owner]; or, {common}",
            key(name),
            string(&field)
        ),
        None => format!(
            "Give its documents a text field `{}`; or, {common}",
            subjects(manifest).next().unwrap_or("userId")
        ),
    }
}

/// `common` with one table more.
fn common_with(manifest: &Manifest, table: &str) -> String {
    let known = manifest.ownership.common.iter().map(String::as_str);
    let all: Vec<String> = known.chain([table]).map(string).collect();
    format!("`common = [{}]`", all.join(", "))
}

/// The field that probably says whose a document is: with a parent's id, or the id
/// of a table of main.
fn candidate(manifest: &Manifest, table: &Table) -> Option<String> {
    let mut paths = Vec::new();
    for document in objects(&table.document_type) {
        for (name, field) in document.iter() {
            paths.push((name.to_owned(), field));
            if let Some(inner) = field.field_type.as_object() {
                let inner = inner
                    .iter()
                    .map(|(below, f)| (format!("{name}.{below}"), f));
                paths.extend(inner);
            }
        }
    }
    let leads = |field: &Field, is_parent: bool| {
        let mut tables = BTreeSet::new();
        parents(&field.field_type, &manifest.user_tables, &mut tables);
        let is_fit =
            |of: &&str| **of != table.table_name && !manifest.ownership.common.contains(*of);
        if is_parent {
            !field.optional && !tables.is_empty() && tables.iter().all(is_fit)
        } else {
            matches!(&field.field_type, Validator::Id { table_name } if is_foreign(table_name, &manifest.user_tables))
        }
    };
    let found = [true, false]
        .iter()
        .find_map(|is_parent| paths.iter().find(|(_, field)| leads(field, *is_parent)));
    found.map(|(path, _)| path.clone())
}

/// A key of a TOML table.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.chars().all(is_bare) {
        name.to_owned()
    } else {
        string(name)
    }
}
