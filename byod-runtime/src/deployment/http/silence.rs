//! Ends connections over HTTP/2 to a deployment that answers nothing any more.
//!
//! With HTTP/2 calls share a connection, and it remains when they are given up. Where its
//! other side takes no more calls (`SETTINGS_MAX_CONCURRENT_STREAMS`), the client keeps
//! what was to be sent for as long as the connection lives.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Context;

use futures_util::task::AtomicWaker;

/// How many calls in a row are given up before the connections are ended.
const MOST: u32 = 32;

/// Of one deployment.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// How many calls were given up since one was answered.
    given_up: AtomicU32,
    connections: Mutex<Vec<Weak<Ending>>>,
}

/// Whether a connection is to be ended.
#[derive(Debug, Default)]
pub(super) struct Ending {
    is_due: AtomicBool,
    waker: AtomicWaker,
}

/// Why a connection was ended.
#[derive(Debug, thiserror::Error)]
#[error("the deployment has answered none of the last {MOST} calls, and the connection was closed")]
pub(super) struct Silent;

impl Silence {
    /// For a new connection.
    pub(super) fn watch(&self) -> Arc<Ending> {
        let ending = Arc::<Ending>::default();
        let mut connections = self.lock();
        connections.retain(|one| one.strong_count() > 0);
        connections.push(Arc::downgrade(&ending));
        ending
    }

    /// A call begins to wait for its answer.
    pub(super) fn begin(&self) -> Awaited<'_> {
        Awaited(Some(self))
    }

    fn give_up(&self) {
        if self.given_up.fetch_add(1, Ordering::Relaxed) + 1 < MOST {
            return;
        }
        self.given_up.store(0, Ordering::Relaxed);
        for ending in std::mem::take(&mut *self.lock()) {
            if let Some(ending) = ending.upgrade() {
                ending.is_due.store(true, Ordering::Release);
                ending.waker.wake();
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Ending>>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ending {
    pub(super) fn is_due(&self) -> bool {
        self.is_due.load(Ordering::Acquire)
    }

    /// The same; wakes the task when it is.
    pub(super) fn poll_due(&self, context: &Context<'_>) -> bool {
        self.waker.register(context.waker());
        self.is_due()
    }
}

/// A call that waits for its answer; given up where it is dropped.
pub(super) struct Awaited<'a>(Option<&'a Silence>);

impl Awaited<'_> {
    pub(super) fn answered(mut self) {
        if let Some(silence) = self.0.take()
            && silence.given_up.load(Ordering::Relaxed) != 0
        {
            silence.given_up.store(0, Ordering::Relaxed);
        }
    }

    /// It has no answer, and waits no more.
    pub(super) fn failed(mut self) {
        self.0 = None;
    }
}

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        if let Some(silence) = self.0 {
            silence.give_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_end_when_as_many_calls_are_given_up_and_none_is_answered() {
        let silence = Silence::default();
        let ending = silence.watch();
        for _ in 1..MOST {
            drop(silence.begin());
        }
        silence.begin().answered();
        for _ in 1..MOST {
            silence.begin().failed();
            drop(silence.begin());
        }
        assert!(!ending.is_due());
        drop(silence.begin());
        assert!(ending.is_due());
        // Those that are made then have another chance.
        let next = silence.watch();
        drop(silence.begin());
        assert!(!next.is_due());
    }
}
