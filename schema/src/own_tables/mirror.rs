//! The table in which users' deployments keep what was brought there of main's documents.

use std::collections::BTreeMap;

use crate::schema::{Index, Table};
use crate::validator::{Field, Validator};

/// The table's name.
pub const MIRROR_TABLE: &str = "byodMirror";

/// The table of what was brought there, of one row for each user: whose it is, their id on
/// main, when main was asked, a digest of what it gave, for which fields, and the tables
/// of which there was too much.
pub fn mirror_table() -> Table {
    let missing = Validator::Array {
        value: Box::new(Validator::String),
    };
    let fields = [
        ("owner", Validator::String),
        ("user", Validator::String),
        ("at", Validator::Number),
        ("digest", Validator::String),
        ("shape", Validator::String),
        ("missing", missing),
    ];
    let by_owner = Index {
        index_descriptor: "by_owner".to_owned(),
        fields: vec!["owner".to_owned()],
    };
    Table {
        table_name: MIRROR_TABLE.to_owned(),
        indexes: vec![by_owner],
        staged_db_indexes: Vec::new(),
        search_indexes: Vec::new(),
        staged_search_indexes: Vec::new(),
        vector_indexes: Vec::new(),
        staged_vector_indexes: Vec::new(),
        document_type: Validator::Object {
            value: fields
                .into_iter()
                .map(|(name, validator)| (name, Field::required(validator)))
                .collect(),
        },
        other: BTreeMap::new(),
    }
}
