//! What a statement does with the database, and whom else it asks to.

use std::collections::BTreeSet;

use super::origin::Origin;

/// What a statement does with the database, and whom else it asks to.
#[derive(Debug, Default)]
pub(crate) struct Touching {
    pub(crate) operations: Vec<Operation>,
    /// Names of its module that it uses as values.
    pub(crate) uses: Vec<Use>,
    /// Components that it uses: `components.counter`.
    pub(crate) components: BTreeSet<String>,
    /// What it reads of documents of main's of which users' deployments have copies.
    pub(crate) parts: Vec<Part>,
    /// What may touch any table, in words that complete "it …".
    pub(crate) obscure: BTreeSet<String>,
}

/// `user.plan`, where that may be a field of a document that is mirrored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// What it is read of.
    pub(crate) of: Origin,
    /// The field; `None` where all of it goes elsewhere.
    pub(crate) field: Option<String>,
}

/// `ctx.db.patch(id, …)`
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) writes: bool,
    /// It adds a document, where it doesn't change or delete one that is there.
    pub(crate) inserts: bool,
    pub(crate) of: OperationOf,
    /// The id of the document, where it is about one, with the table before it or not.
    pub(crate) id: Option<Origin>,
    /// The fields that the documents it asks for are to have, and what they are to be.
    pub(crate) by: Vec<(String, Origin)>,
    /// It is a query that gives one document.
    pub(crate) is_one: bool,
    /// The call, as messages show it.
    pub(crate) shown: String,
}

#[derive(Clone, Debug)]
pub(crate) enum OperationOf {
    /// The table that is named.
    Table(Origin),
    /// The table of the id.
    Id(Origin),
    /// A table, if there is one of that name: `secured.query("notes")`.
    Perhaps(String),
    /// What an edge of an ent leads to: `user.edge("notes")`.
    Edge(String),
}

/// `load(ctx, id)`, `Notes.load(ctx, id)`, or a name that is handed on.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) name: String,
    /// The member of it that is used.
    pub(crate) member: Option<String>,
    /// What it is called with; `None` where it isn't called.
    pub(crate) given: Option<Vec<Origin>>,
    /// It is given a context or a database, perhaps inside of an object.
    pub(crate) is_handed: bool,
    /// In which places it is given a database.
    pub(crate) databases: Vec<usize>,
    /// The tables that it is told of by their names.
    pub(crate) texts: BTreeSet<String>,
}
