//! How many documents a side gets done in the time that a call may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many are tried first, and at the most.
pub(super) const MOST: usize = 400;

/// As many as are asked for at once.
#[derive(Clone)]
pub(super) struct AtOnce(Arc<AtomicUsize>);

impl AtOnce {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(MOST)))
    }

    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// So many took longer than they may.
    pub(super) fn too_many(&self, count: usize) {
        self.0.store((count / 2).max(1), Ordering::Relaxed);
    }

    /// So many didn't: soon a few more are tried, for it may have been the moment.
    pub(super) fn done(&self, count: usize) {
        if count == self.get() {
            self.0.store((count + 1).min(MOST), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_are_asked_for_where_they_take_too_long_and_more_again_later() {
        let at_once = AtOnce::new();
        at_once.too_many(300);
        assert_eq!(at_once.get(), 150);
        at_once.done(20);
        assert_eq!(at_once.get(), 150, "that says nothing of so many");
        at_once.done(150);
        assert_eq!(at_once.get(), 151);
        at_once.too_many(1);
        assert_eq!(at_once.get(), 1);
        (1..1000).for_each(|count| at_once.done(count));
        assert_eq!(at_once.get(), MOST);
    }
}
