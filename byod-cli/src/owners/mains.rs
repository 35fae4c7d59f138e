//! Whose the documents of main's tables are that functions write from users' deployments.

use std::collections::BTreeSet;

use byod_schema::{Manifest, Table, Validator};

use super::fields::{objects, subjects};

/// Main's table of the users' records, by which the service finds users' deployments.
pub(crate) const RECORDS: &str = "userDatabaseConfig";

/// The field by which documents of main's table name their owner, by id or as a text:
/// that of an injected subject's name, or the only one with an id of who is signed up.
pub(crate) fn owner_on_main<'m>(
    manifest: &'m Manifest,
    table: &'m Table,
    callers: &BTreeSet<String>,
) -> Option<&'m str> {
    if callers.contains(&table.table_name) {
        return Some("_id");
    }
    let documents = objects(&table.document_type);
    let is_callers = |validator: &Validator| match validator {
        Validator::Id { table_name } => callers.contains(table_name),
        _ => false,
    };
    let is_text = |validator: &Validator| *validator == Validator::String || is_callers(validator);
    let has = |field: &str| {
        let mut fields = documents.iter().filter_map(|document| document.get(field));
        fields.any(|field| is_text(&field.field_type))
    };
    let stated = manifest.ownership.owner.get(&table.table_name);
    let stated = stated.map(String::as_str).filter(|field| has(field));
    let by_name = || subjects(manifest).find(|name| has(name));
    let by_id = || {
        let fields = documents.iter().flat_map(|document| document.iter());
        let names: BTreeSet<&str> = fields
            .filter(|(_, field)| is_callers(&field.field_type))
            .map(|(name, _)| name)
            .collect();
        let mut names = names.into_iter();
        names.next().filter(|_| names.next().is_none())
    };
    stated.or_else(by_name).or_else(by_id)
}
