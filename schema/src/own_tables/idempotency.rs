//! The table in which users' deployments keep which mutations have run.

use std::collections::BTreeMap;

use crate::schema::{Index, Table};
use crate::validator::{Field, Validator};

/// The table's name.
pub const IDEMPOTENCY_TABLE: &str = "byodIdempotency";

/// The table of idempotency keys: whose it is, the key, the function that ran, a
/// digest of its arguments, and what it returned.
pub fn idempotency_table() -> Table {
    let fields = [
        ("owner", Validator::String),
        ("key", Validator::String),
        ("function", Validator::String),
        ("args", Validator::String),
        ("result", Validator::Any),
    ];
    let by_owner_key = Index {
        index_descriptor: "by_owner_key".to_owned(),
        fields: vec!["owner".to_owned(), "key".to_owned()],
    };
    Table {
        table_name: IDEMPOTENCY_TABLE.to_owned(),
        indexes: vec![by_owner_key],
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
