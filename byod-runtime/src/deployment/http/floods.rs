use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::silence::Silence;

/// Floods that are further apart than this are not one streak.
const STREAK: Duration = Duration::from_secs(60);

/// How many of a deployment's connections were closed because more came on them than
/// calls had asked for, and what closes those on which nothing comes.
#[derive(Debug, Default)]
pub(crate) struct Floods {
    /// Of the present streak, which may have ended.
    count: AtomicU32,
    last: Mutex<Option<Instant>>,
    /// Of whose connections are ended, too, where it answers nothing any more: not main's.
    silence: Option<Silence>,
}

impl Floods {
    /// Of a user's deployment.
    pub(crate) fn of_a_user() -> Self {
        Self {
            silence: Some(Silence::default()),
            ..Self::default()
        }
    }

    /// Whether they are a user's, and no bounds are too narrow for them.
    pub(super) fn is_a_users(&self) -> bool {
        self.silence.is_some()
    }

    pub(super) fn silence(&self) -> Option<&Silence> {
        self.silence.as_ref()
    }

    /// One more connection was closed.
    pub(crate) fn add(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match last.replace(now) {
            Some(before) if now - before < STREAK => self.count.fetch_add(1, Ordering::Relaxed),
            _ => self.count.swap(1, Ordering::Relaxed),
        };
    }

    /// How many in a row; none if the last was long ago.
    pub(crate) fn in_a_row(&self) -> u32 {
        match self.count.load(Ordering::Relaxed) {
            0 => 0,
            count => {
                let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                let recent = last.is_some_and(|last| last.elapsed() < STREAK);
                if recent { count } else { 0 }
            }
        }
    }
}
