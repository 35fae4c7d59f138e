//! What one top-level statement uses.

use std::collections::BTreeSet;
use std::ops::Range;

use byod_schema::FunctionPath;

/// What a statement uses, nested functions included.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Names of its module: imports and other statements' declarations.
    pub(crate) names: BTreeSet<String>,
    /// Names of nothing in the module: `Date`, `process`.
    pub(crate) globals: BTreeSet<String>,
    /// `v.id("table")`, and where.
    pub(crate) ids: Vec<(Range<usize>, String)>,
    /// `Id<"table">`, and where.
    pub(crate) id_types: Vec<(Range<usize>, String)>,
    /// Tables named to the database, or as the type `Doc<"table">`.
    pub(crate) tables: BTreeSet<String>,
    /// Other functions of the project that it calls or schedules.
    pub(crate) functions: Vec<FunctionRef>,
    /// What it learns of who calls.
    pub(crate) access: Vec<Access>,
    /// `ctx.storage`
    pub(crate) uses_files: bool,
    /// `Date.now()` where `ctx` is at hand.
    pub(crate) clock: Vec<Range<usize>>,
    /// What can't be followed, in words that complete "it …".
    pub(crate) problems: BTreeSet<String>,
}

/// `internal.notes.get`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionRef {
    pub(crate) path: FunctionPath,
    /// Of `internal` or `api`.
    pub(crate) root: Range<usize>,
    pub(crate) is_api: bool,
}

/// Where a function asks who calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Caller {
    /// `ctx.auth.getUserIdentity()`
    Identity,
    /// A member that a builder of the app's own adds: `ctx.user`.
    Context,
    /// A function of the name that gets nothing but `ctx`: `getUser(ctx)`.
    Helper(String),
    /// `ctx.runQuery(internal.users.current)`
    Function(FunctionPath),
}

/// One use of what a [`Caller`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) caller: Caller,
    /// The members that are read, from the outside in; none for the whole.
    pub(crate) path: Vec<String>,
    /// It is only asked whether there is one.
    pub(crate) is_null_test: bool,
    /// It stands where the owner of a document stands.
    pub(crate) is_owner: bool,
}
