//! Which fields say whose the documents of a table are.

use std::collections::BTreeSet;

use byod_schema::{Field, Fields, Injection, Manifest, Table, Validator, nearest};

use super::foreign::is_foreign;

/// Whose the documents of a table are, by what main's schema and `byod.toml` say.
#[derive(Debug, PartialEq)]
pub(crate) enum Owners<'m> {
    /// Every document names its owner in each of these fields.
    Always(Vec<&'m str>),
    /// The same on users' deployments, but on main a document may be nobody's.
    Sometimes(Vec<&'m str>),
    /// A document is whose the one is that the field names, of one of these tables.
    Parent {
        field: &'m str,
        tables: BTreeSet<&'m str>,
    },
    /// They are everybody's who uses the deployment.
    Everybody,
}

impl<'m> Owners<'m> {
    /// Whose the documents are; everybody's where [`problems`](super::problems()) has something to say.
    pub(crate) fn of(manifest: &'m Manifest, table: &'m Table) -> Self {
        Self::judged(manifest, table).unwrap_or(Self::Everybody)
    }

    pub(super) fn judged(manifest: &'m Manifest, table: &'m Table) -> Result<Self, String> {
        let ownership = &manifest.ownership;
        if let Some(path) = ownership.owner.get(&table.table_name) {
            return Self::declared(manifest, table, path);
        }
        if ownership.common.contains(&table.table_name) {
            return Ok(Self::Everybody);
        }
        Ok(Self::by_name(manifest, table))
    }

    /// By the fields that have the name of the injected subject.
    pub(super) fn by_name(manifest: &'m Manifest, table: &Table) -> Self {
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
            return Self::Everybody;
        }
        Self::named(&documents, fields)
    }

    fn named(documents: &[&Fields], fields: Vec<&'m str>) -> Self {
        let always = !documents.is_empty()
            && documents
                .iter()
                .all(|document| fields.iter().all(|path| is_always_named(document, path)));
        if always {
            Self::Always(fields)
        } else {
            Self::Sometimes(fields)
        }
    }

    /// By the field that `[user.owner]` names: it holds the owner, or a parent's id.
    fn declared(manifest: &'m Manifest, table: &'m Table, path: &'m str) -> Result<Self, String> {
        let name = &table.table_name;
        if table.document_type == Validator::Any {
            return Ok(Self::Sometimes(vec![path]));
        }
        let documents = objects(&table.document_type);
        let fields: Vec<&Field> = documents.iter().flat_map(|d| at(d, path)).collect();
        if fields.is_empty() {
            let known = documents.iter().flat_map(|document| document.names());
            let hint = match nearest(path, known) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => "Name one that it has".to_owned(),
            };
            return Err(format!(
                "[user.owner] says that documents of `{name}` have their owner by `{path}`, but they have no such field. {hint}"
            ));
        }
        let mut tables = BTreeSet::new();
        let mut is_text = false;
        for field in &fields {
            is_text |= takes_text(&field.field_type, &manifest.user_tables);
            parents(&field.field_type, &manifest.user_tables, &mut tables);
        }
        match (is_text, tables.is_empty()) {
            (true, true) => Ok(Self::named(&documents, vec![path])),
            (false, false) => Ok(Self::Parent {
                field: path,
                tables,
            }),
            (true, false) => Err(format!(
                "`{path}` of `{name}` may be a text or the id of a table of the users: it says whose a document is in two ways. Name a field under [user.owner] that is one of them"
            )),
            (false, true) => Err(format!(
                "`{path}` of `{name}` is {}, neither a text nor the id of a table of the users: it can't say whose a document is. Name another field under [user.owner]",
                fields[0].field_type
            )),
        }
    }

    pub(crate) fn fields(&self) -> &[&'m str] {
        match self {
            Self::Always(fields) | Self::Sometimes(fields) => fields,
            Self::Parent { .. } | Self::Everybody => &[],
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

/// The fields that hold owners, and the arguments that say who calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnerNames {
    /// Arguments into which the subject is injected.
    pub(crate) arguments: BTreeSet<String>,
    /// Fields of users' tables that hold an owner, those of these names among them.
    pub(crate) fields: BTreeSet<String>,
    /// The fields of main's tables of which users' deployments have copies.
    pub(crate) mirrored: BTreeSet<String>,
}

impl OwnerNames {
    pub(crate) fn of(manifest: &Manifest) -> Self {
        let arguments: BTreeSet<String> = subjects(manifest).map(str::to_owned).collect();
        let mut fields = arguments.clone();
        for table in &manifest.main.schema.tables {
            if manifest.user_tables.contains(&table.table_name) {
                let owners = Owners::of(manifest, table);
                let names = owners.fields().iter();
                fields.extend(
                    names
                        .filter_map(|path| path.rsplit('.').next())
                        .map(str::to_owned),
                );
            }
        }
        let mirrored = manifest.main.schema.tables.iter();
        let mirrored = mirrored.filter(|t| manifest.mirror.has(&t.table_name));
        let mirrored = mirrored.filter_map(|table| table.document_type.document_fields());
        Self {
            arguments,
            fields,
            mirrored: mirrored.flatten().map(str::to_owned).collect(),
        }
    }
}

/// The argument that makes a mutation run once, where `[user.inject]` names one.
pub(crate) fn key(manifest: &Manifest) -> Option<&str> {
    let mut injected = manifest.inject.iter();
    let key = injected.find(|(_, injection)| **injection == Injection::IdempotencyKey);
    key.map(|(name, _)| name.as_str())
}

/// The fields at a path of names, as `owner.userId`.
fn at<'m>(document: &'m Fields, path: &str) -> Vec<&'m Field> {
    if let Some(field) = document.get(path) {
        return vec![field];
    }
    let Some((name, below)) = path.split_once('.') else {
        return Vec::new();
    };
    let inner = document.get(name).map(|field| objects(&field.field_type));
    let inner = inner.unwrap_or_default();
    inner.into_iter().flat_map(|d| at(d, below)).collect()
}

