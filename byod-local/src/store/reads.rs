//! What a function read, by which is known whether a commit may change what it gives.

use std::cell::{Cell, RefCell};
use std::ops::Bound;
use std::sync::Arc;

use byod_schema::Value;

use super::order::{Key, key};
use crate::values::Object;

/// Something that a function read, whether there was anything or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Read {
    /// The document of that id.
    Document(String),
    /// Part of a table.
    Range(Range),
}

/// The documents of a table with certain values, in a part of an order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Range {
    pub(crate) table: String,
    /// Fields that have one value, by name.
    pub(crate) equal: Vec<(String, Value)>,
    /// What the rest is ordered by.
    pub(crate) fields: Vec<String>,
    pub(crate) from: Bound<Key>,
    pub(crate) to: Bound<Key>,
}

impl Range {
    /// Whether a document that has the values lies in that part of the order.
    pub(crate) fn reaches(&self, document: &Object) -> bool {
        let place = match (&self.from, &self.to) {
            (Bound::Unbounded, Bound::Unbounded) => return true,
            _ => key(document, &self.fields),
        };
        let after = match &self.from {
            Bound::Unbounded => true,
            Bound::Included(from) => place >= *from,
            Bound::Excluded(from) => place > *from,
        };
        let before = match &self.to {
            Bound::Unbounded => true,
            Bound::Included(to) => place <= *to,
            Bound::Excluded(to) => place < *to,
        };
        after && before
    }
}

/// What is noticed of a function while it runs.
#[derive(Debug, Default)]
pub(crate) struct Noticed {
    /// Whether it has read a page, of whatever query.
    has_paginated: Cell<bool>,
    /// Whether it has asked what time it is.
    has_seen_time: Cell<bool>,
    /// Whether what it reads is remembered: where somebody is to be told of what changes it.
    is_watched: bool,
    reads: RefCell<Vec<Read>>,
    /// Where its page ended when it ran before.
    page_end: Option<String>,
    /// Where its page ends now.
    new_page_end: RefCell<Option<String>>,
}

impl Noticed {
    /// For a function that runs again when what it reads changes, and whose page is to end where it did.
    pub(crate) fn again(page_end: Option<String>) -> Self {
        Self {
            page_end,
            is_watched: true,
            ..Self::default()
        }
    }

    pub(crate) fn read(&self, read: impl FnOnce() -> Read) {
        if self.is_watched {
            self.reads.borrow_mut().push(read());
        }
    }

    pub(crate) fn see_time(&self) {
        self.has_seen_time.set(true);
    }

    /// Whether whoever asks at the same moment of the database is given the same.
    pub(crate) fn is_timeless(&self) -> bool {
        !self.has_seen_time.get()
    }

    /// Begins its page; `false` if it has had one.
    pub(super) fn paginate(&self) -> bool {
        !self.has_paginated.replace(true)
    }

    pub(super) fn page_end(&self) -> Option<&str> {
        self.page_end.as_deref()
    }

    pub(super) fn end_page(&self, cursor: String) {
        self.new_page_end.replace(Some(cursor));
    }

    /// What it read, and where its page ends; where it did before, if it failed first.
    pub(crate) fn taken(self) -> (Arc<[Read]>, Option<String>) {
        let page_end = self.new_page_end.into_inner().or(self.page_end);
        (self.reads.into_inner().into(), page_end)
    }
}
