//! Which tables of main say who is signed up.

use std::collections::BTreeSet;

use byod_schema::Manifest;

use super::fields::OwnerNames;

/// The tables of main that say who is signed up: those whose ids owners are, or
/// `users`.
pub(crate) fn callers(manifest: &Manifest) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let fields = OwnerNames::of(manifest).fields;
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
