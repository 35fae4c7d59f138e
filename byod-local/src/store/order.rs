//! The order of documents by fields, and then by creation.

use std::cmp::Ordering;

use byod_schema::Value;

use crate::values::{Object, compare};

/// What a document is ordered by: fields, which may be absent, and its id.
#[derive(Clone, Debug)]
pub(crate) struct Key(pub(crate) Vec<Option<Value>>);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let mut pairs = self.0.iter().zip(&other.0);
        pairs
            .find_map(|(a, b)| Some(compare(a.as_ref(), b.as_ref())).filter(|order| order.is_ne()))
            .unwrap_or(Ordering::Equal)
    }
}

/// A document's place in the order by these fields. Ids are in the order of creation.
pub(crate) fn key(document: &Object, fields: &[String]) -> Key {
    let fields = fields.iter().map(String::as_str).chain(["_id"]);
    Key(fields.map(|field| document.at(field).cloned()).collect())
}
