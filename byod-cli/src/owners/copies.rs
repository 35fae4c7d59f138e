//! Whose the documents of main's tables are of which users' deployments have copies.

use byod_schema::{Manifest, Table, Validator};

use super::callers::callers;
use super::fields::{objects, subjects};
use super::private::private;
use crate::layout::string;

/// Which documents of a table of main are a user's own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Copies<'m> {
    /// The one that the user is on main.
    Caller,
    /// Those that name the user in the field, which an index of main's finds.
    Owned {
        field: &'m str,
        index: &'m str,
        /// By their id on main, not as a text that may be their subject.
        is_id: bool,
    },
    /// All: they are nobody's, and every user may know them.
    Everybody,
}

impl<'m> Copies<'m> {
    /// Whose they are, or what is missing to tell, with its fix.
    pub(crate) fn of(manifest: &'m Manifest, table: &'m Table) -> Result<Self, String> {
        let name = table.table_name.as_str();
        if table.document_type.document_fields().is_none() {
            return Err(format!(
                "main's table `{name}` is to be mirrored, but its schema doesn't say which fields its documents have. Declare them, or remove it from `mirror` under [user]"
            ));
        }
        let callers = callers(manifest);
        if manifest.mirror.published.contains(name) {
            return match private(manifest, table) {
                Some(why) => Err(format!(
                    "main's table `{name}` is in `published` under [user], of which every user gets all documents, but it {why}. If its documents are somebody's, name it in `mirror` instead, of which each user gets their own; or remove it there"
                )),
                None => Ok(Self::Everybody),
            };
        }
        let stated = manifest.ownership.owner.get(name).map(String::as_str);
        if stated.is_none() && callers.contains(name) {
            return Ok(Self::Caller);
        }
        let documents = objects(&table.document_type);
        let is_callers = |validator: &Validator| match validator {
            Validator::Id { table_name } => callers.contains(table_name),
            _ => false,
        };
        let is_text =
            |validator: &Validator| *validator == Validator::String || is_callers(validator);
        let has = |field: &str, is: &dyn Fn(&Validator) -> bool| {
            let mut fields = documents.iter().filter_map(|document| document.get(field));
            fields.any(|field| is(&field.field_type))
        };
        let by_name = || subjects(manifest).find(|name| has(name, &is_text));
        let by_id = || {
            let names = documents.iter().flat_map(|document| document.iter());
            let mut names: Vec<&str> = names
                .filter(|(_, field)| is_callers(&field.field_type))
                .map(|(name, _)| name)
                .collect();
            names.sort_unstable();
            names.dedup();
            match names.as_slice() {
                [name] => Some(*name),
                _ => None,
            }
        };
        let Some(field) = stated.or_else(by_name).or_else(by_id) else {
            return Err(format!(
                "nothing says whose documents of main's table `{name}` are, which is to be mirrored: only the caller's own may leave main. Write `{name} = \"…\"` under [user.owner], with the field that holds the user's id or subject; or remove it from `mirror` under [user]"
            ));
        };
        if !has(field, &is_text) {
            return Err(format!(
                "[user.owner] says that documents of main's table `{name}`, which is to be mirrored, have their owner by `{field}`, which is no field of theirs that holds a user's id or a text. Name one that is"
            ));
        }
        let mut indexes = table.indexes.iter();
        let index = indexes.find(|index| index.fields.first().is_some_and(|first| first == field));
        let Some(index) = index else {
            return Err(format!(
                "main's table `{name}` is to be mirrored, but has no index by whose its documents are: add `.index({}, [{}])` to it in main's schema",
                string(&format!("by_{field}")),
                string(field)
            ));
        };
        Ok(Self::Owned {
            field,
            index: &index.index_descriptor,
            is_id: has(field, &is_callers),
        })
    }

    /// The field that says whose a document is, if it is somebody's.
    pub(crate) fn field(&self) -> Option<&'m str> {
        match self {
            Self::Caller => Some("_id"),
            Self::Owned { field, .. } => Some(field),
            Self::Everybody => None,
        }
    }
}

/// What keeps tables from being mirrored, each with its fix.
pub(crate) fn problems_of_copies(manifest: &Manifest) -> Vec<String> {
    let tables = manifest.main.schema.tables.iter();
    let mirrored = tables.filter(|table| manifest.mirror.has(&table.table_name));
    let own = ["byodId", "byodCreated", "byodOwner"];
    mirrored
        .filter_map(|table| {
            let fields = table.document_type.document_fields().unwrap_or_default();
            if let Some(field) = own.iter().find(|field| fields.contains(**field)) {
                return Some(format!(
                    "main's table `{}` is to be mirrored, but has a field `{field}`, by which copies know what they are of. Call it otherwise",
                    table.table_name
                ));
            }
            Copies::of(manifest, table).err()
        })
        .collect()
}
