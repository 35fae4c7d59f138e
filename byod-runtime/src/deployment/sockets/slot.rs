//! Where a watcher finds the newest results: what came before and was not taken is gone.

use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use byod_sync::QueryResult;

use crate::error::Error;

/// The results of one watcher's queries, all of one moment, in the order in which the queries were given.
pub(crate) type Results = Box<[QueryResult]>;

/// What a watcher learns.
#[derive(Clone, Debug)]
pub(crate) enum News {
    Results(Results),
    /// The deployment refuses who calls.
    Refused(Error),
    /// There is no socket at present, and there may never be one.
    NoSocket,
}

/// What one watcher has not taken yet.
#[derive(Debug, Default)]
pub(super) struct Slot(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    results: Option<Results>,
    trouble: Option<News>,
    waker: Option<Waker>,
}

impl Slot {
    /// Puts results in the place of any that were not taken; what was wrong before is over.
    pub(super) fn results(&self, results: Results) {
        self.put(|waiting| {
            waiting.results = Some(results);
            waiting.trouble = None;
        });
    }

    pub(super) fn trouble(&self, trouble: News) {
        self.put(|waiting| waiting.trouble = Some(trouble));
    }

    fn put(&self, change: impl FnOnce(&mut Waiting)) {
        let waker = {
            let mut waiting = self.lock();
            change(&mut waiting);
            waiting.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<News> {
        let mut waiting = self.lock();
        if let Some(results) = waiting.results.take() {
            return Poll::Ready(News::Results(results));
        }
        if let Some(trouble) = waiting.trouble.take() {
            return Poll::Ready(trouble);
        }
        waiting.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
