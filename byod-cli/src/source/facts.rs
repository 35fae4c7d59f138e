//! What one top-level statement uses.

use std::collections::BTreeSet;
use std::ops::Range;

use byod_schema::FunctionPath;

use super::operations::Touching;
use super::origin::Origin;
use super::written::{Helped, Row, Scheduled};

/// The name of a default export, and of what is declared only as that.
pub(crate) const DEFAULT: &str = "default";

/// What a statement uses, nested functions included.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Names of its module: imports and other statements' declarations.
    pub(crate) names: BTreeSet<String>,
    /// Those of them that are used as values, not as types alone.
    pub(crate) values: BTreeSet<String>,
    /// Those that are used otherwise than by reading: written, changed, handed on.
    pub(crate) touched: BTreeSet<String>,
    /// Those of them that are so where a module may be loading: not in the handlers of
    /// functions.
    pub(crate) changing: BTreeSet<String>,
    /// Those that are used otherwise than by calling them with the context alone.
    pub(crate) handed: BTreeSet<String>,
    /// Every text in it.
    pub(crate) texts: BTreeSet<String>,
    /// It names tables to the database otherwise than by texts.
    pub(crate) has_computed_tables: bool,
    /// It changes what is nobody's: `Date.now = …`; at once, or in a function.
    pub(crate) changes_globals: bool,
    /// The same, when its module is loaded.
    pub(crate) changes_globals_at_load: bool,
    /// It loads a module by `require` or `import()` when its own is loaded.
    pub(crate) loads_more: bool,
    /// Names of nothing in the module, used as values: `Date`, `process`.
    pub(crate) globals: BTreeSet<String>,
    /// It calls `require`, and not for a module of Node's own.
    pub(crate) requires_more: bool,
    /// Names in what it does when its module is loaded, beside making what it declares.
    pub(crate) acting: BTreeSet<String>,
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
    /// The functions of the module that it passes its context to, and in which place.
    pub(crate) passed: Vec<(String, usize)>,
    /// The classes of the module that it makes with its context, and in which place that is.
    pub(crate) constructs: Vec<(String, usize)>,
    /// Where it hands its context to what isn't called by its own name.
    pub(crate) hands: Vec<Hands>,
    /// The functions in it that have no name by which they are called.
    pub(crate) loose: Vec<Loose>,
    /// Names of the module that are used otherwise than by calling them.
    pub(crate) lent: BTreeSet<String>,
    /// Names that it calls when its module is loaded, and those that it uses otherwise.
    pub(crate) loading: BTreeSet<String>,
    pub(crate) later: BTreeSet<String>,
    /// What it writes that is still there after a call.
    pub(crate) kept: Vec<Kept>,
    /// Which of its function's parameters it changes.
    pub(crate) changed_parameters: BTreeSet<usize>,
    /// What outlives a call and is given to a function of that name, in which place.
    pub(crate) given: Vec<(String, usize, Kept)>,
    /// What it writes to is what a function of that name gives, or a part of that.
    pub(crate) results: Vec<(String, Kept)>,
    /// A function made when its module is loaded gives what outlives a call: `() => seen`.
    pub(crate) gives_out: bool,
    /// The same, of those that its function makes.
    pub(crate) gives_out_if_made: bool,
    /// Whom it names as the caller of functions that it runs.
    pub(crate) named: Vec<Named>,
    /// Whom it writes into fields of documents that hold an owner.
    pub(crate) owners: Vec<Named>,
    /// Where it looks the caller up by their identity.
    pub(crate) lookups: Vec<Lookup>,
    /// The ids by which it reaches documents without naming their table.
    pub(crate) reached: Vec<Reached>,
    /// What it writes into the database by names of tables and by ids.
    pub(crate) rows: Vec<Row>,
    /// The functions of the module that it calls with its context in front.
    pub(crate) helped: Vec<Helped>,
    /// It throws something itself.
    pub(crate) throws: bool,
    /// What it does with the database and with other functions.
    pub(crate) touching: Touching,
    /// `ctx.storage`
    pub(crate) uses_files: bool,
    /// `Date.now()` where `ctx` is at hand.
    pub(crate) clock: Vec<Range<usize>>,
    /// What can't be followed, in words that complete "it …".
    pub(crate) problems: BTreeSet<String>,
}

