//! What would be done on main, and what of it is written out in the text.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

/// What of a value is written out in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// All of it.
    Is(Value),
    /// Which fields it may have, and what of each.
    Fields(BTreeMap<String, Written>),
    Items(Vec<Written>),
    /// Nothing: it is computed. Where it is, and what that is made of.
    Any(Vec<Range<usize>>),
}

/// `ctx.db.insert("activityEvents", …)`
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) writes: Writes,
    /// The table that is named; else it is that of the id.
    pub(crate) table: Option<String>,
    /// Of `db` in `ctx.db`, if it is asked by that name.
    pub(crate) database: Option<Range<usize>>,
    /// Where its first argument begins.
    pub(crate) at: usize,
    /// What it gives is looked at.
    pub(crate) is_used: bool,
    pub(crate) value: Written,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Writes {
    Insert,
    Patch,
    Replace,
    Delete,
}

/// `ctx.scheduler.runAfter(0, internal.emails.send, …)`, of the function that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scheduled {
    /// Of `scheduler` in `ctx.scheduler`.
    pub(crate) scheduler: Range<usize>,
    /// Of the function's name.
    pub(crate) function: Range<usize>,
    pub(crate) args: Written,
}

/// `bumpStats(ctx, …)`
#[derive(Clone, Debug)]
pub(crate) struct Helped {
    pub(crate) name: String,
    /// What it gives is looked at.
    pub(crate) is_used: bool,
    /// What it is given behind its context, if nothing is spread there.
    pub(crate) args: Option<Vec<Written>>,
    /// The call, as messages show it.
    pub(crate) shown: String,
}
