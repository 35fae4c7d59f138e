use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::lookup::outdated;
use crate::byod::{Byod, Inner};
use crate::error::{Claim, ConnectionProblem, Error};
use crate::users::{ConnectionStatus, UserDatabaseConfig, UserId};

/// How a user's own deployment is doing. Holds no secret.
#[derive(Clone, Debug, PartialEq)]
pub struct UserStatus {
    /// Whether the user's calls go to their own deployment.
    pub enabled: bool,
    /// Whether the record has not been read yet.
    pub loading: bool,
    /// The user's record; `None` where there is none.
    pub record: Option<UserRecord>,
    /// Why it is not enabled, or why the record could not be read.
    pub error: Option<Arc<str>>,
    /// Whose the deployment is, as it said last; `None` where it could not be asked, or
    /// has not been yet. One that is [`Unclaimable`](Claim::Unclaimable) keeps out
    /// nobody who has a key of it.
    pub claim: Option<Claim>,
}

/// A user's record without its credentials.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UserRecord {
    /// Whether the user's deployment is in use.
    pub connection_status: ConnectionStatus,
    /// When the connection was last tested, in milliseconds since 1970.
    pub last_connection_test: Option<f64>,
    /// Why the status is `error`, in words for the user.
    pub connection_error: Option<String>,
    /// The version of the schema that the deployment runs; 0 before the first.
    pub schema_version: f64,
    /// When the schema was last deployed, in milliseconds since 1970.
    pub last_schema_deploy: Option<f64>,
    /// When the record was made, in milliseconds since 1970.
    pub created_at: f64,
    /// When the record was last changed, in milliseconds since 1970.
    pub updated_at: f64,
}