/// `await ctx.db.query("users").withIndex(…, (q) => q.eq(…, identity.subject)).unique()`
#[derive(Clone, Debug)]
pub(crate) struct Lookup {
    pub(crate) table: String,
    /// The fields that are compared with the identity.
    pub(crate) fields: BTreeSet<String>,
    /// Of all of it.
    pub(crate) span: Range<usize>,
    /// What the context is called there.
    pub(crate) context: String,
    /// It stands where an object needs no parentheses.
    pub(crate) is_whole: bool,
}

/// `ctx.db.get(id)`
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) id: Origin,
    /// Where the id begins.
    pub(crate) at: usize,
    pub(crate) is_read: bool,
    /// The call, as errors show it.
    pub(crate) shown: String,
}

/// A function without a name of its own: `checks.push((ctx) => …)`
#[derive(Clone, Debug)]
pub(crate) struct Loose {
    /// As errors show it.
    pub(crate) shown: String,
    /// Which of its parameters are followed as contexts, or can be none.
    pub(crate) followed: Vec<bool>,
}

/// A context that is handed to what isn't called by its own name: `counts.add(ctx, note)`
#[derive(Clone, Debug)]
pub(crate) struct Hands {
    /// The place of the argument.
    pub(crate) place: usize,
    /// The name of the module whose method is called.
    pub(crate) of: Option<String>,
    /// What is added to it: `handler({ ...ctx, user }, args)`.
    pub(crate) adds: Vec<String>,
    /// The call, as errors show it.
    pub(crate) shown: String,
}

/// A writing to what outlives a call: `last = ctx.user`
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// As errors show it.
    pub(crate) shown: String,
    /// What a call was given is in it: the context, arguments.
    pub(crate) is_of_call: bool,
    /// The function that does it is the statement's own, not one inside of that.
    pub(crate) is_direct: bool,
    pub(crate) keeper: Keeper,
    /// The name of the module whose method keeps it.
    pub(crate) of: Option<String>,
}

/// Where it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// In what is there as long as the module.
    Module,
    /// In a variable of a function around: as long as what that gave.
    Around,
    /// In an object of the class.
    Instance,
}

/// `ctx.runMutation(internal.notes.purge, { userId: … })`
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) functions: Vec<FunctionPath>,
    /// Of the argument that says whose call it is.
    pub(crate) name: String,
    /// Where its value is, and what that is made of.
    pub(crate) spans: Vec<Range<usize>>,
    pub(crate) origin: Origin,
    /// As errors show it.
    pub(crate) shown: String,
}

/// `internal.notes.get`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionRef {
    pub(crate) path: FunctionPath,
    /// Of `internal` or `api`.
    pub(crate) root: Range<usize>,
    pub(crate) is_api: bool,
    /// A context runs it there, without arguments.
    pub(crate) is_run: bool,
    /// Set where it is scheduled there.
    pub(crate) scheduled: Option<Scheduled>,
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
    /// A document of the table, found by the caller's identity.
    Lookup(String),
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
    /// The table of the lookup in whose conditions it stands.
    pub(crate) lookup: Option<String>,
    /// What is decided by it, if anything.
    pub(crate) decides: Option<Decides>,
    /// To whom the function is given whose context it is, where it is one's.
    pub(crate) given_to: Option<String>,
    /// Where it is.
    pub(crate) span: Range<usize>,
}

/// What a function decides by something that it compares or tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decides {
    /// Whether it goes on at all: `if (user.role !== "admin") throw …`
    WhetherToGoOn,
    /// What it answers: `return user.role === "admin"`
    Answer,
}

/// The first line of a text, of at most 60 characters.
pub(super) fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    let mut short: String = line.chars().take(60).collect();
    if short.len() < text.trim().len() {
        short.push('…');
    }
    short
}
