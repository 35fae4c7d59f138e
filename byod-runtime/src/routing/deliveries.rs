//! Whose rows are under way to main.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::per_user::PerUser;
use crate::users::UserId;

/// Whose rows are under way to main.
#[derive(Debug)]
pub(crate) struct Outbox {
    users: PerUser<UnderWay>,
}

#[derive(Debug, Default)]
pub(super) struct UnderWay {
    pub(super) taking: tokio::sync::Mutex<()>,
    /// How many wait to take what is left by then.
    pub(super) waiting: AtomicUsize,
    /// When the user was disconnected last.
    disconnected: Mutex<Option<Instant>>,
}

impl Outbox {
    /// Of about `capacity` users.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            users: PerUser::new(capacity),
        }
    }

    pub(super) fn of(&self, user: &UserId) -> Arc<UnderWay> {
        self.users.of(user.as_str())
    }

    /// Nothing is asked of the user's deployment any more by who knew of it before.
    pub(super) fn disconnected(&self, user: &UserId) {
        *self.of(user).lock() = Some(Instant::now());
    }
}

impl UnderWay {
    /// Whether the user was disconnected since then.
    pub(super) fn is_over(&self, since: Instant) -> bool {
        self.lock()
            .is_some_and(|disconnected| disconnected >= since)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        let disconnected = self.disconnected.lock();
        disconnected.unwrap_or_else(PoisonError::into_inner)
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
