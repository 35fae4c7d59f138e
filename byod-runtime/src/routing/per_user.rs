//! What is kept of each user, for as long as there is room.

use std::convert::Infallible;
use std::sync::Arc;

use quick_cache::sync::Cache;

/// One of each for about so many users; those that are in use live on when they are dropped
/// here.
#[derive(Debug)]
pub(super) struct PerUser<T> {
    users: Cache<String, Arc<T>>,
}

impl<T: Default> PerUser<T> {
    /// Of about `capacity` users.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            users: Cache::new(capacity),
        }
    }

    /// The user's, made where there is none.
    pub(super) fn of(&self, user: &str) -> Arc<T> {
        let made = || Ok::<_, Infallible>(Arc::default());
        match self.users.get_or_insert_with(user, made) {
            Ok(of) => of,
            Err(never) => match never {},
        }
    }
}
