//! Tables that probably belong to users as well.

use std::collections::BTreeSet;

use byod_schema::{Manifest, Table, Validator};

use crate::owners;

/// Main's tables that only join users' tables or hang from them, each with the lines to add.
pub(super) fn suggestions(manifest: &Manifest) -> Vec<String> {
    if manifest.user_tables.is_empty() {
        return Vec::new();
    }
    let tables = manifest.main.schema.tables.iter();
    tables
        .filter(|table| !manifest.user_tables.contains(&table.table_name))
        .filter_map(|table| of_table(manifest, table))
        .collect()
}

fn of_table(manifest: &Manifest, table: &Table) -> Option<String> {
    let name = &table.table_name;
    let subjects: BTreeSet<&str> = owners::subjects(manifest).collect();
    let (mut parents, mut is_owned, mut others) = (Vec::new(), false, false);
    table.document_type.visit_ids(&mut |field, of| {
        if manifest.user_tables.contains(of) {
            parents.push((field.to_owned(), of.to_owned()));
        } else if subjects.contains(field) {
            is_owned = true;
        } else if of != name && !of.starts_with('_') {
            others = true;
        }
    });
    let is_text = |subject: &&str| {
        let document = table.document_type.as_object();
        let field = document.and_then(|document| document.get(subject));
        field.is_some_and(|field| field.field_type == Validator::String)
    };
    is_owned |= subjects.iter().any(is_text);
    // What names other tables of main is about more than users' documents.
    if parents.is_empty() || others {
        return None;
    }
    let mut of: Vec<String> = parents.iter().map(|(_, of)| format!("`{of}`")).collect();
    of.sort();
    of.dedup();
    let mut text = format!(
        "the table `{name}` hangs from {} alone, which are the users': if it is theirs, add \"{name}\" to `tables` under [user]",
        of.join(" and ")
    );
    if !is_owned && let Some((field, _)) = parents.first() {
        text.push_str(&format!(", and `{name} = \"{field}\"` under [user.owner]"));
    }
    Some(text)
}
