//! The table by which a user's deployment says whose it is.

use std::collections::BTreeMap;

use crate::schema::Table;
use crate::validator::{Field, Validator};

/// The table's name.
pub const CLAIM_TABLE: &str = "byodOwner";

/// The table of the claim, of one row at most: the owner's subject, their user id,
/// and since when, in milliseconds since 1970.
pub fn claim_table() -> Table {
    let fields = [
        ("subject", Validator::String),
        ("user", Validator::String),
        ("since", Validator::Number),
    ];
    Table {
        table_name: CLAIM_TABLE.to_owned(),
        indexes: Vec::new(),
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
