use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::status::UserStatus;
use crate::users::UserId;

/// The users that somebody watches; the tasks that read their records end with the
/// `Byod` they belong to.
#[derive(Debug, Default)]
pub(crate) struct Watched(Mutex<HashMap<UserId, Watch>>);

#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) sender: watch::Sender<UserStatus>,
    pub(crate) task: AbortHandle,
}

impl Watched {
    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Watch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom somebody watches.
    pub(crate) fn users(&self) -> Vec<UserId> {
        self.lock().keys().cloned().collect()
    }

    /// Forgets the user if nobody watches; says whether it did.
    pub(crate) fn remove_unwatched(&self, user: &UserId) -> bool {
        let mut watched = self.lock();
        let unwatched = watched
            .get(user)
            .is_none_or(|watch| watch.sender.receiver_count() == 0);
        if unwatched {
            watched.remove(user);
        }
        unwatched
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        for watch in self.lock().values() {
            watch.task.abort();
        }
    }
}
