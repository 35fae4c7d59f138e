//! Whose records have changed, for who looks at all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::broadcast::{self, error::RecvError};

use crate::users::UserId;

/// How many messages wait for who is slow; who misses some has to look at all records.
const WAITING: usize = 64;

/// Whose records were changed, by whomever, or are gone.
///
/// ```
/// use byod_runtime::ChangedUsers;
///
/// fn worth_a_full_look(changed: &ChangedUsers) -> bool {
///     match changed {
///         ChangedUsers::Some(users) => users.len() > 1_000,
///         _ => true,
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ChangedUsers {
    /// These users'.
    Some(Arc<[UserId]>),
    /// More than main tells of.
    Anybody,
}

/// Hears whose records have changed; see [`Byod::changed_users`](crate::Byod::changed_users).
///
/// ```
/// use byod_runtime::{Byod, ChangedUsers};
///
/// async fn print(byod: &Byod) {
///     let mut changes = byod.changed_users();
///     while let Some(ChangedUsers::Some(users)) = changes.next().await {
///         println!("{} records have changed", users.len());
///     }
/// }
/// ```
#[derive(Debug)]
pub struct UserChanges {
    told: broadcast::Receiver<ChangedUsers>,
    is_told: Arc<AtomicBool>,
}

impl UserChanges {
    /// The next change; `None` once the `Byod` is gone.
    pub async fn next(&mut self) -> Option<ChangedUsers> {
        match self.told.recv().await {
            Ok(changed) => Some(changed),
            Err(RecvError::Lagged(_)) => Some(ChangedUsers::Anybody),
            Err(RecvError::Closed) => None,
        }
    }

    /// Whether main tells of changes at present. Where it doesn't, who wants to know has to look.
    pub fn is_told(&self) -> bool {
        self.is_told.load(Ordering::Relaxed)
    }
}

/// Tells those who hear it.
#[derive(Debug)]
pub(crate) struct Telling {
    told: broadcast::Sender<ChangedUsers>,
    is_told: Arc<AtomicBool>,
}

impl Default for Telling {
    fn default() -> Self {
        Self {
            told: broadcast::Sender::new(WAITING),
            is_told: Arc::default(),
        }
    }
}

impl Telling {
    pub(super) fn hear(&self) -> UserChanges {
        UserChanges {
            told: self.told.subscribe(),
            is_told: self.is_told.clone(),
        }
    }

    pub(super) fn has_hearers(&self) -> bool {
        self.told.receiver_count() > 0
    }

    /// Whether main tells of changes.
    pub(super) fn set_told(&self, is_told: bool) {
        self.is_told.store(is_told, Ordering::Relaxed);
    }

    pub(super) fn tell(&self, changed: ChangedUsers) {
        // Nobody hears it any more.
        let _ = self.told.send(changed);
    }
}
