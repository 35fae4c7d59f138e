//! What is known by users' ids, and who reads it: the states that an entry of the
//! cache goes through. `tests/route_model.rs` runs this very file in all orders that
//! threads may take.

use std::collections::HashMap;
use std::future::Future;
use std::hash::{Hash, RandomState};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{OptionsBuilder, UnitWeighter};
use tokio::sync::OnceCell;

// In the model, a lock that knows of the model's threads.
use super::sync::{Mutex, MutexGuard};

/// A bounded cache of values, each read once for all that ask at the same time.
///
/// Whoever finds a value touches the cache alone. All changes but dropping what is old
/// are made under the lock of the reads, so that none comes between the parts of
/// another: clearing takes a read that is under way off the list, and what is not on the list
/// is known to those alone who wait for it already.
pub(crate) struct ReadOnce<K, T, E> {
    known: Cache<K, T, UnitWeighter, RandomState>,
    /// Under way, or about to be begun.
    reads: Mutex<Reads<K, T, E>>,
}

type Reads<K, T, E> = HashMap<K, Listed<T, E>>;

struct Listed<T, E> {
    read: Arc<Read<T, E>>,
    /// How many wait for it; with the last of them it leaves the list.
    waiting: usize,
}

/// A read that is done once, by whoever comes first, while all others wait for it.
struct Read<T, E> {
    value: OnceCell<Result<T, E>>,
    /// What was known before, to go on with while main fails.
    previous: Option<T>,
}

/// A value that is to be read again after some time.
pub(crate) trait Aging {
    fn is_due(&self, now: Instant) -> bool;
}

/// What a call finds.
pub(crate) enum Found<'a, K: Hash + Eq, T, E> {
    Known(T),
    ToRead(Reading<'a, K, T, E>),
}

/// One's part in a read.
pub(crate) struct Reading<'a, K: Hash + Eq, T, E> {
    of: &'a ReadOnce<K, T, E>,
    key: &'a K,
    read: Arc<Read<T, E>>,
}

/// Parts of the cache with a lock each: more than threads that meet in it.
const SHARDS: usize = 64;

impl<K: Hash + Eq + Clone, T: Aging + Clone, E: Clone> ReadOnce<K, T, E> {
    /// Holds about `capacity` values; those that are not used go first.
    pub(crate) fn new(capacity: usize) -> Self {
        let mut options = OptionsBuilder::new();
        options
            .shards(SHARDS)
            .estimated_items_capacity(capacity)
            .weight_capacity(capacity as u64)
            // Half for those who were seen once: they come back soon or not at all.
            .hot_allocation(0.5);
        // Both capacities are given, which is all it asks for.
        let options = options
            .build()
            .unwrap_or_else(|error| unreachable!("{error}"));
        // Hashed so that nobody can choose ids that fall together.
        let (hasher, lifecycle) = (RandomState::new(), DefaultLifecycle::default());
        Self {
            known: Cache::with_options(options, UnitWeighter, hasher, lifecycle),
            reads: Mutex::default(),
        }
    }

    /// The value, if it is known and not to be read again.
    pub(crate) fn hit(&self, key: &K, now: Instant) -> Option<T> {
        self.known.get(key).filter(|value| !value.is_due(now))
    }

    /// The value for a call that begins now, or how it is read.
    pub(crate) fn find<'a>(&'a self, key: &'a K, now: Instant) -> Found<'a, K, T, E> {
        if let Some(value) = self.hit(key, now) {
            return Found::Known(value);
        }
        let mut reads = self.lock();
        // It may have been read in between.
        let previous = match self.known.get(key) {
            Some(value) if !value.is_due(now) => return Found::Known(value),
            other => other,
        };
        let listed = reads.entry(key.clone()).or_insert_with(|| Listed {
            read: Arc::new(Read {
                value: OnceCell::new(),
                previous,
            }),
            waiting: 0,
        });
        listed.waiting += 1;
        let read = listed.read.clone();
        Found::ToRead(Reading {
            of: self,
            key,
            read,
        })
    }

    /// What is known now, without reading it; while it is read again, what was known
    /// before.
    pub(crate) fn peek(&self, key: &K) -> Option<T> {
        self.known.peek(key)
    }

    /// Drops what is known; a call that begins afterwards reads it anew. Waits for no
    /// read that is under way.
    pub(crate) fn clear(&self, key: &K) {
        let mut reads = self.lock();
        reads.remove(key);
        self.known.remove(key);
    }

    /// Drops all that is known, as [`clear`](Self::clear) does.
    pub(crate) fn clear_all(&self) {
        let mut reads = self.lock();
        reads.clear();
        self.known.clear();
    }

    /// Puts `value` in the place of what is known, if that passes the check, and of
    /// what is being read. Says whether it did.
    pub(crate) fn replace_if(&self, key: &K, check: impl FnOnce(&T) -> bool, value: T) -> bool {
        let mut reads = self.lock();
        let passes = self.known.peek(key).is_some_and(|known| check(&known));
        if passes {
            reads.remove(key);
            self.known.insert(key.clone(), value);
        }
        passes
    }

    /// Drops the values that don't pass the check.
    pub(crate) fn retain(&self, check: impl Fn(&T) -> bool) {
        self.known.retain(|_, value| check(value));
    }
}

#[cfg(test)]
impl<K: Hash + Eq + Clone, T: Clone, E> ReadOnce<K, T, E> {
    /// How many values are known.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// How many reads are on the list.
    pub(crate) fn reads(&self) -> usize {
        self.lock().len()
    }
}

impl<K, T, E> ReadOnce<K, T, E> {
    fn lock(&self) -> MutexGuard<'_, Reads<K, T, E>> {
        self.reads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone, T: Aging + Clone, E: Clone> Reading<'_, K, T, E> {
    /// The value; runs `load` if nobody else is reading it, with what was known before.
    /// A failure goes to all who wait, and to nobody after them.
    pub(crate) async fn value<F>(&self, load: impl FnOnce(Option<T>) -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let read = || async {
            let value = load(self.read.previous.clone()).await;
            self.settle(value.as_ref().ok());
            value
        };
        self.read.value.get_or_init(read).await.clone()
    }

    /// Takes over what was read, unless the read was taken off the list.
    fn settle(&self, value: Option<&T>) {
        let mut reads = self.of.lock();
        if self.listed(&mut reads).is_none() {
            return;
        }
        reads.remove(self.key);
        match value {
            Some(value) => self.of.known.insert(self.key.clone(), value.clone()),
            None => {
                self.of.known.remove(self.key);
            }
        }
    }
}

impl<K: Hash + Eq, T, E> Reading<'_, K, T, E> {
    fn listed<'r>(&self, reads: &'r mut Reads<K, T, E>) -> Option<&'r mut Listed<T, E>> {
        let listed = reads.get_mut(self.key);
        listed.filter(|listed| Arc::ptr_eq(&listed.read, &self.read))
    }
}

impl<K: Hash + Eq, T, E> Drop for Reading<'_, K, T, E> {
    fn drop(&mut self) {
        let mut reads = self.of.lock();
        if let Some(listed) = self.listed(&mut reads) {
            listed.waiting -= 1;
            if listed.waiting == 0 {
                reads.remove(self.key);
            }
        }
    }
}
