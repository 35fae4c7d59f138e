//! The documents of one table, in each order that it has.

use std::ops::Bound;
use std::sync::Arc;

use byod_schema::Table as Declared;

use super::order::{Key, key};
use super::sorted::Sorted;
use crate::values::Object;

/// One table. A copy shares what neither of them has changed since, so that a state that is kept costs little.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) declared: Arc<Declared>,
    by_creation: Order,
    /// By each index that the schema declares.
    by_index: Vec<Order>,
}

/// The documents by fields, and then by creation.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) fields: Arc<[String]>,
    documents: Sorted<Key, Arc<Object>>,
}

impl Table {
    pub(super) fn new(declared: Declared) -> Self {
        let indexes = declared.indexes.iter();
        Self {
            by_creation: Order::by(&[]),
            by_index: indexes.map(|index| Order::by(&index.fields)).collect(),
            declared: Arc::new(declared),
        }
    }

    /// The same documents, declared otherwise.
    #[cfg(feature = "push")]
    pub(super) fn redeclared(&self, declared: Declared) -> Self {
        let mut table = Self::new(declared);
        for document in self.documents() {
            table.put(document.id().unwrap_or_default(), Some(document.clone()));
        }
        table
    }

    pub(crate) fn len(&self) -> usize {
        self.by_creation.documents.len()
    }

    /// The documents, oldest first.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Arc<Object>> {
        let all = (Bound::Unbounded, Bound::Unbounded);
        let documents = self.by_creation.documents.range(all, false);
        documents.map(|(_, document)| document)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<Object>> {
        self.by_creation.documents.get(&Key::of_id(id))
    }

    /// Sets or removes a document; gives what was there.
    pub(super) fn put(&mut self, id: &str, document: Option<Arc<Object>>) -> Option<Arc<Object>> {
        let (place, by_creation) = (Key::of_id(id), &mut self.by_creation.documents);
        let old = match &document {
            Some(document) => by_creation.insert(place, document.clone()),
            None => by_creation.remove(&place),
        };
        for Order { fields, documents } in &mut self.by_index {
            let place = document.as_ref().map(|document| key(document, fields));
            let former = old.as_ref().map(|old| key(old, fields));
            if let Some(former) = former.filter(|former| place.as_ref() != Some(former)) {
                documents.remove(&former);
            }
            if let Some((place, document)) = place.zip(document.as_ref()) {
                documents.insert(place, document.clone());
            }
        }
        old
    }

    pub(super) fn orders(&self) -> impl Iterator<Item = &Order> {
        [&self.by_creation].into_iter().chain(&self.by_index)
    }
}

impl Order {
    fn by(fields: &[String]) -> Self {
        Self {
            fields: fields.into(),
            documents: Sorted::new(),
        }
    }

    /// The documents between two places.
    pub(super) fn range(
        &self,
        bounds: (Bound<Key>, Bound<Key>),
        descending: bool,
    ) -> impl Iterator<Item = &Object> {
        let range = self.documents.range(bounds, descending);
        range.map(|(_, document)| document.as_ref())
    }
}
