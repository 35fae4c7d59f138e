use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::validator::Validator;
use crate::value::Value;

/// A project's schema, in the JSON shape of `SchemaDefinition.export()`.
///
/// What a later version of Convex adds is kept in `other` and written back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schema {
    /// The tables, in the order of the declaration.
    pub tables: Vec<Table>,
    /// Whether the deployment validates documents on writing.
    pub schema_validation: bool,
    /// Members this version does not know.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

impl Schema {
    /// The table of that name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.table_name == name)
    }

    /// The names of all tables, in the order of the declaration.
    pub fn table_names(&self) -> impl Iterator<Item = &str> {
        self.tables.iter().map(|table| table.table_name.as_str())
    }
}

/// One table: its documents' validator and its indexes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// The name, as Convex knows it.
    pub table_name: String,
    /// Database indexes.
    #[serde(default)]
    pub indexes: Vec<Index>,
    /// Database indexes that are built but not used yet.
    #[serde(default)]
    pub staged_db_indexes: Vec<Index>,
    /// Full-text search indexes.
    #[serde(default)]
    pub search_indexes: Vec<SearchIndex>,
    /// Full-text search indexes that are built but not used yet.
    #[serde(default)]
    pub staged_search_indexes: Vec<SearchIndex>,
    /// Vector indexes.
    #[serde(default)]
    pub vector_indexes: Vec<VectorIndex>,
    /// Vector indexes that are built but not used yet.
    #[serde(default)]
    pub staged_vector_indexes: Vec<VectorIndex>,
    /// The validator of a document, without `_id` and `_creationTime`.
    pub document_type: Validator,
    /// Members this version does not know.
    #[serde(flatten)]
    pub other: BTreeMap<String, Value>,
}

/// A database index: its name and the fields it orders by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// The index's name.
    pub index_descriptor: String,
    /// Field paths, most significant first; `_creationTime` is implied at the end.
    pub fields: Vec<String>,
}

/// A full-text search index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchIndex {
    /// The index's name.
    pub index_descriptor: String,
    /// The field whose text is searched.
    pub search_field: String,
    /// Fields that a search may filter by.
    pub filter_fields: Vec<String>,
}

/// A vector index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VectorIndex {
    /// The index's name.
    pub index_descriptor: String,
    /// The field that holds the vector.
    pub vector_field: String,
    /// The vector's length.
    pub dimensions: u32,
    /// Fields that a search may filter by.
    pub filter_fields: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::Schema;

    /// Printed by `schema.export()` of the npm package `convex`.
    const EXPORTED: &str = r#"{"tables":[{"tableName":"notes","indexes":[{"indexDescriptor":"by_user","fields":["userId"]}],
        "stagedDbIndexes":[],"searchIndexes":[{"indexDescriptor":"text","searchField":"body","filterFields":["userId"]}],
        "stagedSearchIndexes":[],"vectorIndexes":[{"indexDescriptor":"v","vectorField":"e","dimensions":1536,"filterFields":[]}],
        "stagedVectorIndexes":[],"documentType":{"type":"object","value":{
            "userId":{"fieldType":{"type":"id","tableName":"users"},"optional":false},
            "body":{"fieldType":{"type":"string"},"optional":true},
            "e":{"fieldType":{"type":"array","value":{"type":"number"}},"optional":false},
            "n":{"fieldType":{"type":"literal","value":{"$integer":"KgAAAAAAAAA="}},"optional":false},
            "r":{"fieldType":{"type":"record","keys":{"type":"string"},"values":{"fieldType":{"type":"bigint"},"optional":false}},"optional":false}}},
        "stagedDocumentType":{"type":"any"}}],"schemaValidation":true}"#;

    #[test]
    fn the_shape_of_export_both_ways() {
        let json: serde_json::Value = serde_json::from_str(EXPORTED).unwrap();
        let schema: Schema = serde_json::from_str(EXPORTED).unwrap();
        assert_eq!(schema.table("notes").unwrap().indexes[0].fields, ["userId"]);
        assert_eq!(serde_json::to_value(&schema).unwrap(), json);
    }
}
