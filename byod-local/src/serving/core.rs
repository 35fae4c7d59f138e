//! What the handle and the HTTP server share: functions, tables, keys, records.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use byod_schema::{FunctionPath, FunctionType, Value};
use byod_sync::Timestamp;
#[cfg(feature = "push")]
use serde_json::Value as Json;

use super::present::Present;
use super::requests::Requests;
use crate::auth::{Auth, Caller};
use crate::error::FunctionError;
use crate::functions::Access;
use crate::functions::Functions;
#[cfg(feature = "push")]
use crate::push::{NotPushed, Pushes, Started};
use crate::store::{Asked, Noticed, Store, Tables};

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) name: String,
    functions: RwLock<Arc<Functions>>,
    #[cfg(feature = "push")]
    pub(crate) pushes: Pushes,
    store: RwLock<Store>,
    auth: RwLock<Auth>,
    requests: Mutex<Requests>,
    present: Mutex<Present>,
}

/// A call of one function, as it arrived.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) path: FunctionPath,
    /// The kind that the endpoint is for; `None` for any.
    pub(crate) kind: Option<FunctionType>,
    /// The arguments: a single object, if the caller does it right.
    pub(crate) args: Vec<Value>,
}

/// A lock is never left in the middle of a change: a transaction that is not
/// committed undoes itself, also in a panic. So poisoning says nothing.
fn unpoisoned<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

impl Core {
    pub(crate) fn new(
        name: String,
        functions: Functions,
        #[cfg(feature = "push")] pushes: Pushes,
        store: Store,
        auth: Auth,
    ) -> Self {
        Self {
            name,
            functions: RwLock::new(Arc::new(functions)),
            #[cfg(feature = "push")]
            pushes,
            store: RwLock::new(store),
            auth: RwLock::new(auth),
            requests: Mutex::default(),
            present: Mutex::default(),
        }
    }

    /// The functions, until others are pushed.
    pub(crate) fn functions(&self) -> Arc<Functions> {
        unpoisoned(self.functions.read()).clone()
    }

    /// Runs what was pushed from now on.
    #[cfg(feature = "push")]
    pub(crate) fn finish_push(&self, push: &Started, dry_run: bool) -> Result<Json, NotPushed> {
        let mut store = self.store_mut();
        let (functions, reply) = self.pushes.finish(push, dry_run, &mut store)?;
        if let Some(functions) = functions {
            *unpoisoned(self.functions.write()) = Arc::new(functions);
        }
        Ok(reply)
    }

    pub(crate) fn store(&self) -> RwLockReadGuard<'_, Store> {
        unpoisoned(self.store.read())
    }

    pub(crate) fn store_mut(&self) -> RwLockWriteGuard<'_, Store> {
        unpoisoned(self.store.write())
    }

    pub(crate) fn auth(&self) -> RwLockReadGuard<'_, Auth> {
        unpoisoned(self.auth.read())
    }

    pub(crate) fn auth_mut(&self) -> RwLockWriteGuard<'_, Auth> {
        unpoisoned(self.auth.write())
    }

    pub(crate) fn requests(&self) -> MutexGuard<'_, Requests> {
        unpoisoned(self.requests.lock())
    }

    /// What queries give since the last commit.
    pub(super) fn present(&self) -> MutexGuard<'_, Present> {
        unpoisoned(self.present.lock())
    }

    /// Calls a function: queries side by side, others one after another.
    pub(crate) fn call(&self, call: Call, caller: &Caller) -> Result<Value, FunctionError> {
        let functions = self.functions();
        let function = functions.find(&call.path, call.kind, caller)?;
        if function.is_query() {
            let store = self.store();
            let access = Access::Read(store.tables(), store.ids());
            function.call(access, caller, call.args, now(), &Noticed::default())
        } else {
            let mut store = self.store_mut();
            let access = Access::Write(store.begin());
            function.call(access, caller, call.args, now(), &Noticed::default())
        }
    }

    /// Calls a mutation, unless it was called before: then gives what it gave. With the moment of its writes.
    pub(crate) fn call_once(
        &self,
        asked: Asked,
        call: Call,
        caller: &Caller,
    ) -> Result<(Value, Timestamp), FunctionError> {
        let functions = self.functions();
        let function = functions.find(&call.path, call.kind, caller)?;
        let mut store = self.store_mut();
        if let Some(known) = store.answered().get(&asked) {
            return Ok(known);
        }
        let access = Access::Write(store.begin());
        let value = function.call(access, caller, call.args, now(), &Noticed::default())?;
        let ts = store.moment();
        store.answered().add(asked, value.clone(), ts);
        Ok((value, ts))
    }

    /// Calls queries that all see the same state: the present one, or an older
    /// one that was kept.
    pub(crate) fn read(
        &self,
        calls: Vec<Call>,
        caller: &Caller,
        at: Option<u64>,
    ) -> Option<Vec<Result<Value, FunctionError>>> {
        let store = self.store();
        let tables: &Tables = match at {
            None => store.tables(),
            Some(ts) => store.at(ts)?,
        };
        let functions = self.functions();
        let results = calls.into_iter().map(|call| {
            let query = Some(FunctionType::Query);
            let function = functions.find(&call.path, query, caller)?;
            let access = Access::Read(tables, store.ids());
            function.call(access, caller, call.args, now(), &Noticed::default())
        });
        Some(results.collect())
    }
}

/// The present time, whole milliseconds since 1970; as `Date.now()`.
pub(crate) fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_millis() as f64)
}
