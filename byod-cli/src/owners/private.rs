//! Which of main's tables have documents that are somebody's, so that they are not for
//! everybody's eyes.

use std::collections::BTreeSet;

use byod_schema::{Manifest, Table, Validator};

use super::callers::callers;
use super::fields::OwnerNames;
use super::mains::RECORDS;

/// Names of fields that say who somebody is, in whatever app; written in lower case.
const PERSONAL: [&str; 10] = [
    "subject",
    "tokenidentifier",
    "email",
    "phone",
    "createdby",
    "updatedby",
    "sessionid",
    "clerkid",
    "authid",
    "memberid",
];

/// And how such names end.
const ENDINGS: [&str; 5] = ["userid", "ownerid", "authorid", "creatorid", "customerid"];

/// Why the documents of main's table are somebody's, as far as the schema shows it, in
/// words that complete "it …".
pub(crate) fn private(manifest: &Manifest, table: &Table) -> Option<String> {
    let known = Known {
        manifest,
        callers: callers(manifest),
        owners: owners(manifest),
    };
    known.private(table, &mut BTreeSet::new())
}

struct Known<'m> {
    manifest: &'m Manifest,
    callers: BTreeSet<String>,
    /// The fields that say elsewhere whose something is.
    owners: BTreeSet<String>,
}

impl Known<'_> {
    fn private(&self, table: &Table, seen: &mut BTreeSet<String>) -> Option<String> {
        let name = &table.table_name;
        // What refers to itself is known.
        if !seen.insert(name.clone()) {
            return None;
        }
        if self.callers.contains(name) {
            return Some("says who is signed up".to_owned());
        }
        if name == RECORDS || name.starts_with("byod") {
            return Some("is byod's own".to_owned());
        }
        if let Some(field) = self.manifest.ownership.owner.get(name) {
            return Some(format!("has an owner by `{field}` in [user.owner]"));
        }
        if table.document_type.document_fields().is_none() {
            return Some("doesn't say in its schema which fields its documents have".to_owned());
        }
        let mut found = None;
        table.document_type.visit_ids(&mut |field, of| {
            if found.is_none() && !self.stays(name, field) {
                let advice = advice(name, field);
                found = self.hangs(field, of, seen).map(|why| why + &advice);
            }
        });
        found.or_else(|| self.personal(name, &table.document_type))
    }

    /// Whether the field says who did something to a document, not whose it is, and never
    /// leaves main: `updatedBy`.
    fn stays(&self, table: &str, field: &str) -> bool {
        is_of_doing(field) && self.manifest.mirror.never_leaves(table, field)
    }

    /// Whether an id of the other table makes it somebody's.
    fn hangs(&self, field: &str, of: &str, seen: &mut BTreeSet<String>) -> Option<String> {
        if self.callers.contains(of) {
            return Some(format!("has `{field}`, the id of a user"));
        }
        if self.manifest.user_tables.contains(of) {
            return Some(format!("has `{field}`, the id of the users' table `{of}`"));
        }
        let why = self.private(self.manifest.main.schema.table(of)?, seen)?;
        Some(format!("hangs by `{field}` from `{of}`, which {why}"))
    }

    /// A field, at any depth, that says who somebody is.
    fn personal(&self, table: &str, validator: &Validator) -> Option<String> {
        let personal = |validator: &Validator| self.personal(table, validator);
        match validator {
            Validator::Object { value } => value.iter().find_map(|(name, field)| {
                if self.is_personal(name) && !self.stays(table, name) {
                    let advice = advice(table, name);
                    return Some(format!(
                        "has `{name}`, which says whose a document is{advice}"
                    ));
                }
                personal(&field.field_type)
            }),
            Validator::Union { value } => value.iter().find_map(personal),
            Validator::Array { value } => personal(value),
            Validator::Record { values, .. } => personal(&values.field_type),
            _ => None,
        }
    }

    fn is_personal(&self, name: &str) -> bool {
        let lower = name.replace('_', "").to_lowercase();
        self.owners.contains(name)
            || PERSONAL.contains(&lower.as_str())
            || ENDINGS.iter().any(|ending| lower.ends_with(ending))
    }
}

/// Whether a field is called like what says who did something: `updatedBy`.
fn is_of_doing(field: &str) -> bool {
    field.ends_with("By") || field.ends_with("_by")
}

/// What may be done about such a field.
fn advice(table: &str, field: &str) -> String {
    if is_of_doing(field) {
        format!(
            " (if that says who did it, and not whose it is, add \"{table}.{field}\" to `never_mirror`)"
        )
    } else {
        String::new()
    }
}

/// The fields that say whose documents of users' tables are, what `byod.toml` calls them
/// and the subject, and those that hold the id of a user somewhere on main.
fn owners(manifest: &Manifest) -> BTreeSet<String> {
    let names = OwnerNames::of(manifest);
    let callers = callers(manifest);
    let mut found: BTreeSet<String> = names.arguments.into_iter().collect();
    for table in &manifest.main.schema.tables {
        table.document_type.visit_ids(&mut |field, of| {
            if callers.contains(of) {
                let last = field.rsplit('.').next().unwrap_or(field);
                let name = last.split('[').next().unwrap_or(last);
                found.insert(name.to_owned());
            }
        });
    }
    found
}
