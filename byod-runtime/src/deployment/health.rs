//! What is known of a deployment from the calls that were made to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::deadline::Deadline;
use super::http::Floods;
use super::retry::Budget;
use crate::error::Error;

/// Failures that are further apart than this are not one streak.
const STREAK: Duration = Duration::from_secs(60);

/// A deployment's failures, retries and calls under way, shared by all clients of
/// the same URL in a `Byod`.
#[derive(Debug)]
pub(crate) struct Health {
    pub(crate) budget: Budget,
    /// `None` for main, which every call of the service may need.
    calls: Option<Calls>,
    failures: Mutex<Failures>,
    floods: Arc<Floods>,
}

#[derive(Debug)]
struct Calls {
    limit: usize,
    permits: Semaphore,
    /// How many wait for a permit.
    waiting: AtomicUsize,
}

/// Failures of the connection without an answered call in between.
#[derive(Debug, Default)]
struct Failures {
    count: u32,
    last: Option<Instant>,
}

/// What an error says about the deployment, not about the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// It answered as a deployment does.
    Alive,
    /// It didn't, or couldn't be reached.
    Failing,
    /// Neither.
    None,
}

impl Health {
    /// With at most `limit` calls at once, where there is a limit.
    pub(crate) fn new(limit: Option<usize>) -> Self {
        let calls = limit.map(|limit| Calls {
            limit,
            permits: Semaphore::new(limit),
            waiting: AtomicUsize::new(0),
        });
        Self {
            budget: Budget::default(),
            calls,
            failures: Mutex::default(),
            floods: Arc::new(match limit {
                Some(_) => Floods::of_a_user(),
                None => Floods::default(),
            }),
        }
    }

    /// A place among the calls under way, if there is one.
    pub(crate) fn try_enter(&self) -> Option<Place<'_>> {
        match &self.calls {
            None => Some(Place(None)),
            Some(calls) => calls.permits.try_acquire().ok().map(|it| Place(Some(it))),
        }
    }

    /// Waits for a place among the calls under way. As many calls as may be under way
    /// may wait for one; `Err` with the limit for one more, or where none became free
    /// in time.
    ///
    /// In a box, for most calls need not wait.
    #[cold]
    pub(crate) fn enter(&self, deadline: Deadline) -> BoxFuture<'_, Result<Place<'_>, usize>> {
        let enter = async move {
            let Some(calls) = &self.calls else {
                return Ok(Place(None));
            };
            let _waiting = Waiting::begin(calls).ok_or(calls.limit)?;
            match timeout(deadline.left(), calls.permits.acquire()).await {
                Ok(Ok(permit)) => Ok(Place(Some(permit))),
                // The semaphore is never closed: no place in time.
                Ok(Err(_)) | Err(_) => Err(calls.limit),
            }
        };
        enter.boxed()
    }

    /// Takes note of how an attempt ended.
    pub(crate) fn note<T>(&self, result: &Result<T, Error>) {
        match result.as_ref().map_or_else(sign, |_| Sign::Alive) {
            Sign::Alive => {
                self.budget.earn();
                let mut failures = self.failures();
                if failures.count > 0 {
                    *failures = Failures::default();
                }
            }
            Sign::Failing => {
                let mut failures = self.failures();
                let now = Instant::now();
                let streak = failures.last.is_some_and(|last| now - last < STREAK);
                failures.count = if streak {
                    failures.count.saturating_add(1)
                } else {
                    1
                };
                failures.last = Some(now);
            }
            Sign::None => {}
        }
    }

    /// Attempts that failed one after the other.
    pub(crate) fn failures_in_a_row(&self) -> u32 {
        self.failures().count
    }

    /// What came on its connections that no call asked for. Calls that are answered don't
    /// make up for it.
    pub(crate) fn floods(&self) -> &Arc<Floods> {
        &self.floods
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way; dropped when it is over.
pub(crate) struct Place<'a>(
    #[allow(dead_code, reason = "held for its drop")] Option<SemaphorePermit<'a>>,
);

struct Waiting<'a>(&'a Calls);

