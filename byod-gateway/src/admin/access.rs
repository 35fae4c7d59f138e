//! Who has the operator's token, and how often somebody may try without it.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use byod_runtime::ProblemDetails;
use governor::clock::Clock as _;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;

use crate::callers::{Authorization, OperatorToken};

/// How many requests of operators are answered at a time: sixteen pages ask for little at once.
const AT_ONCE: usize = 64;

/// How many wrong tokens are taken for a mistake in a minute, by whomever.
const WRONG: NonZeroU32 = NonZeroU32::new(10).unwrap();

#[derive(Clone)]
pub(super) struct Access(Arc<Guard>);

struct Guard {
    token: OperatorToken,
    wrong: DefaultDirectRateLimiter,
    places: Semaphore,
}

impl Access {
    pub(super) fn new(token: OperatorToken) -> Self {
        Self(Arc::new(Guard {
            token,
            wrong: RateLimiter::direct(Quota::per_minute(WRONG)),
            places: Semaphore::new(AT_ONCE),
        }))
    }

    fn check(&self, given: &str) -> Result<(), ProblemDetails> {
        // However many wrong ones come, who has the token is let in: else anybody could shut an operator out.
        if self.0.token.is(given) {
            return Ok(());
        }
        self.0.wrong.check().map_err(|too_early| {
            let wait = too_early.wait_time_from(self.0.wrong.clock().now());
            let seconds = wait.as_secs() + 1;
            let detail = format!("Too many wrong tokens came. Try again in {seconds} s.");
            ProblemDetails::new(429, "rate_limited", detail)
                .retry_after(Duration::from_secs(seconds))
        })?;
        tracing::warn!("somebody asked for the operator's page with a wrong token");
        Err(wrong())
    }
}

fn wrong() -> ProblemDetails {
    ProblemDetails::new(
        401,
        "unauthenticated",
        "This takes the operator's token, as `Authorization: Bearer …`.",
    )
}

/// Lets those through who have the token, so many at a time.
pub(super) async fn check(State(access): State<Access>, request: Request, next: Next) -> Response {
    let checked = match Authorization::of(request.headers()) {
        Authorization::Bearer(token) => access.check(token),
        Authorization::Nobody | Authorization::Other => Err(wrong()),
    };
    if let Err(problem) = checked {
        return problem.into_response();
    }
    let Ok(_place) = access.0.places.try_acquire() else {
        let detail = "As much is asked of the operator's page as may be at a time. Try again soon.";
        let problem = ProblemDetails::new(503, "too_many_requests", detail);
        return problem.retry_after(Duration::from_secs(1)).into_response();
    };
    next.run(request).await
}