impl From<&UserDatabaseConfig> for UserRecord {
    fn from(record: &UserDatabaseConfig) -> Self {
        Self {
            connection_status: record.connection_status.clone(),
            last_connection_test: record.last_connection_test,
            connection_error: record.connection_error.clone(),
            schema_version: record.schema_version,
            last_schema_deploy: record.last_schema_deploy,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl UserStatus {
    const LOADING: Self = Self {
        enabled: false,
        loading: true,
        record: None,
        error: None,
        claim: None,
    };

    /// What the record says, where `minimum` is the oldest schema that will do.
    pub(crate) fn of(record: Option<&UserDatabaseConfig>, minimum: u64) -> Self {
        let outdated = record.and_then(|record| outdated(record, minimum));
        let error: Option<Arc<str>> = match (outdated, record) {
            (_, None) => None,
            (Some(found), _) => {
                let problem = ConnectionProblem::SchemaOutdated { found, minimum };
                Some(problem.to_string().into())
            }
            (None, Some(record)) => match &record.connection_status {
                ConnectionStatus::Error => match record.connection_error.as_deref() {
                    None | Some("") => Some("no reason is stored".into()),
                    Some(reason) => Some(reason.into()),
                },
                ConnectionStatus::Unknown(status) => Some(
                    format!("its connectionStatus `{status}` is not known to this version").into(),
                ),
                _ => None,
            },
        };
        let connected =
            |record: &UserDatabaseConfig| record.connection_status == ConnectionStatus::Connected;
        Self {
            enabled: error.is_none() && record.is_some_and(connected),
            loading: false,
            error,
            record: record.map(UserRecord::from),
            claim: None,
        }
    }

    /// The same record, but its deployment can't be used now.
    fn failing(self, reason: &str) -> Self {
        Self {
            enabled: false,
            ..self.unread(reason)
        }
    }

    /// The same record, which could not be read again: calls go where they went.
    fn unread(self, reason: &str) -> Self {
        Self {
            loading: false,
            error: Some(reason.into()),
            ..self
        }
    }
}

impl Byod {
    /// How the user's own deployment is doing: their record, read now, and
    /// whether this process blocks it.
    ///
    /// Asks the deployment whose it is, for two seconds at most, where this process
    /// has not heard it yet.
    ///
    /// The errors are those of main.
    pub async fn status(&self, user: impl Into<UserId>) -> Result<UserStatus, Error> {
        let user = user.into();
        let record = self.inner().store.get(&user).await?;
        let mut status = UserStatus::of(record.as_ref(), self.inner().minimum_schema_version);
        if let Some(record) = record.as_ref().filter(|_| status.enabled) {
            status.claim = self.known_claim(&user, record).await;
        }
        let status = match self.blocked_reason(&user) {
            Some(reason) if status.enabled => status.failing(&reason),
            _ => status,
        };
        self.publish(&user, || status.clone());
        Ok(status)
    }

    /// How the user's own deployment is doing, now and whenever it changes.
    ///
    /// `loading` until the record has been read. What this process does or finds
    /// shows at once; what others write into the record, after at most the time
    /// that routes are kept ([`ByodBuilder::cache_ttl`](crate::ByodBuilder::cache_ttl)).
    /// Costs one query of main per that time, until all receivers are dropped.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn watch_status(&self, user: impl Into<UserId>) -> watch::Receiver<UserStatus> {
        let user = user.into();
        let mut watched = self.inner().watched.lock();
        if let Some(known) = watched.get(&user) {
            return known.sender.subscribe();
        }
        let (sender, receiver) = watch::channel(UserStatus::LOADING);
        let task = tokio::spawn(refresh(self.weak(), user.clone(), sender.clone()));
        let task = task.abort_handle();
        watched.insert(user, Watch { sender, task });
        receiver
    }

    /// Tells those who watch the user.
    pub(crate) fn publish(&self, user: &UserId, status: impl FnOnce() -> UserStatus) {
        self.publish_change(user, |_| status());
    }

    /// Tells those who watch the user that the deployment can't be used now.
    pub(crate) fn publish_failure(&self, user: &UserId, reason: &str) {
        self.publish_change(user, |known| known.failing(reason));
    }

    fn publish_change(&self, user: &UserId, change: impl FnOnce(UserStatus) -> UserStatus) {
        if let Some(watch) = self.inner().watched.lock().get(user) {
            watch.sender.send_if_modified(|known| {
                let status = change(known.clone());
                let changed = *known != status;
                *known = status;
                changed
            });
        }
    }

    pub(crate) fn is_watched(&self, user: &UserId) -> bool {
        self.inner().watched.lock().contains_key(user)
    }
}

/// Reads the record again and again, while somebody watches.
async fn refresh(weak: Weak<Inner>, user: UserId, watchers: watch::Sender<UserStatus>) {
    while let Some(byod) = Byod::upgrade(&weak) {
        if byod.inner().watched.remove_unwatched(&user) {
            return;
        }
        if let Err(error) = byod.status(&user).await {
            let reason = error.to_string();
            byod.publish_change(&user, |known| known.unread(&reason));
        }
        let pause = byod.inner().refresh_every;
        drop(byod);
        // Whether it is time, or nobody watches any more.
        let _ = tokio::time::timeout(pause, watchers.closed()).await;
    }
}

/// The users that somebody watches; the tasks that read their records end with the
/// `Byod` they belong to.
#[derive(Debug, Default)]
pub(crate) struct Watched(Mutex<HashMap<UserId, Watch>>);

#[derive(Debug)]
struct Watch {
    sender: watch::Sender<UserStatus>,
    task: AbortHandle,
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Watch>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the user if nobody watches; says whether it did.
    fn remove_unwatched(&self, user: &UserId) -> bool {
        let mut watched = self.lock();
        let unwatched = watched
            .get(user)
            .is_none_or(|watch| watch.sender.receiver_count() == 0);
        if unwatched {
            watched.remove(user);
        }
        unwatched
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        for watch in self.lock().values() {
            watch.task.abort();
        }
    }
}
