//! Tables and indexes that Convex refuses.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{LONGEST, is_field_path, is_identifier};
use super::validators;
use crate::schema::Table;
use crate::validator::Validator;

/// How many indexes a table may have, of all kinds together.
const INDEXES: usize = 64;

/// How many fields an index may have, and how many a search may filter by.
const FIELDS: usize = 16;

/// How long the vectors of an index may be.
const DIMENSIONS: std::ops::RangeInclusive<u32> = 2..=4_096;

pub(super) fn of_table(table: &Table, found: &mut Vec<String>) {
    let name = &table.table_name;
    if !is_identifier(name) || name.starts_with('_') {
        found.push(format!(
            "Convex refuses the table `{name}`: its name may only have letters, digits and underscores, {LONGEST} at most, and begins with a letter. Rename it"
        ));
    }
    if !is_document(&table.document_type) {
        found.push(format!(
            "Convex refuses the table `{name}`: its documents must be an object, a union of objects, or `v.any()`. Put the validator under a field"
        ));
    }
    if let Some(reason) = validators::refused(&table.document_type) {
        found.push(format!("Convex refuses the table `{name}`: {reason}"));
    }
    let indexes = indexes_of(table);
    if indexes.len() > INDEXES {
        found.push(format!(
            "Convex refuses the table `{name}`: it has {} indexes, and {INDEXES} is the most. Take some away",
            indexes.len()
        ));
    }
    let mut names = BTreeSet::new();
    let mut meanings = BTreeMap::new();
    for index in &indexes {
        let descriptor = index.name;
        let mut refuse = |reason: String| {
            found.push(format!(
                "Convex refuses the index `{descriptor}` of `{name}`: {reason}"
            ));
        };
        let is_own = matches!(descriptor, "by_id" | "by_creation_time")
            || descriptor.starts_with('_') && !descriptor.starts_with("_fivetran");
        if !is_identifier(descriptor) || is_own {
            refuse(format!(
                "its name may only have letters, digits and underscores, {LONGEST} at most, begins with a letter, and is none of Convex's own. Rename it"
            ));
        }
        if !names.insert(descriptor) {
            refuse("the table has another of that name. Rename one".to_owned());
        } else if let Some(other) = meanings.insert(index.meaning(), descriptor) {
            refuse(format!("it is the same as `{other}`. Take one away"));
        }
        if let Some(reason) = index.refused() {
            refuse(reason);
        }
    }
}

/// What an index has in common with those of other kinds.
struct Described<'a> {
    name: &'a str,
    kind: Kind<'a>,
    /// What it orders or filters by.
    fields: Vec<&'a str>,
}

/// What differs by the kind of an index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind<'a> {
    Database,
    Search(&'a str),
    Vector(&'a str, u32),
}

impl<'a> Described<'a> {
    /// What no other index of the table may be equal in.
    fn meaning(&self) -> (Kind<'a>, Vec<&'a str>) {
        let mut fields = match self.kind {
            Kind::Vector(..) => Vec::new(),
            _ => self.fields.clone(),
        };
        if self.kind != Kind::Database {
            fields.sort_unstable();
        }
        (self.kind, fields)
    }

    fn refused(&self) -> Option<String> {
        let fields = &self.fields;
        let is_database = self.kind == Kind::Database;
        let searched = match self.kind {
            Kind::Database => None,
            Kind::Search(field) | Kind::Vector(field, _) => Some(field),
        };
        let mut all = fields.iter().copied().chain(searched);
        if let Some(field) = all.find(|field| !is_field_path(field)) {
            return Some(format!("`{field}` can be no field. Name one of the table"));
        }
        let distinct: BTreeSet<_> = fields.iter().collect();
        let (count, least) = match is_database {
            true => (fields.len(), 1),
            false => (distinct.len(), 0),
        };
        if count < least || count > FIELDS {
            return Some(format!(
                "it has {count} fields, and may have {least} to {FIELDS}"
            ));
        }
        if is_database && (distinct.len() < count || fields.contains(&"_id")) {
            return Some("its fields may be there once each, and `_id` not at all".to_owned());
        }
        match self.kind {
            Kind::Vector(_, length) if !DIMENSIONS.contains(&length) => Some(format!(
                "its vectors have {length} dimensions, and may have {} to {}",
                DIMENSIONS.start(),
                DIMENSIONS.end()
            )),
            _ => None,
        }
    }
}

fn indexes_of(table: &Table) -> Vec<Described<'_>> {
    fn described<'a>(name: &'a str, kind: Kind<'a>, fields: &'a [String]) -> Described<'a> {
        Described {
            name,
            kind,
            fields: fields.iter().map(String::as_str).collect(),
        }
    }
    let database = table.indexes.iter().chain(&table.staged_db_indexes);
    let database =
        database.map(|index| described(&index.index_descriptor, Kind::Database, &index.fields));
    let searches = table
        .search_indexes
        .iter()
        .chain(&table.staged_search_indexes);
    let searches = searches.map(|index| {
        let kind = Kind::Search(&index.search_field);
        described(&index.index_descriptor, kind, &index.filter_fields)
    });
    let vectors = table
        .vector_indexes
        .iter()
        .chain(&table.staged_vector_indexes);
    let vectors = vectors.map(|index| {
        let kind = Kind::Vector(&index.vector_field, index.dimensions);
        described(&index.index_descriptor, kind, &index.filter_fields)
    });
    database.chain(searches).chain(vectors).collect()
}

/// Whether a table's documents may be that.
fn is_document(validator: &Validator) -> bool {
    match validator {
        Validator::Object { .. } | Validator::Any | Validator::Other(_) => true,
        Validator::Union { value } => value
            .iter()
            .all(|member| matches!(member, Validator::Object { .. } | Validator::Other(_))),
        _ => false,
    }
}
