use std::sync::{Mutex, PoisonError};

use quick_cache::sync::Cache;
use tokio::task::AbortHandle;

use crate::users::UserId;

/// The task that listens to main, which ends with the `Byod` it belongs to, and what is known already.
#[derive(Debug)]
pub(crate) struct Listening {
    listens: bool,
    task: Mutex<Option<AbortHandle>>,
    /// When the records were changed that routes were made of.
    read: Cache<UserId, f64>,
}

impl Listening {
    /// Whether it listens at all, and of how many users' routes, about.
    pub(crate) fn new(listens: bool, capacity: usize) -> Self {
        Self {
            listens,
            task: Mutex::default(),
            read: Cache::new(capacity),
        }
    }

    /// A record was read that was changed then.
    pub(super) fn read(&self, user: &UserId, updated_at: f64) {
        self.read.insert(user.clone(), updated_at);
    }

    /// Whether the route was made of an older record than one that was changed then.
    pub(super) fn is_news(&self, user: &UserId, updated_at: f64) -> bool {
        self.read.get(user).is_none_or(|read| read < updated_at)
    }

    /// Begins it, unless it runs: the runtime that it was of may have ended.
    pub(super) fn begin(&self, spawn: impl FnOnce() -> AbortHandle) {
        if !self.listens {
            return;
        }
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(AbortHandle::is_finished) {
            *task = Some(spawn());
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task {
            task.abort();
        }
    }
}
