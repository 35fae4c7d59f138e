//! What is known of one user's route, and who reads it: the states that an entry of
//! the cache goes through. `tests/route_model.rs` runs this very file in all orders
//! that threads may take.

use std::future::Future;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

// In the model, a lock that knows of the model's threads.
use super::sync::{Mutex, MutexGuard};

/// One user's route. It is in the entry's *slot*, which is filled once, by whoever
/// comes first, while all others wait for it.
///
/// Clearing puts an empty slot in its place. So what is being read at that moment
/// fills a slot that no later call can find, and whoever clears an entry waits for
/// nobody.
pub(crate) struct Entry<T, E>(Mutex<State<T, E>>);

struct State<T, E> {
    slot: Arc<Slot<T, E>>,
    /// When somebody last asked for the value.
    used: Instant,
}

/// A value that is there, being read, or not asked for yet.
pub(crate) struct Slot<T, E> {
    value: OnceCell<Result<T, E>>,
    /// What was known before this slot, to go on with while main fails.
    previous: Option<T>,
}

/// A value that is to be read again after some time.
pub(crate) trait Aging {
    fn is_due(&self) -> bool;
}

impl<T, E> Default for Entry<T, E> {
    fn default() -> Self {
        Self(Mutex::new(State {
            slot: Arc::new(Slot::empty(None)),
            used: Instant::now(),
        }))
    }
}

impl<T: Aging + Clone, E: Clone> Entry<T, E> {
    /// The slot for a call that begins now: an empty one where the value is to be
    /// read again.
    pub(crate) fn slot(&self) -> Arc<Slot<T, E>> {
        let mut state = self.lock();
        state.used = Instant::now();
        let due = state.slot.ready().filter(|value| value.is_due()).cloned();
        if due.is_some() {
            state.slot = Arc::new(Slot::empty(due));
        }
        state.slot.clone()
    }

    /// The slot's value; runs `load` if it is neither there nor being read, with what
    /// was known before. A failure goes to all who wait, and to nobody after them.
    pub(crate) async fn fill<F>(
        &self,
        slot: &Arc<Slot<T, E>>,
        load: impl FnOnce(Option<T>) -> F,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let fill = || async {
            let value = load(slot.previous.clone()).await;
            if value.is_err() {
                self.forget(slot);
            }
            value
        };
        slot.value.get_or_init(fill).await.clone()
    }

    /// What is known now, without reading it, unless nobody has asked for it for
    /// that long; while it is read again, what was known before.
    pub(crate) fn peek(&self, unused: Duration) -> Option<T> {
        let state = self.lock();
        let recent = state.used.elapsed() < unused;
        state.slot.known().filter(|_| recent).cloned()
    }

    /// Drops what is known; a call that begins afterwards reads it anew.
    pub(crate) fn clear(&self) {
        self.lock().slot = Arc::new(Slot::empty(None));
    }

    /// Puts `value` in the place of what is known, if that passes the check. Says
    /// whether it did.
    pub(crate) fn replace_if(&self, check: impl FnOnce(&T) -> bool, value: T) -> bool {
        let mut state = self.lock();
        let passes = state.slot.known().is_some_and(check);
        if passes {
            state.slot = Arc::new(Slot {
                value: OnceCell::new_with(Some(Ok(value))),
                previous: None,
            });
        }
        passes
    }

    /// Drops this slot, but not one that has taken its place.
    fn forget(&self, slot: &Arc<Slot<T, E>>) {
        let mut state = self.lock();
        if Arc::ptr_eq(&state.slot, slot) {
            state.slot = Arc::new(Slot::empty(None));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T, E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, E> Slot<T, E> {
    fn empty(previous: Option<T>) -> Self {
        Self {
            value: OnceCell::new(),
            previous,
        }
    }

    /// The value, if it is there.
    pub(crate) fn ready(&self) -> Option<&T> {
        self.value.get()?.as_ref().ok()
    }

    /// What is being read anew may be what it was before.
    fn known(&self) -> Option<&T> {
        match self.value.get() {
            Some(value) => value.as_ref().ok(),
            None => self.previous.as_ref(),
        }
    }
}
