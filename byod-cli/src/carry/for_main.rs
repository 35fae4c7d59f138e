//! What is left for main: documents, functions and helpers, each with what main's text says
//! of what it is given.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::FunctionPath;
use serde_json::Value;

use crate::source::{Access, Facts, Writes, Written};

/// What carried functions leave for main, each with what is written out of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaves {
    /// By table, and what is done there.
    pub(crate) writes: BTreeMap<(String, Writes), Vec<Given>>,
    /// Functions that main schedules, with their arguments.
    pub(crate) calls: BTreeMap<FunctionPath, Vec<Given>>,
    /// Those of them that are actions which ask for the user's data: they are told whose.
    pub(crate) routed: BTreeSet<FunctionPath>,
    /// Helpers of main's, by module and name, with what they are given behind their
    /// context.
    pub(crate) helpers: BTreeMap<(String, String), Vec<Vec<Given>>>,
}

/// What main is given in one place, as far as main's text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Is(Value),
    Fields(BTreeMap<String, Given>),
    Items(Vec<Given>),
    /// The id of who calls.
    Caller,
    /// It is computed.
    Any,
}

impl Given {
    pub(super) fn of(written: &Written, facts: &Facts) -> Self {
        match written {
            Written::Is(value) => Self::Is(value.clone()),
            Written::Fields(fields) => {
                let of = |(name, of): (&String, _)| (name.clone(), Self::of(of, facts));
                Self::Fields(fields.iter().map(of).collect())
            }
            Written::Items(items) => {
                Self::Items(items.iter().map(|of| Self::of(of, facts)).collect())
            }
            Written::Any(spans) => {
                let is_id = |access: &&Access| {
                    let last = access.path.last().map(String::as_str);
                    access.is_owner || matches!(last, Some("_id" | "subject"))
                };
                let mut ids = facts.access.iter().filter(is_id);
                match ids.any(|access| spans.contains(&access.span)) {
                    true => Self::Caller,
                    false => Self::Any,
                }
            }
        }
    }
}

impl Leaves {
    pub(crate) fn is_empty(&self) -> bool {
        self.writes.is_empty() && self.calls.is_empty() && self.helpers.is_empty()
    }

    pub(super) fn add(&mut self, other: Self) {
        for (of, all) in other.writes {
            all.into_iter()
                .for_each(|one| put(&mut self.writes, of.clone(), one));
        }
        for (of, all) in other.calls {
            all.into_iter()
                .for_each(|one| put(&mut self.calls, of.clone(), one));
        }
        self.routed.extend(other.routed);
        for (of, all) in other.helpers {
            all.into_iter()
                .for_each(|one| put(&mut self.helpers, of.clone(), one));
        }
    }
}

pub(super) fn put<K: Ord, V: PartialEq>(all: &mut BTreeMap<K, Vec<V>>, of: K, one: V) {
    let known = all.entry(of).or_default();
    if !known.contains(&one) {
        known.push(one);
    }
}
