//! How many calls one go at a move takes at the most: a deployment that is in its owner's hands may have ever more to
//! answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a move takes that is of nothing.
const AT_FIRST: u64 = 10_000;

/// How many more for each document: where each needs calls of its own, it is listed, copied and compared, on both sides and
/// several times.
const EACH: u64 = 64;

/// How many are left, for both sides together.
#[derive(Clone, Debug)]
pub(super) struct Calls(Arc<AtomicU64>);

impl Calls {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(AT_FIRST)))
    }

    /// There are so many documents more.
    pub(super) fn allow(&self, documents: u64) {
        let more = documents.saturating_mul(EACH);
        let add = |left: u64| Some(left.saturating_add(more));
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }

    /// One is made.
    pub(super) fn take(&self) -> Result<(), String> {
        let less = |left: u64| left.checked_sub(1);
        match self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
        {
            Ok(_) => Ok(()),
            Err(_) => Err(
                "it takes many more calls than there are documents, without coming to an end: deploy what \
                 `byod export` writes to the user's deployment"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_documents_take() {
        let calls = Calls::new();
        let other_side = calls.clone();
        assert!((0..AT_FIRST / 2).all(|_| calls.take().is_ok() && other_side.take().is_ok()));
        assert!(calls.take().is_err() && other_side.take().is_err());
        calls.allow(2);
        assert!((0..2 * EACH).all(|_| other_side.take().is_ok()));
        assert!(calls.take().is_err());
        calls.allow(u64::MAX);
        calls.allow(u64::MAX);
        assert!(calls.take().is_ok());
    }
}
