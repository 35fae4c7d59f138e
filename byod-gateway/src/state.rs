//! What all requests share.

use std::sync::Arc;
use std::time::Duration;

use byod_runtime::{Byod, Error, ProblemDetails, Session};
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;

use crate::callers::{Resolve, Strangers};
use crate::open_streams::OpenStreams;
use crate::settings::Settings;

/// What all requests share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gateway(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) byod: Byod,
    pub(crate) settings: Settings,
    /// `None`: main is asked.
    resolve: Option<Arc<dyn Resolve>>,
    /// By the user's id.
    connects: DefaultKeyedRateLimiter<String>,
    /// Tokens that main knew no user of a moment ago, by their digests.
    strangers: Strangers,
    /// Requests under `/byod/`, of all.
    pub(crate) changes: Semaphore,
    /// Those of each user.
    pub(crate) users_changes: OpenStreams,
    pub(crate) streams: OpenStreams,
    /// Sockets of each user.
    pub(crate) sockets: OpenStreams,
    /// Those of all.
    pub(crate) all_sockets: Arc<Semaphore>,
    /// Those of who is nobody.
    pub(crate) nobodys_sockets: Arc<Semaphore>,
    /// Calls over HTTP of each user.
    pub(crate) calls: OpenStreams,
    /// Those of who is nobody.
    pub(crate) nobodys_calls: Semaphore,
}

/// Whose a token is.
pub(crate) enum Whose {
    Users(Session),
    /// Somebody's whom main knows no user of, yet.
    Strangers,
    /// Main doesn't take it: why.
    Nobodys(Error),
}

impl Gateway {
    pub(crate) fn new(byod: Byod, mut settings: Settings) -> Self {
        let resolve = settings.resolve.take();
        let half = |all: usize| all.div_ceil(2);
        let nobodys_sockets = settings.sockets_of_nobody.unwrap_or(half(settings.sockets));
        let nobodys_calls = settings
            .calls_of_nobody
            .unwrap_or(half(settings.calls_at_once));
        let per_minute = Quota::per_minute(settings.connects_per_minute);
        Self(Arc::new(Shared {
            byod,
            resolve,
            connects: RateLimiter::keyed(per_minute),
            strangers: Strangers::default(),
            changes: Semaphore::new(settings.connects_at_once),
            users_changes: OpenStreams::new(settings.connects_per_user),
            streams: OpenStreams::new(settings.events_per_user),
            sockets: OpenStreams::new(settings.sockets_per_user),
            all_sockets: Arc::new(Semaphore::new(settings.sockets)),
            nobodys_sockets: Arc::new(Semaphore::new(nobodys_sockets)),
            calls: OpenStreams::new(settings.calls_per_user),
            nobodys_calls: Semaphore::new(nobodys_calls),
            settings,
        }))
    }

    /// The session of whom a token belongs to; `None` where main knows no user of it, or did not a moment ago.
    pub(crate) async fn session(&self, token: &str) -> Result<Option<Session>, Error> {
        if self.0.strangers.has(token) {
            return Ok(None);
        }
        let session = self.session_now(token).await?;
        if session.is_none() {
            self.0.strangers.add(token);
        }
        Ok(session)
    }

    /// The same, as main says now.
    pub(crate) async fn session_now(&self, token: &str) -> Result<Option<Session>, Error> {
        match self.whose(token).await? {
            Whose::Users(session) => Ok(Some(session)),
            Whose::Strangers | Whose::Nobodys(_) => Ok(None),
        }
    }

    /// Whose a token is, as main says now.
    pub(crate) async fn whose(&self, token: &str) -> Result<Whose, Error> {
        let byod = &self.0.byod;
        let Some(resolve) = &self.0.resolve else {
            return match byod.session_for(token).await {
                Ok(session) => Ok(Whose::Users(session)),
                Err(Error::Unauthenticated {
                    is_stranger: true, ..
                }) => Ok(Whose::Strangers),
                Err(refused @ Error::Unauthenticated { .. }) => Ok(Whose::Nobodys(refused)),
                Err(error) => Err(error),
            };
        };
        let found = resolve.resolve(byod, token).await?;
        Ok(match found {
            Some(caller) => Whose::Users(caller.session(byod, token)),
            None => Whose::Strangers,
        })
    }

    /// Counts what a user does to their connection.
    pub(crate) fn count_connect(&self, user: &str) -> Result<(), ProblemDetails> {
        let limiter = &self.0.connects;
        // Users of long ago are forgotten.
        if limiter.len() > 10_000 {
            limiter.retain_recent();
        }
        limiter.check_key(&user.to_owned()).map_err(|too_early| {
            let wait = too_early.wait_time_from(limiter.clock().now());
            let seconds = wait.as_secs() + 1;
            let detail = format!("That was too often in a short time. Try again in {seconds} s.");
            ProblemDetails::new(429, "rate_limited", detail)
                .retry_after(Duration::from_secs(seconds))
        })
    }
}

impl std::ops::Deref for Gateway {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
