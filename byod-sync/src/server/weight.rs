//! How much of a client's requests is held.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What all requests weigh that wait or run, in bytes.
#[derive(Debug, Default)]
pub(super) struct Weights(Arc<AtomicUsize>);

/// One request. Once it is dropped it weighs nothing.
#[derive(Debug)]
pub(super) struct Weighed {
    bytes: usize,
    all: Arc<AtomicUsize>,
}

impl Weights {
    /// One more, unless all would weigh more than that then. There is always room for one.
    pub(super) fn add(&self, bytes: usize, most: usize) -> Option<Weighed> {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        let weighed = Weighed {
            bytes,
            all: self.0.clone(),
        };
        (before == 0 || before.saturating_add(bytes) <= most).then_some(weighed)
    }
}

impl Drop for Weighed {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_one_and_for_as_many_as_weigh_no_more() {
        let weights = Weights::default();
        let one = weights.add(20, 10);
        assert!(one.is_some() && weights.add(1, 10).is_none());
        drop(one);
        let two = [weights.add(6, 10), weights.add(4, 10)];
        assert!(two.iter().all(Option::is_some) && weights.add(1, 10).is_none());
    }
}
