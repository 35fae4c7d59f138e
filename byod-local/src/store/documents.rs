//! The documents of one table, in each order that it has.

use std::ops::Bound;
use std::sync::Arc;

use byod_schema::Table as Declared;
use rpds::RedBlackTreeMapSync;

use super::order::{Key, key};
use crate::values::Object;

/// One table. A copy shares what neither of them has changed since, so that a state that is kept costs little.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) declared: Arc<Declared>,
    /// By creation, and then by each index that the schema declares.
    orders: Vec<Order>,
}

/// The documents by fields, and then by creation.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) fields: Arc<[String]>,
    documents: RedBlackTreeMapSync<Key, Arc<Object>>,
}

impl Table {
    pub(super) fn new(declared: Declared) -> Self {
        let indexes = declared.indexes.iter().map(|index| &index.fields[..]);
        let orders = [&[][..]].into_iter().chain(indexes).map(|fields| Order {
            fields: fields.into(),
            documents: RedBlackTreeMapSync::new_sync(),
        });
        Self {
            orders: orders.collect(),
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
        self.orders[0].documents.size()
    }

    /// The documents, oldest first.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.orders[0].documents.values()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<Object>> {
        self.orders[0].documents.get(&Key::of_id(id))
    }

    /// Sets or removes a document; gives what was there.
    pub(super) fn put(&mut self, id: &str, document: Option<Arc<Object>>) -> Option<Arc<Object>> {
        let old = self.get(id).cloned();
        for Order { fields, documents } in &mut self.orders {
            let place = document.as_ref().map(|document| key(document, fields));
            let former = old.as_ref().map(|old| key(old, fields));
            if let Some(former) = former.filter(|former| place.as_ref() != Some(former)) {
                documents.remove_mut(&former);
            }
            if let Some((place, document)) = place.zip(document.as_ref()) {
                documents.insert_mut(place, document.clone());
            }
        }
        old
    }

    pub(super) fn orders(&self) -> &[Order] {
        &self.orders
    }
}

impl Order {
    /// The documents between two places.
    pub(super) fn range(
        &self,
        bounds: (Bound<Key>, Bound<Key>),
        descending: bool,
    ) -> Box<dyn Iterator<Item = &Object> + '_> {
        let range = self.documents.range(bounds);
        let documents = range.map(|(_, document)| document.as_ref());
        match descending {
            true => Box::new(documents.rev()),
            false => Box::new(documents),
        }
    }
}
