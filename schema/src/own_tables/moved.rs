//! The table in which a deployment keeps what has become of documents that came there.

use std::collections::BTreeMap;

use crate::schema::{Index, Table};
use crate::validator::{Field, Validator};

/// The table of what has become of documents that came there.
pub const MOVED_TABLE: &str = "byodMoved";

/// One row for each document of a move: its id where it comes from, and what is known of it.
pub fn moved_table() -> Table {
    let required = [
        ("move", Validator::String),
        ("table", Validator::String),
        ("old", Validator::String),
        ("created", Validator::Number),
        ("state", Validator::String),
        ("listed", Validator::String),
    ];
    let optional = [
        ("round", Validator::Number),
        ("new", Validator::String),
        ("hash", Validator::String),
        ("written", Validator::String),
        ("note", Validator::String),
        ("stays", Validator::Boolean),
        ("former", Validator::String),
    ];
    let required = required.map(|(name, validator)| (name, Field::required(validator)));
    let optional = optional.map(|(name, field_type)| {
        let optional = true;
        let field = Field {
            field_type,
            optional,
        };
        (name, field)
    });
    let index = |name: &str, by: &[&str]| Index {
        index_descriptor: name.to_owned(),
        fields: by.iter().map(|&field| field.to_owned()).collect(),
    };
    Table {
        table_name: MOVED_TABLE.to_owned(),
        indexes: vec![
            index("by_old", &["move", "old"]),
            index("by_state", &["move", "table", "state", "created"]),
        ],
        staged_db_indexes: Vec::new(),
        search_indexes: Vec::new(),
        staged_search_indexes: Vec::new(),
        vector_indexes: Vec::new(),
        staged_vector_indexes: Vec::new(),
        document_type: Validator::Object {
            value: required.into_iter().chain(optional).collect(),
        },
        other: BTreeMap::new(),
    }
}
