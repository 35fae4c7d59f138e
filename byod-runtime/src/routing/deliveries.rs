//! Whose rows are under way to main.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quick_cache::sync::Cache;
use tokio::sync::Mutex;

use crate::users::UserId;

/// Whose rows are under way to main.
#[derive(Debug)]
pub(crate) struct Outbox {
    users: Cache<String, Arc<UnderWay>>,
}

#[derive(Debug, Default)]
pub(super) struct UnderWay {
    pub(super) taking: Mutex<()>,
    /// How many wait to take what is left by then.
    pub(super) waiting: AtomicUsize,
}

impl Outbox {
    /// Of about `capacity` users.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            users: Cache::new(capacity),
        }
    }

    pub(super) fn of(&self, user: &UserId) -> Arc<UnderWay> {
        let made = self
            .users
            .get_or_insert_with(user.as_str(), || Ok::<_, Infallible>(Arc::default()));
        match made {
            Ok(of) => of,
            Err(never) => match never {},
        }
    }
}

/// Somebody who will take what is left by the time that they begin.
pub(super) struct Waiting<'a>(&'a UnderWay);

impl<'a> Waiting<'a> {
    pub(super) fn new(under_way: &'a UnderWay) -> Self {
        under_way.waiting.fetch_add(1, Ordering::SeqCst);
        Self(under_way)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}
