use std::collections::BTreeSet;

use byod_schema::Value;

use crate::auth::{Caller, Identity};
use crate::error::FunctionError;
use crate::store::Ids;
use crate::store::{self, Noticed, Query, Read, Tables, Transaction};
use crate::values::IntoObject;
use crate::values::Object;

/// What a function sees: the tables, and who calls. In a query it only reads;
/// in a mutation or an action its writes take effect together when the function
/// succeeds, and not at all when it fails.
///
/// ```
/// use byod_local::Local;
/// use serde_json::json;
///
/// fn archiving(local: Local) -> Local {
///     local.function("notes:archive", |ctx, args| {
///         let id = args.str("id").unwrap_or_default().to_owned();
///         ctx.patch(&id, json!({"archived": true}))?;
///         Ok(json!(null))
///     })
/// }
/// ```
#[derive(Debug)]
pub struct Ctx<'a> {
    access: Access<'a>,
    caller: &'a Caller,
    now: f64,
    noticed: &'a Noticed,
}

#[derive(Debug)]
pub(crate) enum Access<'a> {
    Read(&'a Tables, &'a Ids),
    Write(Transaction<'a>),
}

impl<'a> Ctx<'a> {
    pub(crate) fn new(
        access: Access<'a>,
        caller: &'a Caller,
        now: f64,
        noticed: &'a Noticed,
    ) -> Self {
        Self {
            access,
            caller,
            now,
            noticed,
        }
    }

    pub(crate) fn ids(&self) -> &Ids {
        match &self.access {
            Access::Read(_, ids) => ids,
            Access::Write(transaction) => transaction.store().ids(),
        }
    }

    /// Keeps what was written.
    pub(crate) fn commit(self) {
        if let Access::Write(transaction) = self.access {
            transaction.commit();
        }
    }

    fn tables(&self) -> &Tables {
        match &self.access {
            Access::Read(tables, _) => tables,
            Access::Write(transaction) => transaction.store().tables(),
        }
    }

    fn writer(&mut self) -> Result<&mut Transaction<'a>, FunctionError> {
        match &mut self.access {
            Access::Write(transaction) => Ok(transaction),
            Access::Read(..) => Err(FunctionError::new("A query cannot write to the database")),
        }
    }

    /// The user, if the call is authenticated as one; as `ctx.auth.getUserIdentity()`.
    pub fn identity(&self) -> Option<&'a Identity> {
        self.caller.identity.as_ref()
    }

    /// Whether the call came with the deploy key.
    pub fn is_admin(&self) -> bool {
        self.caller.admin
    }

    /// The time of the call, whole milliseconds since 1970.
    pub fn now(&self) -> f64 {
        self.noticed.see_time();
        self.now
    }

    /// The user's subject at the auth provider.
    ///
    /// Fails with `Unauthenticated` where there is no user.
    pub fn subject(&self) -> Result<&'a str, FunctionError> {
        let identity = self.identity().ok_or("Unauthenticated")?;
        Ok(identity.subject())
    }

    /// The user's document in `table`: the one in which some string is the
    /// identity's subject or token identifier. Fields that an index begins with
    /// are looked at first; where they have neither, every document is read.
    ///
    /// Fails with `Unauthenticated` where there is no user, and with
    /// `User not found` where there is no such document.
    pub fn user(&self, table: &str) -> Result<Object, FunctionError> {
        let identity = self.identity().ok_or("Unauthenticated")?;
        let names = [identity.subject().to_owned(), identity.token_identifier()];
        let indexes = &store::table(self.tables(), table)?.declared.indexes;
        let first: BTreeSet<_> = indexes
            .iter()
            .filter_map(|index| index.fields.first())
            .collect();
        let mut found = Vec::new();
        for (field, name) in first
            .into_iter()
            .flat_map(|field| names.iter().map(move |name| (field, name)))
        {
            found.extend(self.query(table).eq(field, name.as_str()).first()?);
        }
        // Ids are in the order of creation.
        let oldest = found
            .into_iter()
            .min_by(|one, other| one.id().cmp(&other.id()));
        if let Some(user) = oldest {
            return Ok(user);
        }
        let is_theirs = |user: &Object| {
            user.iter()
                .any(|(_, value)| matches!(value, Value::String(text) if names.contains(text)))
        };
        let found = self.query(table).filter(is_theirs).first()?;
        found.ok_or_else(|| "User not found".into())
    }

    /// The document of that id, if it exists.
    pub fn get(&self, id: &str) -> Option<Object> {
        self.peek(id).cloned()
    }

    /// The same without a copy of it.
    pub(crate) fn peek(&self, id: &str) -> Option<&Object> {
        self.noticed.read(|| Read::Document(id.to_owned()));
        store::document(self.tables(), self.ids(), id).map(|document| document.as_ref())
    }

    /// Begins a query of a table; an unknown table fails when it is read.
    pub fn query(&self, table: &str) -> Query<'_> {
        let table = store::table(self.tables(), table);
        Query::new(table, self.noticed)
    }

    /// Inserts a document and gives its id.
    ///
    /// Fails in a query, and where the document does not match the schema.
    pub fn insert(
        &mut self,
        table: &str,
        document: impl IntoObject,
    ) -> Result<String, FunctionError> {
        let now = self.now;
        self.writer()?.insert(table, document.into_object()?, now)
    }

    /// Sets fields of a document and leaves the others.
    ///
    /// Fails as [`Ctx::insert`], and where there is no such document.
    pub fn patch(&mut self, id: &str, fields: impl IntoObject) -> Result<(), FunctionError> {
        self.writer()?.patch(id, fields.into_object()?)
    }

    /// Takes a field out of a document, as patching it to `undefined` does.
    ///
    /// Fails as [`Ctx::patch`].
    pub fn unset(&mut self, id: &str, field: &str) -> Result<(), FunctionError> {
        self.writer()?.unset(id, field)
    }

    /// Replaces all fields of a document but `_id` and `_creationTime`.
    ///
    /// Fails as [`Ctx::patch`].
    pub fn replace(&mut self, id: &str, document: impl IntoObject) -> Result<(), FunctionError> {
        self.writer()?.replace(id, document.into_object()?)
    }

    /// Deletes a document.
    ///
    /// Fails in a query, and where there is no such document.
    pub fn delete(&mut self, id: &str) -> Result<(), FunctionError> {
        self.writer()?.delete(id)
    }
}
