//! What is known of one user's route, and who reads it: the states that an entry of
//! the cache goes through. `tests/route_model.rs` runs this very file in all orders
//! that threads may take.

use std::future::Future;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

// In the model, a lock that knows of the model's threads.
use super::sync::{Mutex, MutexGuard};

/// One user's route: known, or in a *slot* that is filled once, by whoever comes
/// first, while all others wait for it.
///
/// Clearing puts an empty slot in its place. So what is being read at that moment
/// fills a slot that no later call can find, and whoever clears an entry waits for
/// nobody.
pub(crate) struct Entry<T, E>(Mutex<State<T, E>>);

struct State<T, E> {
    value: Value<T, E>,
    /// When somebody last asked for the value.
    used: Instant,
}

/// What a call finds.
pub(crate) enum Value<T, E> {
    Known(T),
    /// Being read, or not asked for yet.
    Awaited(Arc<Slot<T, E>>),
}

/// Where a value will be.
pub(crate) struct Slot<T, E> {
    value: OnceCell<Result<T, E>>,
    /// What was known before this slot, to go on with while main fails.
    previous: Option<T>,
}

/// A value that is to be read again after some time.
pub(crate) trait Aging {
    fn is_due(&self, now: Instant) -> bool;
}

impl<T, E> Default for Entry<T, E> {
    fn default() -> Self {
        Self(Mutex::new(State {
            value: Value::unknown(None),
            used: Instant::now(),
        }))
    }
}

impl<T: Aging + Clone, E: Clone> Entry<T, E> {
    /// The value for a call that begins now: an empty slot where it is to be read
    /// again.
    pub(crate) fn value(&self, now: Instant) -> Value<T, E> {
        let mut state = self.lock();
        state.used = now;
        match &state.value {
            Value::Known(value) if !value.is_due(now) => Value::Known(value.clone()),
            Value::Known(value) => {
                let value = Value::unknown(Some(value.clone()));
                state.value = value.clone();
                value
            }
            awaited => awaited.clone(),
        }
    }

    /// The slot's value; runs `load` if it is not being read, with what was known
    /// before. A failure goes to all who wait, and to nobody after them.
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
            self.settle(slot, value.as_ref().ok());
            value
        };
        slot.value.get_or_init(fill).await.clone()
    }

    /// What is known now, without reading it, unless nobody has asked for it for
    /// that long; while it is read again, what was known before.
    pub(crate) fn peek(&self, unused: Duration) -> Option<T> {
        let state = self.lock();
        let recent = state.used.elapsed() < unused;
        state.value.known().filter(|_| recent).cloned()
    }

    /// For how long nobody has asked for the value.
    pub(crate) fn idle(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.lock().used)
    }

    /// Drops what is known; a call that begins afterwards reads it anew.
    pub(crate) fn clear(&self) {
        self.lock().value = Value::unknown(None);
    }

    /// Puts `value` in the place of what is known, if that passes the check. Says
    /// whether it did.
    pub(crate) fn replace_if(&self, check: impl FnOnce(&T) -> bool, value: T) -> bool {
        let mut state = self.lock();
        let passes = state.value.known().is_some_and(check);
        if passes {
            state.value = Value::Known(value);
        }
        passes
    }

    /// Takes over what was read for this slot, unless another value has taken the
    /// slot's place.
    fn settle(&self, slot: &Arc<Slot<T, E>>, value: Option<&T>) {
        let mut state = self.lock();
        if matches!(&state.value, Value::Awaited(current) if Arc::ptr_eq(current, slot)) {
            state.value = match value {
                Some(value) => Value::Known(value.clone()),
                None => Value::unknown(None),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T, E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, E> Value<T, E> {
    fn unknown(previous: Option<T>) -> Self {
        Self::Awaited(Arc::new(Slot {
            value: OnceCell::new(),
            previous,
        }))
    }

    /// What is being read anew may be what it was before.
    fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Awaited(slot) => slot.previous.as_ref(),
        }
    }
}

impl<T: Clone, E> Clone for Value<T, E> {
    fn clone(&self) -> Self {
        match self {
            Self::Known(value) => Self::Known(value.clone()),
            Self::Awaited(slot) => Self::Awaited(slot.clone()),
        }
    }
}
