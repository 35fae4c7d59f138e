//! The tables in which users' deployments keep what is to be done on main.

use std::collections::BTreeMap;

use crate::schema::{Index, Table};
use crate::validator::{Field, Validator};

/// The table of what is to be done on main.
pub const OUTBOX_TABLE: &str = "byodOutbox";

/// The table that counts what was put there.
pub const OUTBOX_STATE_TABLE: &str = "byodOutboxState";

/// The rows: whose they are, their number, and what is to be done.
pub fn outbox_table() -> Table {
    let fields = [
        ("owner", Validator::String),
        ("seq", Validator::Number),
        ("row", Validator::String),
    ];
    of_owners(OUTBOX_TABLE, &fields, "by_owner_seq", &["owner", "seq"])
}

/// One row for each owner: the number that their next row will have. Its id tells the
/// rows that are counted by it from those of any other deployment.
pub fn outbox_state_table() -> Table {
    let fields = [("owner", Validator::String), ("next", Validator::Number)];
    of_owners(OUTBOX_STATE_TABLE, &fields, "by_owner", &["owner"])
}

fn of_owners(name: &str, fields: &[(&str, Validator)], index: &str, by: &[&str]) -> Table {
    let index = Index {
        index_descriptor: index.to_owned(),
        fields: by.iter().map(|&field| field.to_owned()).collect(),
    };
    Table {
        table_name: name.to_owned(),
        indexes: vec![index],
        staged_db_indexes: Vec::new(),
        search_indexes: Vec::new(),
        staged_search_indexes: Vec::new(),
        vector_indexes: Vec::new(),
        staged_vector_indexes: Vec::new(),
        document_type: Validator::Object {
            value: fields
                .iter()
                .map(|(name, validator)| (*name, Field::required(validator.clone())))
                .collect(),
        },
        other: BTreeMap::new(),
    }
}
