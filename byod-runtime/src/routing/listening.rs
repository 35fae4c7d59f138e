use std::sync::{Mutex, PoisonError};

use quick_cache::sync::Cache;
use tokio::task::AbortHandle;

use crate::users::UserId;

/// The task that listens to main, which ends with the `Byod` it belongs to, and what is known already.
#[derive(Debug)]
pub(crate) struct Listening {
    listens: bool,
    task: Mutex<Option<AbortHandle>>,
    known: Cache<UserId, Known>,
}

/// Times of changes of one user's record.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Of the record that the route was made of.
    read: Option<f64>,
    /// Of what this process wrote last, which drops the route itself where it has to.
    written: Option<f64>,
}

impl Listening {
    /// Whether it listens at all, and of how many users' routes, about.
    pub(crate) fn new(listens: bool, capacity: usize) -> Self {
        Self {
            listens,
            task: Mutex::default(),
            known: Cache::new(capacity),
        }
    }

    /// A record was read that was changed then.
    pub(super) fn read(&self, user: &UserId, updated_at: f64) {
        self.note(user, |known| known.read = Some(updated_at));
    }

    /// This process is about to change the record: it is not news to it, however soon it hears of that.
    pub(super) fn writing(&self, user: &UserId, updated_at: f64) {
        self.note(user, |known| known.written = Some(updated_at));
    }

    /// It did not: somebody else came first.
    pub(super) fn not_written(&self, user: &UserId) {
        self.note(user, |known| known.written = None);
    }

    fn note(&self, user: &UserId, note: impl FnOnce(&mut Known)) {
        let mut known = self.known.get(user).unwrap_or_default();
        note(&mut known);
        self.known.insert(user.clone(), known);
    }

    /// Whether somebody else has changed the record then, after the one that the route was made of.
    pub(super) fn is_news(&self, user: &UserId, updated_at: f64) -> bool {
        let Known { read, written } = self.known.get(user).unwrap_or_default();
        written != Some(updated_at) && read.is_none_or(|read| read < updated_at)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_is_what_others_have_written_since_it_was_read() {
        let listening = Listening::new(true, 8);
        let alice = UserId::from("alice");
        assert!(listening.is_news(&alice, 1.0), "nothing is known of it yet");
        listening.read(&alice, 5.0);
        assert!(!listening.is_news(&alice, 4.0) && !listening.is_news(&alice, 5.0));
        assert!(listening.is_news(&alice, 6.0));
        listening.writing(&alice, 7.0);
        assert!(!listening.is_news(&alice, 7.0), "this process wrote it");
        assert!(listening.is_news(&alice, 6.0) && listening.is_news(&alice, 8.0));
        assert!(listening.is_news(&UserId::from("bob"), 7.0));
        listening.not_written(&alice);
        assert!(
            listening.is_news(&alice, 7.0),
            "somebody else did, at that time"
        );
    }
}
