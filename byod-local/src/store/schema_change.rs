//! Another schema for the documents that are there.

use std::collections::BTreeMap;
use std::sync::Arc;

use byod_schema::{Schema, Table as Declared, Validator, Value};

use super::documents::Table;
use super::tables::Store;
use super::validate;
use crate::error::StartError;

/// A document that a schema doesn't take.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Misfit {
    pub(crate) table: String,
    /// As Convex says it.
    pub(crate) reason: String,
}

impl Store {
    /// The first document that the schema doesn't take, if there is any.
    pub(crate) fn misfit(&self, schema: &Schema) -> Option<Misfit> {
        if !schema.schema_validation {
            return None;
        }
        let mut misfits = schema.tables.iter().flat_map(|declared| {
            let table = self.tables.get(&declared.table_name);
            let documents = table.map(|table| table.documents());
            let documents = documents.into_iter().flatten();
            documents.filter_map(move |document| {
                let id = document.id().unwrap_or_default();
                let mut fields = document.members().clone();
                fields.remove("_id");
                fields.remove("_creationTime");
                let document = Value::Object(fields);
                let checked = validate::check(&declared.document_type, &document, &self.ids);
                let mismatch = checked.err()?;
                let table = declared.table_name.clone();
                let reason = format!(
                    "Document with ID \"{id}\" in table \"{table}\" does not match the schema: {mismatch}"
                );
                Some(Misfit { table, reason })
            })
        });
        misfits.next()
    }

    /// Takes another schema. What it no longer names keeps its documents, unchecked.
    pub(crate) fn change_schema(&mut self, schema: &Schema) -> Result<(), StartError> {
        for declared in &schema.tables {
            self.ids.add(declared.table_name.clone())?;
            let table = match self.tables.get(&declared.table_name) {
                Some(table) => table.redeclared(declared.clone()),
                None => Table::new(declared.clone()),
            };
            let name = declared.table_name.clone();
            self.tables.insert(name, Arc::new(table));
        }
        self.tables
            .retain(|name, table| schema.table(name).is_some() || table.len() > 0);
        for (name, table) in &mut self.tables {
            if schema.table(name).is_none() {
                *table = Arc::new(table.redeclared(undeclared(name)));
            }
        }
        self.validates = schema.schema_validation;
        self.moments.advance();
        self.watches().all_changed();
        Ok(())
    }
}

/// A table of which the schema says nothing.
fn undeclared(name: &str) -> Declared {
    Declared {
        table_name: name.to_owned(),
        indexes: Vec::new(),
        staged_db_indexes: Vec::new(),
        search_indexes: Vec::new(),
        staged_search_indexes: Vec::new(),
        vector_indexes: Vec::new(),
        staged_vector_indexes: Vec::new(),
        document_type: Validator::Any,
        other: BTreeMap::new(),
    }
}