impl<'a> Waiting<'a> {
    fn begin(calls: &'a Calls) -> Option<Self> {
        if calls.waiting.fetch_add(1, Ordering::Relaxed) >= calls.limit {
            calls.waiting.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Self(calls))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn sign(error: &Error) -> Sign {
    match error {
        Error::Function { .. } | Error::Claim { .. } | Error::Answer { executed: true, .. } => {
            Sign::Alive
        }
        Error::Connect { .. }
        | Error::Tls { .. }
        | Error::Timeout { .. }
        | Error::Interrupted { .. }
        | Error::Answer { .. } => Sign::Failing,
        // No deployment answers with a redirect: something else is there by now.
        Error::Status {
            status: 300..=399 | 404 | 408 | 500..=599,
            ..
        } => Sign::Failing,
        _ => Sign::None,
    }
}

/// Whether an error is one of those that are counted.
pub(crate) fn is_failing(error: &Error) -> bool {
    sign(error) == Sign::Failing
}

/// The health of every deployment that has a client in this process.
#[derive(Debug)]
pub(crate) struct Deployments {
    limit: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_url: HashMap<Arc<str>, Weak<Health>>,
    /// How many there may be until those are forgotten that nobody holds any more.
    full: usize,
}

impl Deployments {
    /// Users' deployments, each with at most `limit` calls at once.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            known: Mutex::default(),
        }
    }

    /// That of the deployment at `url`.
    pub(crate) fn of(&self, url: &Arc<str>) -> Arc<Health> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(health) = known.by_url.get(url).and_then(Weak::upgrade) {
            return health;
        }
        if known.by_url.len() >= known.full {
            known.forget_unheld();
        }
        let health = Arc::new(Health::new(Some(self.limit)));
        known.by_url.insert(url.clone(), Arc::downgrade(&health));
        health
    }
}

impl Known {
    /// Looks for them again when there is an eighth more: few enough to keep, and
    /// seldom enough to look at all.
    fn forget_unheld(&mut self) {
        self.by_url.retain(|_, health| health.strong_count() > 0);
        self.full = self.by_url.len() + self.by_url.len() / 8 + 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Result<(), Error> {
        Err(crate::error::test_error::interrupted())
    }

    #[test]
    fn only_failures_of_the_connection_in_a_row_count() {
        let health = Health::new(None);
        for _ in 0..3 {
            health.note(&failure());
        }
        assert_eq!(health.failures_in_a_row(), 3);
        // Neither says anything about the connection.
        health.note::<()>(&Err(crate::error::test_error::status(429)));
        health.note::<()>(&Err(Error::config("no")));
        assert_eq!(health.failures_in_a_row(), 3);
        health.note::<()>(&Err(crate::error::test_error::function()));
        assert_eq!(health.failures_in_a_row(), 0);
        health.note(&failure());
        health.note(&Ok(()));
        assert_eq!(health.failures_in_a_row(), 0);
    }

    #[tokio::test]
    async fn as_many_calls_wait_as_may_be_under_way() {
        let health = Health::new(Some(2));
        let soon = || Deadline::after(Duration::from_secs(5));
        let (first, second) = (health.enter(soon()).await, health.enter(soon()).await);
        assert!(first.is_ok() && second.is_ok());
        let (third, fourth) = (health.enter(soon()), health.enter(soon()));
        tokio::pin!(third, fourth);
        assert_eq!(third.as_mut().now_or_never().map(|_| ()), None);
        assert_eq!(fourth.as_mut().now_or_never().map(|_| ()), None);
        assert_eq!(health.enter(soon()).await.err(), Some(2));
        drop(first);
        assert!(third.await.is_ok());
        drop(second);
        assert!(fourth.await.is_ok());
    }

    #[tokio::test]
    async fn a_call_does_not_wait_beyond_its_deadline() {
        let health = Health::new(Some(1));
        let _place = health.enter(Deadline::after(Duration::from_secs(5))).await;
        let late = health
            .enter(Deadline::after(Duration::from_millis(5)))
            .await;
        assert_eq!(late.err(), Some(1));
    }

    #[test]
    fn clients_of_one_url_share_its_health() {
        let deployments = Deployments::new(4);
        let (a, b) = (Arc::from("https://a"), Arc::from("https://b"));
        let first = deployments.of(&a);
        assert!(Arc::ptr_eq(&first, &deployments.of(&a)));
        assert!(!Arc::ptr_eq(&first, &deployments.of(&b)));
    }

    #[test]
    fn deployments_that_nobody_calls_are_forgotten() {
        let deployments = Deployments::new(4);
        for number in 0..10_000 {
            deployments.of(&Arc::from(format!("https://{number}")));
        }
        let known = deployments.known.lock().unwrap();
        assert!(known.by_url.len() < 10, "{}", known.by_url.len());
    }
}
