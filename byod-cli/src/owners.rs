//! Which fields say whose the documents of a table are.

use std::collections::BTreeSet;

use byod_schema::{Field, Fields, Injection, Manifest, Table, Validator};

use crate::export::validators::is_foreign;

/// Whose the documents of a table are, by what main's schema says.
#[derive(Debug, PartialEq)]
pub(crate) enum Owners<'m> {
    /// Every document names its owner in each of these fields.
    Always(Vec<&'m str>),
    /// The same on users' deployments, but on main a document may be nobody's.
    Sometimes(Vec<&'m str>),
    /// They are everybody's who uses the deployment.
    Nobody,
}

impl<'m> Owners<'m> {
    pub(crate) fn of(manifest: &'m Manifest, table: &Table) -> Self {
        let subjects = subjects(manifest);
        let documents = objects(&table.document_type);
        let is_owner = |field: &Field| takes_text(&field.field_type, &manifest.user_tables);
        let mut fields: Vec<&str> = subjects
            .clone()
            .filter(|name| documents.iter().any(|d| d.get(name).is_some_and(is_owner)))
            .collect();
        if table.document_type == Validator::Any {
            fields.extend(subjects.take(1));
        }
        if fields.is_empty() {
            return Self::Nobody;
        }
        let always = !documents.is_empty()
            && documents.iter().all(|document| {
                let is_named = |name: &&str| document.get(name).is_some_and(must_be_named);
                fields.iter().all(is_named)
            });
        if always {
            Self::Always(fields)
        } else {
            Self::Sometimes(fields)
        }
    }

    pub(crate) fn fields(&self) -> &[&'m str] {
        match self {
            Self::Always(fields) | Self::Sometimes(fields) => fields,
            Self::Nobody => &[],
        }
    }
}

/// The names under which the subject is injected.
pub(crate) fn subjects(manifest: &Manifest) -> impl Iterator<Item = &str> + Clone {
    let injected = manifest.inject.iter();
    injected
        .filter(|(_, injection)| **injection == Injection::Subject)
        .map(|(name, _)| name.as_str())
}

/// The argument that makes a mutation run once, where `[user.inject]` names one.
pub(crate) fn key(manifest: &Manifest) -> Option<&str> {
    let mut injected = manifest.inject.iter();
    let key = injected.find(|(_, injection)| **injection == Injection::IdempotencyKey);
    key.map(|(name, _)| name.as_str())
}

/// What to know of a table whose documents don't say whose they are.
pub(crate) fn shared(manifest: &Manifest, table: &Table) -> Option<String> {
    let table_name = &table.table_name;
    match (Owners::of(manifest, table), subjects(manifest).next()) {
        (Owners::Nobody, Some(subject)) => Some(format!(
            "documents of `{table_name}` have no text field `{subject}` that says whose they are: only what main's functions check keeps users apart who share a deployment. Add the field, or give every user a deployment of their own"
        )),
        (Owners::Nobody, None) => Some(format!(
            "nothing says whose documents of `{table_name}` are: only what its functions check keeps users apart who share a deployment. Add `userId = \"subject\"` under [user.inject], with the name of the field that documents keep their owner in"
        )),
        _ => None,
    }
}

/// What to know of a table where main lets a document be nobody's.
pub(crate) fn sometimes_owned(manifest: &Manifest, table: &Table) -> Option<String> {
    let Owners::Sometimes(fields) = Owners::of(manifest, table) else {
        return None;
    };
    let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    let (table, fields) = (&table.table_name, fields.join(" and "));
    Some(format!(
        "documents of `{table}` may lack {fields} on main: on users' deployments each gets its writer there, keeps it, and is hidden without"
    ))
}

/// The kinds of documents, as far as they are declared.
fn objects(document: &Validator) -> Vec<&Fields> {
    match document {
        Validator::Object { value } => vec![value],
        Validator::Union { value } => value.iter().flat_map(objects).collect(),
        _ => Vec::new(),
    }
}

/// Whether a subject can stand there, ids of main's tables being strings.
fn takes_text(validator: &Validator, tables: &BTreeSet<String>) -> bool {
    match validator {
        Validator::String | Validator::Any => true,
        Validator::Id { table_name } => is_foreign(table_name, tables),
        Validator::Union { value } => value.iter().any(|member| takes_text(member, tables)),
        _ => false,
    }
}

/// Whether a document can't do without an owner there.
fn must_be_named(field: &Field) -> bool {
    !field.optional && matches!(field.field_type, Validator::String | Validator::Id { .. })
}
