//! All tables, and the transactions that change them.

use std::collections::{BTreeMap, VecDeque};
use std::iter;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use byod_schema::{Field, Schema, Table as Declared, Validator, Value, nearest};
use byod_sync::Timestamp;

use super::answered::Answered;
use super::documents::Table;
use super::ids::Ids;
use super::moments::Moments;
use super::validate;
use super::watches::Watches;
use crate::error::{FunctionError, StartError};
use crate::values::Object;

/// How long a timestamp of `query_ts` can be read at, in milliseconds.
const SNAPSHOT_LIFE: f64 = 30_000.0;

/// Tables that every deployment has, so that `v.id("_storage")` can be filled.
const SYSTEM_TABLES: [&str; 2] = ["_storage", "_scheduled_functions"];

/// Every table by its name. Cloning is cheap: tables are shared until written.
pub(crate) type Tables = BTreeMap<String, Arc<Table>>;

/// The field of that name in a document of the table, of whichever shape.
pub(crate) fn field_of<'a>(declared: &'a Declared, name: &str) -> Option<&'a Field> {
    fn find<'a>(validator: &'a Validator, name: &str) -> Option<&'a Field> {
        match validator {
            Validator::Object { value } => value.get(name),
            Validator::Union { value } => value.iter().find_map(|member| find(member, name)),
            _ => None,
        }
    }
    find(&declared.document_type, name)
}

/// The table of that name, or an error that names the one that was meant.
pub(crate) fn table<'a>(tables: &'a Tables, name: &str) -> Result<&'a Arc<Table>, FunctionError> {
    tables.get(name).ok_or_else(|| unknown_table(tables, name))
}

fn unknown_table(tables: &Tables, name: &str) -> FunctionError {
    let hint = match nearest(name, tables.keys().map(String::as_str)) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => String::new(),
    };
    FunctionError::new(format!("The schema has no table `{name}`{hint}"))
}

/// The document of that id, if there is one.
pub(crate) fn document<'a>(tables: &'a Tables, ids: &Ids, id: &str) -> Option<&'a Arc<Object>> {
    tables.get(ids.table_of(id)?)?.get(id)
}

/// All that a deployment stores.
#[derive(Debug)]
pub(crate) struct Store {
    pub(super) tables: Tables,
    pub(super) ids: Ids,
    /// Whether documents are validated on writing.
    pub(super) validates: bool,
    last_creation_time: f64,
    snapshots: VecDeque<(u64, Tables)>,
    pub(super) moments: Moments,
    answered: Answered,
    watches: Mutex<Watches>,
}

impl Store {
    pub(crate) fn new(schema: &Schema) -> Result<Self, StartError> {
        let system = SYSTEM_TABLES.map(str::to_owned);
        let names = schema.table_names().map(str::to_owned).chain(system);
        let tables = schema.tables.iter().map(|declared| {
            let table = Table::new(declared.clone());
            (declared.table_name.clone(), Arc::new(table))
        });
        Ok(Self {
            ids: Ids::new(names)?,
            tables: tables.collect(),
            validates: schema.schema_validation,
            last_creation_time: 0.0,
            snapshots: VecDeque::new(),
            moments: Moments::new(),
            answered: Answered::default(),
            watches: Mutex::default(),
        })
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.ids
    }

    /// A fresh id that no document has.
    pub(crate) fn new_id(&mut self, table: &str) -> Result<String, FunctionError> {
        let id = self.ids.next(table);
        id.ok_or_else(|| unknown_table(&self.tables, table))
    }

    /// The moment of the last commit.
    pub(crate) fn moment(&self) -> Timestamp {
        self.moments.last()
    }

    /// Who is told of which commits.
    pub(crate) fn watches(&self) -> MutexGuard<'_, Watches> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What mutations gave, by session and request.
    pub(crate) fn answered(&mut self) -> &mut Answered {
        &mut self.answered
    }

    /// Begins a transaction. What it wrote is undone unless it is committed.
    pub(crate) fn begin(&mut self) -> Transaction<'_> {
        Transaction {
            store: self,
            undo: Vec::new(),
        }
    }

    /// Keeps the present state readable for a while; gives its timestamp in
    /// nanoseconds since 1970.
    pub(crate) fn snapshot(&mut self, now: f64) -> u64 {
        let oldest = nanoseconds(now - SNAPSHOT_LIFE);
        self.snapshots.retain(|(ts, _)| *ts >= oldest);
        let last = self.snapshots.back().map_or(0, |(ts, _)| *ts);
        let ts = nanoseconds(now).max(last + 1);
        self.snapshots.push_back((ts, self.tables.clone()));
        ts
    }

    /// The state at a timestamp that [`Store::snapshot`] gave.
    pub(crate) fn at(&self, ts: u64) -> Option<&Tables> {
        let found = self.snapshots.iter().find(|(kept, _)| *kept == ts);
        found.map(|(_, tables)| tables)
    }

    fn check(&self, declared: &Declared, document: &Object) -> Result<(), FunctionError> {
        if !self.validates {
            return Ok(());
        }
        let members = document.members();
        validate::check_members(&declared.document_type, members, &self.ids).map_err(|mismatch| {
            FunctionError::new(format!(
                "Failed to insert or update a document in table \"{}\" because it does not match the schema: {mismatch}",
                declared.table_name
            ))
        })
    }
}

