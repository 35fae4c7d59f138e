//! Whether a call is sent again, and after which pause.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::deadline::Deadline;
use crate::error::Error;
use crate::telemetry;

/// The longest pause after the first attempt; it doubles with every further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause of all.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Whether the call is to be sent again; waits until it is time to. In a box, for
/// most calls are sent once.
#[cold]
pub(crate) fn again<'a>(
    attempt: u32,
    error: &'a Error,
    deadline: Deadline,
    budget: &'a Budget,
) -> BoxFuture<'a, bool> {
    let again = async move {
        // A deployment that is busy is not made less so by asking again.
        let may_help = error.is_retryable() && !matches!(error, Error::Busy { .. });
        if !may_help {
            return false;
        }
        let pause = pause(attempt, error);
        if pause >= deadline.left() || !budget.spend() {
            return false;
        }
        if let Some(call) = error.call() {
            telemetry::retry(call.endpoint);
        }
        tracing::debug!(%error, attempt, ?pause, "the call is sent again");
        tokio::time::sleep(pause).await;
        true
    };
    again.boxed()
}

/// How long to wait before the attempt after `attempt` (counted from 1): what the
/// deployment asks for, and then any time up to a bound that doubles ("full
/// jitter"), so that callers who failed together don't come back together.
fn pause(attempt: u32, error: &Error) -> Duration {
    let asked = error.retry_after().unwrap_or_default();
    let doubled = FIRST_PAUSE.saturating_mul(1 << (attempt - 1).min(16));
    asked.saturating_add(doubled.min(LONGEST_PAUSE).mul_f64(fastrand::f64()))
}

/// How many retries a deployment may still be given: a call that succeeds earns a
/// tenth of one. So retries add at most a tenth to the load of a deployment that
/// fails for long.
#[derive(Debug)]
pub(crate) struct Budget(AtomicU32);

/// Tenths of a retry that a budget begins with and never exceeds.
const FULL: u32 = 200;

/// What one retry costs.
const RETRY: u32 = 10;

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL))
    }
}

impl Budget {
    /// Takes one retry out, if there is one.
    fn spend(&self) -> bool {
        self.update(|tenths| tenths.checked_sub(RETRY))
    }

    /// For a call that succeeded.
    pub(crate) fn earn(&self) {
        self.update(|tenths| (tenths < FULL).then_some(tenths + 1));
    }

    fn update(&self, change: impl FnMut(u32) -> Option<u32>) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, change)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Endpoint;
    use crate::error::test_error::call;

    fn overloaded(retry_after: Option<Duration>) -> Error {
        Error::Status {
            call: call(Endpoint::Query),
            status: 503,
            code: None,
            message: "".into(),
            retry_after,
        }
    }

    #[test]
    fn pauses_are_spread_and_grow_up_to_a_bound() {
        let error = overloaded(None);
        for (attempt, longest) in [(1, 100), (2, 200), (3, 400), (7, 5000), (4_000_000, 5000)] {
            let longest = Duration::from_millis(longest);
            let pauses: Vec<_> = (0..200).map(|_| pause(attempt, &error)).collect();
            assert!(pauses.iter().all(|pause| *pause <= longest));
            assert!(pauses.iter().any(|pause| *pause > longest / 2));
            assert!(pauses.iter().any(|pause| *pause < longest / 2));
        }
    }

    #[test]
    fn nobody_comes_back_before_the_deployment_asks_for_it_nor_all_at_once() {
        let asked = Duration::from_secs(7);
        let pauses: Vec<_> = (0..20)
            .map(|_| pause(1, &overloaded(Some(asked))))
            .collect();
        assert!(
            pauses
                .iter()
                .all(|pause| (asked..asked + FIRST_PAUSE).contains(pause))
        );
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        assert_eq!(pause(1, &overloaded(Some(Duration::MAX))), Duration::MAX);
    }

    #[test]
    fn a_budget_ends_and_is_earned_back() {
        let budget = Budget::default();
        let spent = (0..100).take_while(|_| budget.spend()).count();
        assert_eq!(spent, 20);
        for _ in 0..9 {
            budget.earn();
        }
        assert!(!budget.spend());
        budget.earn();
        assert!(budget.spend());
        assert!(!budget.spend());
        for _ in 0..100_000 {
            budget.earn();
        }
        assert_eq!((0..100).take_while(|_| budget.spend()).count(), 20);
    }
}