/// Whether the table's documents have an id of one of the tables at the path.
pub(crate) fn has_id_of(table: &Table, path: &str, tables: &BTreeSet<String>) -> bool {
    let documents = objects(&table.document_type);
    let mut fields = documents.iter().flat_map(|document| at(document, path));
    fields.any(|field| {
        let mut has = false;
        field
            .field_type
            .visit_ids(&mut |_, of| has |= tables.contains(of));
        has
    })
}

/// The fields with the id of one of the users' tables, which no document lacks.
pub(crate) fn parent_fields<'m>(
    manifest: &'m Manifest,
    table: &'m Table,
) -> Vec<(&'m str, &'m str)> {
    let documents = objects(&table.document_type);
    let Some((first, others)) = documents.split_first() else {
        return Vec::new();
    };
    let parent = |(name, field): (&'m str, &'m Field)| match &field.field_type {
        Validator::Id { table_name } if !field.optional => {
            let is_user = manifest.user_tables.contains(table_name);
            let is_there = others.iter().all(|other| other.get(name) == Some(field));
            (is_user && is_there && *table_name != table.table_name)
                .then_some((name, table_name.as_str()))
        }
        _ => None,
    };
    first.iter().filter_map(parent).collect()
}

/// The tables of the users whose ids may stand there.
pub(super) fn parents<'m>(
    validator: &'m Validator,
    user_tables: &'m BTreeSet<String>,
    found: &mut BTreeSet<&'m str>,
) {
    match validator {
        Validator::Id { table_name } if user_tables.contains(table_name) => {
            found.insert(table_name);
        }
        Validator::Union { value } => {
            for member in value {
                parents(member, user_tables, found);
            }
        }
        _ => {}
    }
}

/// The owner's field for which some of the table's documents have no place where main
/// leaves it out: another kind of document, or an object around it that isn't there.
pub(crate) fn without_place<'m>(manifest: &'m Manifest, table: &'m Table) -> Option<&'m str> {
    let Owners::Sometimes(fields) = Owners::of(manifest, table) else {
        return None;
    };
    let documents = objects(&table.document_type);
    let has_place = |document: &Fields, path: &str| {
        let taken = document.get(path);
        taken.is_some_and(|field| takes_text(&field.field_type, &manifest.user_tables))
            || is_always_named(document, path)
    };
    let lacks = |path: &&str| documents.iter().any(|document| !has_place(document, path));
    fields.into_iter().find(lacks)
}

/// What to know of a table where main lets a document be nobody's.
pub(crate) fn sometimes_owned(manifest: &Manifest, table: &Table) -> Option<String> {
    let Owners::Sometimes(fields) = Owners::of(manifest, table) else {
        return None;
    };
    if let Some(field) = without_place(manifest, table) {
        return Some(format!(
            "documents of `{}` have no `{field}` on main where they are nobody's: on a deployment of one user all of them are theirs",
            table.table_name
        ));
    }
    let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    let (table, fields) = (&table.table_name, fields.join(" and "));
    Some(format!(
        "documents of `{table}` may lack {fields} on main: on users' deployments each gets its writer there, keeps it, and is hidden without"
    ))
}

/// The kinds of documents, as far as they are declared.
pub(super) fn objects(document: &Validator) -> Vec<&Fields> {
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

/// Whether every document of the kind has an owner at the path.
fn is_always_named(document: &Fields, path: &str) -> bool {
    if let Some(field) = document.get(path) {
        return must_be_named(field);
    }
    let Some((name, below)) = path.split_once('.') else {
        return false;
    };
    let is_named = |validator: &Validator| match validator {
        Validator::Object { value } => is_always_named(value, below),
        _ => false,
    };
    document.get(name).is_some_and(|field| {
        !field.optional
            && match &field.field_type {
                Validator::Union { value } => value.iter().all(is_named),
                one => is_named(one),
            }
    })
}

/// Whether a document can't do without an owner there.
fn must_be_named(field: &Field) -> bool {
    !field.optional && matches!(field.field_type, Validator::String | Validator::Id { .. })
}