fn nanoseconds(milliseconds: f64) -> u64 {
    (milliseconds.max(0.0) * 1e6) as u64
}

/// Writes that take effect together or not at all.
#[derive(Debug)]
pub(crate) struct Transaction<'a> {
    store: &'a mut Store,
    /// What each written id held before, in the order of the writes.
    undo: Vec<(String, Option<Arc<Object>>)>,
}

impl Transaction<'_> {
    pub(crate) fn store(&self) -> &Store {
        self.store
    }

    /// Keeps the writes.
    pub(crate) fn commit(mut self) {
        let undo = std::mem::take(&mut self.undo);
        if undo.is_empty() {
            return;
        }
        self.store.moments.advance();
        let (store, watches) = (&*self.store, self.store.watches());
        for (id, old) in &undo {
            // Looked up if anybody watches the table.
            let new = iter::once_with(|| document(&store.tables, &store.ids, id)).flatten();
            let versions = old.iter().chain(new).map(Arc::as_ref);
            let table = store.ids.table_of(id).unwrap_or_default();
            watches.written(table, id, versions);
        }
    }

    pub(crate) fn insert(
        &mut self,
        table_name: &str,
        document: Object,
        now: f64,
    ) -> Result<String, FunctionError> {
        let declared = table(&self.store.tables, table_name)?.declared.clone();
        check_names(&document)?;
        self.store.check(&declared, &document)?;
        let id = self.store.new_id(table_name)?;
        // Unique, so that documents made in one call keep their order.
        let time = now.max(self.store.last_creation_time + 0.001);
        self.store.last_creation_time = time;
        self.write(&id, Some(with_system_fields(document, &id, time)));
        Ok(id)
    }

    pub(crate) fn patch(&mut self, id: &str, fields: Object) -> Result<(), FunctionError> {
        let old = self.existing(id, "Update")?;
        let mut merged = old.as_ref().clone();
        for (name, value) in fields {
            merged.set(name, value);
        }
        self.change(id, &old, merged)
    }

    pub(crate) fn unset(&mut self, id: &str, field: &str) -> Result<(), FunctionError> {
        let old = self.existing(id, "Update")?;
        let mut rest = old.as_ref().clone();
        rest.remove(field);
        self.change(id, &old, rest)
    }

    pub(crate) fn replace(&mut self, id: &str, document: Object) -> Result<(), FunctionError> {
        let old = self.existing(id, "Replace")?;
        self.change(id, &old, document)
    }

    pub(crate) fn delete(&mut self, id: &str) -> Result<(), FunctionError> {
        self.existing(id, "Delete")?;
        self.write(id, None);
        Ok(())
    }

    fn existing(&self, id: &str, verb: &str) -> Result<Arc<Object>, FunctionError> {
        document(&self.store.tables, &self.store.ids, id)
            .cloned()
            .ok_or_else(|| FunctionError::new(format!("{verb} on nonexistent document ID {id}")))
    }

    fn change(&mut self, id: &str, old: &Object, mut new: Object) -> Result<(), FunctionError> {
        for system in ["_id", "_creationTime"] {
            let given = new.remove(system);
            if given.is_some() && given.as_ref() != old.get(system) {
                return Err(FunctionError::new(format!(
                    "Provided `{system}` does not match the document's"
                )));
            }
        }
        check_names(&new)?;
        let table_name = self.store.ids.table_of(id).unwrap_or_default();
        let declared = table(&self.store.tables, table_name)?.declared.clone();
        self.store.check(&declared, &new)?;
        let time = old.number("_creationTime").unwrap_or_default();
        self.write(id, Some(with_system_fields(new, id, time)));
        Ok(())
    }

    fn write(&mut self, id: &str, document: Option<Object>) {
        let old = put(self.store, id, document.map(Arc::new));
        self.undo.push((id.to_owned(), old));
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        while let Some((id, old)) = self.undo.pop() {
            put(self.store, &id, old);
        }
    }
}

/// Sets or removes a document; gives what was there.
fn put(store: &mut Store, id: &str, document: Option<Arc<Object>>) -> Option<Arc<Object>> {
    let table = store.tables.get_mut(store.ids.table_of(id)?)?;
    Arc::make_mut(table).put(id, document)
}

