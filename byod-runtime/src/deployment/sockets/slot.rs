//! Where a watcher finds the newest results: what came before and was not taken is gone.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use byod_sync::QueryResult;

use crate::error::Error;

/// The results of one watcher's queries, all of one moment, in the order in which the queries were given.
pub(crate) type Results = Box<[Latest]>;

/// What a query gave last.
#[derive(Clone, Debug)]
pub(crate) struct Latest {
    pub(crate) result: QueryResult,
    /// Where its page ends, for this deployment alone.
    pub(crate) journal: Option<String>,
    pub(crate) log_lines: Arc<[String]>,
}

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
    /// In a box: it is seldom there, and there may be many of these.
    trouble: Option<Box<News>>,
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
        self.put(|waiting| waiting.trouble = Some(Box::new(trouble)));
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

    /// What there is.
    pub(super) fn take(&self) -> Option<News> {
        self.lock().take()
    }

    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<News> {
        let mut waiting = self.lock();
        if let Some(news) = waiting.take() {
            return Poll::Ready(news);
        }
        waiting.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take(&mut self) -> Option<News> {
        let results = self.results.take().map(News::Results);
        results.or_else(|| self.trouble.take().map(|trouble| *trouble))
    }
}
