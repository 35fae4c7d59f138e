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
    /// Held while rows are taken: one at a time for each user.
    pub(super) taking: tokio::sync::Mutex<Allowance>,
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

/// How many rows of one user main is given: whoever owns a deployment may put there as many
/// as they like, and main does them for all users.
#[derive(Debug)]
pub(super) struct Allowance {
    left: f64,
    /// When that was counted.
    at: Instant,
    /// Main was told the user's subject by this process, so that it knows it where nobody
    /// is there who does: in a sweep.
    pub(super) is_introduced: bool,
}

impl Allowance {
    /// How many may be given after a long time without any.
    const MOST: f64 = 3200.0;
    /// How many more a second later.
    const PER_SECOND: f64 = 10.0;

    /// How many may be given now.
    pub(super) fn left(&mut self, now: Instant) -> usize {
        let more = now.saturating_duration_since(self.at).as_secs_f64() * Self::PER_SECOND;
        self.left = (self.left + more).min(Self::MOST);
        self.at = now;
        self.left as usize
    }

    /// So many were given.
    pub(super) fn spend(&mut self, rows: usize) {
        self.left -= rows as f64;
    }
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            left: Self::MOST,
            at: Instant::now(),
            is_introduced: false,
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_user_has_so_many_rows_done_at_first_and_so_many_a_second() {
        let mut allowance = Allowance::default();
        let start = Instant::now();
        let mut given = 0;
        // As often as anybody asks, for an hour.
        for tenths in 0..36_000_u64 {
            let now = start + Duration::from_millis(100 * tenths);
            let rows = allowance.left(now).min(100);
            allowance.spend(rows);
            given += rows;
        }
        assert!((39_100..=39_300).contains(&given), "{given}");
        // What was not asked for is not kept for later, beyond what there is at first.
        let later = start + Duration::from_secs(1_000_000);
        assert_eq!(allowance.left(later), 3200);
    }
}
