//! What is done about a user's deployment that fails: it is blocked, main is told,
//! and from time to time it is tried whether it is back.

use std::sync::{Arc, Weak};

use byod_schema::Location;

use super::cache::{Blocked, Connected, Route, Why};
use super::record_changes::{News, Writer};
use super::recovery_tasks::Pauses;
use super::service::{Byod, Inner};
use super::target::{RoutedClient, Target};
use crate::deployment::{Observer, is_failing};
use crate::error::{ConnectionProblem, Error};
use crate::telemetry;
use crate::users::{Change, ConnectionStatus, UserId, to_the_end};

impl Byod {
    /// Takes note of how a call to a user's deployment failed: blocks the user's
    /// route where it can't be expected to work.
    pub(crate) fn observe(&self, user: &UserId, connected: &Arc<Connected>, error: &Error) {
        let problem = ConnectionProblem::of(error);
        let refuses = matches!(
            problem,
            Some(ConnectionProblem::WrongKey { .. } | ConnectionProblem::Stopped { .. })
        );
        let failures = || connected.client.health().failures_in_a_row();
        let fails = is_failing(error) && failures() >= self.inner().failure_threshold;
        if !refuses && !fails {
            return;
        }
        if let Some(problem) = problem {
            self.block(user, connected, &problem);
        }
    }

    /// Takes note that a call to a user's deployment was answered: blocks the user's
    /// route if more than answers came.
    pub(crate) fn answered(&self, user: &UserId, connected: &Arc<Connected>) {
        let floods = connected.client.health().floods().in_a_row();
        if floods >= self.inner().failure_threshold {
            self.block(user, connected, &ConnectionProblem::Flooding);
        }
    }

    fn block(&self, user: &UserId, connected: &Arc<Connected>, problem: &ConnectionProblem) {
        let reason: Arc<str> = problem.to_string().into();
        let blocked = Blocked {
            deployment: connected.client.host().into(),
            why: Why::Failing(reason.clone()),
        };
        // Else another call did, or the user has other credentials by now.
        if self.inner().routes.block(user, connected, blocked) {
            self.inner().followers.tell(user);
            telemetry::blocked();
            tracing::warn!(?user, ?reason, "the user's deployment is blocked");
            self.publish_failure(user, &reason);
            let fingerprint = connected.fingerprint;
            self.recover(
                user,
                Some(News {
                    fingerprint,
                    reason,
                }),
            );
        }
    }

    /// Tries the user's blocked deployment from time to time until it works, in a
    /// task of its own, unless one does so already. With `news`, tells main first
    /// that these credentials fail, and why.
    pub(crate) fn recover(&self, user: &UserId, news: Option<News>) {
        let mut tasks = self.inner().recovery_tasks.lock();
        let running = tasks.get(user).is_some_and(|task| !task.is_finished());
        if running && news.is_none() {
            return;
        }
        let pauses = self.inner().recovery_tasks.pauses;
        let task = tokio::spawn(run(self.weak(), user.clone(), news, pauses)).abort_handle();
        if let Some(former) = tasks.insert(user.clone(), task) {
            former.abort();
        }
    }

    /// Tries the user's deployment no more.
    pub(crate) fn stop_recovery(&self, user: &UserId) {
        if let Some(task) = self.inner().recovery_tasks.lock().remove(user) {
            task.abort();
        }
    }

    /// Why this process blocks the user's deployment, if it does.
    pub(crate) fn blocked_reason(&self, user: &UserId) -> Option<Arc<str>> {
        match self.inner().routes.peek(user)? {
            Route::Blocked(blocked) => Some(blocked.reason(self.inner().minimum_schema_version)),
            _ => None,
        }
    }

    /// Writes into the user's record that the deployment fails, unless the record
    /// has other credentials or another status by now, or the user's data moves.
    async fn report(self, user: UserId, news: News) -> Result<(), Error> {
        let record = self.inner().store.get(&user).await?;
        if !record
            .as_ref()
            .is_some_and(|record| self.is_about(&user, &news, record))
        {
            return Ok(());
        }
        let change = Change {
            error: Some(&news.reason),
            ..Change::to(&ConnectionStatus::Error)
        };
        let writer = Writer::Report(&news);
        self.change(&user, record, writer, &change).await?;
        self.status(&user).await?;
        Ok(())
    }

    /// Whether the user's deployment is no longer blocked here, or nobody has asked
    /// for it for so long that the route is forgotten. Then its task must end.
    fn is_over(&self, user: &UserId) -> bool {
        let mut tasks = self.inner().recovery_tasks.lock();
        let over = self.blocked_reason(user).is_none();
        if over {
            tasks.remove(user);
        }
        over
    }
}

impl Target {
    /// The client that calls of this user go through; how they fail is observed.
    pub(crate) fn into_routed(self, byod: &Byod, user: &UserId) -> RoutedClient {
        match self {
            Self::Main(main) => main,
            Self::User(connected) => {
                let client = connected.client.clone();
                let watcher = Watcher::new(byod, user, connected);
                RoutedClient::new(Location::User, client.observed(Arc::new(watcher)))
            }
        }
    }
}

/// Takes note of what comes of calls that are made outside of a session.
#[derive(Debug)]
pub(crate) struct Watcher {
    byod: Weak<Inner>,
    user: UserId,
    connected: Arc<Connected>,
}

impl Watcher {
    pub(crate) fn new(byod: &Byod, user: &UserId, connected: Arc<Connected>) -> Self {
        Self {
            byod: byod.weak(),
            user: user.clone(),
            connected,
        }
    }
}

impl Observer for Watcher {
    fn answered(&self) {
        if let Some(byod) = Byod::upgrade(&self.byod) {
            byod.answered(&self.user, &self.connected);
        }
    }

    fn failed(&self, error: &Error) {
        if let Some(byod) = Byod::upgrade(&self.byod) {
            byod.observe(&self.user, &self.connected, error);
        }
    }
}

async fn run(weak: Weak<Inner>, user: UserId, news: Option<News>, pauses: Pauses) {
    if let (Some(news), Some(byod)) = (news, Byod::upgrade(&weak))
        && let Err(error) = to_the_end(byod.report(user.clone(), news)).await
    {
        tracing::warn!(?user, %error, "main could not be told that the user's deployment fails");
    }
    let mut pause = pauses.first;
    // A route that is being read again is not there for a moment, and whoever reads it
    // leaves the trying to this task.
    let mut was_away = false;
    loop {
        // Not all at once, where many fail together.
        tokio::time::sleep(pause.mul_f64(0.75 + fastrand::f64() / 2.0)).await;
        pause = (pause * 2).min(pauses.longest);
        let Some(byod) = Byod::upgrade(&weak) else {
            return;
        };
        if byod.blocked_reason(&user).is_none() {
            if was_away && byod.is_over(&user) {
                return;
            }
            was_away = true;
            pause = pauses.first;
            continue;
        }
        was_away = false;
        match byod.test_connection(&user).await {
            Ok(test) => {
                tracing::debug!(?user, ?test, "tried the user's blocked deployment");
                if test.problem.is_none() && byod.inner().router.leaves_rows() {
                    // What it has left for main while it failed; the log says how that went.
                    let _ = byod.apply_outbox(&user).await;
                }
            }
            Err(error) => {
                tracing::warn!(?user, %error, "the user's blocked deployment could not be tried");
            }
        }
    }
}
