//! Which tables of main say who is signed up.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::Manifest;

use crate::owners;
use crate::source::Sources;

/// The tables of main that say who is signed up: those whose ids owners are, or
/// `users`.
pub(super) fn callers(manifest: &Manifest) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let fields = owners::OwnerNames::of(manifest).fields;
    for table in &manifest.main.schema.tables {
        table.document_type.visit_ids(&mut |field, of| {
            if fields.contains(field) && !manifest.user_tables.contains(of) {
                found.insert(of.to_owned());
            }
        });
    }
    let users = manifest.main.schema.table("users");
    if found.is_empty() && users.is_some() && !manifest.user_tables.contains("users") {
        found.insert("users".to_owned());
    }
    found
}

/// The tables in which main looks its caller up by different fields: of whom a document
/// is that is found by one of them doesn't show then.
pub(super) fn unclear(sources: &Sources) -> BTreeMap<String, BTreeSet<String>> {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let statements = sources
        .modules
        .values()
        .flat_map(|module| &module.statements);
    for lookup in statements.flat_map(|statement| &statement.facts.lookups) {
        let known = fields.entry(lookup.table.clone()).or_default();
        known.extend(lookup.fields.iter().cloned());
    }
    fields.retain(|_, fields| fields.len() > 1);
    fields
}
