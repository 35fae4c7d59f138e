use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;

use crate::users::UserId;

/// How long to wait between tries of a blocked deployment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    /// Before the first try; it doubles.
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(300),
        }
    }
}

/// The tasks that try blocked deployments, at most one a user; they end with the
/// `Byod` they belong to.
#[derive(Debug)]
pub(crate) struct RecoveryTasks {
    pub(crate) pauses: Pauses,
    tasks: Mutex<HashMap<UserId, AbortHandle>>,
}

impl RecoveryTasks {
    pub(crate) fn new(pauses: Pauses) -> Self {
        Self {
            pauses,
            tasks: Mutex::default(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<UserId, AbortHandle>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RecoveryTasks {
    fn drop(&mut self) {
        for task in self.lock().values() {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_tasks_end_with_what_they_belong_to() {
        let tasks = RecoveryTasks::new(Pauses::default());
        let task = tokio::spawn(std::future::pending::<()>());
        tasks.lock().insert("a".into(), task.abort_handle());
        drop(tasks);
        let ended = tokio::time::timeout(Duration::from_secs(20), task).await;
        assert!(ended.unwrap().unwrap_err().is_cancelled());
    }
}