fn check_names(document: &Object) -> Result<(), FunctionError> {
    match document.iter().find(|(name, _)| name.starts_with('_')) {
        None => Ok(()),
        Some((name, _)) => Err(FunctionError::new(format!(
            "Field '{name}' starts with an underscore, which is only allowed for system fields like '_id'"
        ))),
    }
}

fn with_system_fields(document: Object, id: &str, creation_time: f64) -> Object {
    let system = [
        ("_creationTime".to_owned(), Value::from(creation_time)),
        ("_id".to_owned(), Value::from(id)),
    ];
    system.into_iter().chain(document).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::manifest;
    use serde_json::json;

    fn store() -> Store {
        Store::new(&manifest().main.schema).unwrap()
    }

    fn object(json: serde_json::Value) -> Object {
        json.try_into().unwrap()
    }

    fn users(store: &Store) -> Vec<Object> {
        let documents = store.tables()["users"].documents();
        documents.map(|user| user.as_ref().clone()).collect()
    }

    #[test]
    fn a_document_gets_its_id_and_a_creation_time_of_its_own() {
        let mut store = store();
        let mut transaction = store.begin();
        for name in ["Ada", "Bob"] {
            let user = object(json!({"name": name, "authId": name}));
            transaction.insert("users", user, 1000.0).unwrap();
        }
        transaction.commit();
        let times: Vec<_> = users(&store)
            .iter()
            .map(|user| user.number("_creationTime").unwrap())
            .collect();
        assert_eq!(times, [1000.0, 1000.001]);
    }

    #[test]
    fn what_is_not_committed_never_happened() {
        let mut store = store();
        let ada = object(json!({"name": "Ada", "authId": "a"}));
        let mut transaction = store.begin();
        let id = transaction.insert("users", ada.clone(), 1.0).unwrap();
        transaction.commit();
        let before = users(&store);

        let mut transaction = store.begin();
        transaction.insert("users", ada, 2.0).unwrap();
        transaction
            .patch(&id, object(json!({"name": "A"})))
            .unwrap();
        transaction.delete(&id).unwrap();
        assert_eq!(users(transaction.store()).len(), 1);
        drop(transaction);
        assert_eq!(users(&store), before);
    }

    #[test]
    fn documents_must_match_the_schema() {
        let mut store = store();
        let mut transaction = store.begin();
        let wrong = object(json!({"name": 7, "authId": "a"}));
        assert_eq!(
            transaction
                .insert("users", wrong, 1.0)
                .unwrap_err()
                .to_string(),
            "Uncaught Error: Failed to insert or update a document in table \"users\" because it does not match the schema: Value does not match validator.\nPath: .name\nValue: 7.0\nValidator: v.string()"
        );
        let ada = object(json!({"name": "Ada", "authId": "a"}));
        let id = transaction.insert("users", ada, 1.0).unwrap();
        assert!(
            transaction
                .replace(&id, object(json!({"name": "A"})))
                .is_err()
        );
        assert!(transaction.patch(&id, object(json!({"x": 1}))).is_err());
        assert_eq!(
            transaction
                .patch(&id, object(json!({"_x": 1})))
                .unwrap_err(),
            FunctionError::new(
                "Field '_x' starts with an underscore, which is only allowed for system fields like '_id'"
            )
        );
        assert_eq!(
            transaction
                .insert("user", Object::default(), 1.0)
                .unwrap_err(),
            FunctionError::new("The schema has no table `user`; did you mean `users`?")
        );
    }

    #[test]
    fn a_missing_document_cannot_be_changed() {
        let mut store = store();
        let id = store.new_id("users").unwrap();
        let mut transaction = store.begin();
        for (result, verb) in [
            (transaction.patch(&id, Object::default()), "Update"),
            (transaction.replace(&id, Object::default()), "Replace"),
            (transaction.delete(&id), "Delete"),
        ] {
            assert_eq!(
                result.unwrap_err(),
                FunctionError::new(format!("{verb} on nonexistent document ID {id}"))
            );
        }
    }

    #[test]
    fn a_snapshot_keeps_the_state_for_half_a_minute() {
        let mut store = store();
        let early = store.snapshot(1_000.0);
        let mut transaction = store.begin();
        let ada = object(json!({"name": "Ada", "authId": "a"}));
        transaction.insert("users", ada, 1.0).unwrap();
        transaction.commit();
        let late = store.snapshot(1_000.0);
        assert_eq!(store.at(early).unwrap()["users"].len(), 0);
        assert_eq!(store.at(late).unwrap()["users"].len(), 1);
        store.snapshot(32_000.0);
        assert!(store.at(early).is_none());
    }
}
