//! Who may change a user's record, and what each does where somebody else came first.
//!
//! A writer says which record it has seen, and main refuses the change, in its own
//! transaction, if the record is another by now: other credentials, another status, or
//! changed at another time. What then is to be done depends on who writes.

use std::sync::Arc;
use std::time::Duration;

use super::connects_under_way::Connecting;
use super::service::Byod;
use crate::error::Error;
use crate::users::UserId;
use crate::users::{Change, ConnectionStatus, Credentials, UserDatabaseConfig, time_after};

/// How often a writer tries that others keep coming before.
const ATTEMPTS: u32 = 100;

/// Who changes a record.
pub(crate) enum Writer<'a> {
    /// Wins over everybody who began before it.
    Disconnect,
    /// What a test, by hand or of the recovery, found of the record's credentials. Gives
    /// way to whoever changed more than that the connection was tested, and to what was deployed since.
    Test,
    /// That calls with these credentials fail. Gives way as a test does, and while the user's data moves.
    Report(&'a News),
    /// Other credentials. Give way to a disconnect, and to credentials that came later.
    Credentials(&'a Credentials, &'a Connecting),
}

/// That a deployment fails.
pub(crate) struct News {
    /// Of the credentials it was called with.
    pub(super) fingerprint: u64,
    pub(super) reason: Arc<str>,
}

/// What became of a change.
pub(crate) enum Written {
    Yes,
    /// Somebody else came first; what there is now, if there is a record.
    Lost(Option<Box<UserDatabaseConfig>>),
    /// The user disconnected in this process since the writer began.
    CalledOff,
}

impl Byod {
    /// Changes the record that was `seen`, or makes one where there was none.
    pub(crate) async fn change(
        &self,
        user: &UserId,
        seen: Option<UserDatabaseConfig>,
        writer: Writer<'_>,
        change: &Change<'_>,
    ) -> Result<Written, Error> {
        // Where main can't refuse what is outdated, this process's own writers at
        // least come one after the other.
        let _writing = self.inner().store.lock(user).await;
        // A disconnect of this process is over or has not begun to read.
        if matches!(&writer, Writer::Credentials(_, connecting) if connecting.is_called_off()) {
            return Ok(Written::CalledOff);
        }
        self.change_locked(user, seen, writer, change).await
    }

    /// The same for who holds the store's lock of the user already.
    pub(super) async fn change_locked(
        &self,
        user: &UserId,
        seen: Option<UserDatabaseConfig>,
        writer: Writer<'_>,
        change: &Change<'_>,
    ) -> Result<Written, Error> {
        let store = &self.inner().store;
        let mut seen = seen;
        for attempt in 1..=ATTEMPTS {
            let at = time_after(seen.as_ref());
            self.inner().listening.writing(user, at as f64);
            let written = match (&seen, change.credentials) {
                (Some(record), _) => store.update(record, change, at).await,
                (None, Some(sealed)) => store.create(user, sealed, change, at).await,
                (None, None) => return Ok(Written::Lost(None)),
            };
            // Whether it was written isn't known then, nor whose what main told of it meanwhile is.
            let written = written.inspect_err(|_| {
                self.inner().listening.not_written(user);
                self.clear_user_client(user.clone());
            })?;
            if written {
                return Ok(Written::Yes);
            }
            self.inner().listening.not_written(user);
            let present = store.get(user).await?;
            // What main told of it meanwhile was taken for what was written here.
            let is_theirs = |present: &UserDatabaseConfig| present.updated_at == at as f64;
            if present.as_ref().is_some_and(is_theirs) {
                self.clear_user_client(user.clone());
            }
            if !self.tries_again(user, &writer, change, seen.as_ref(), present.as_ref()) {
                tracing::debug!(?user, "somebody else changed the user's record first");
                return Ok(Written::Lost(present.map(Box::new)));
            }
            seen = present;
            if attempt > 3 {
                tokio::time::sleep(Duration::from_millis(fastrand::u64(1..20))).await;
            }
        }
        Err(Error::record_changed(user.as_str()))
    }

    /// Whether a writer who lost goes on with the record as it is now.
    fn tries_again(
        &self,
        user: &UserId,
        writer: &Writer<'_>,
        change: &Change<'_>,
        seen: Option<&UserDatabaseConfig>,
        present: Option<&UserDatabaseConfig>,
    ) -> bool {
        let Some(present) = present else {
            // It was deleted, and what was true of it with it.
            return false;
        };
        let status = &present.connection_status;
        match writer {
            Writer::Disconnect => true,
            Writer::Test => {
                let same = seen.is_some_and(|seen| {
                    let settles = *status == ConnectionStatus::Pending;
                    (*status == seen.connection_status || settles)
                        && !present.is_moving()
                        && !is_deployed_since(seen, present, change)
                        && self.are_as_seen(user, seen, present)
                });
                same && may_be_tested(status)
            }
            Writer::Report(news) => self.is_about(user, news, present),
            Writer::Credentials(credentials, _) => {
                // What the user did last stands.
                !is_disconnected_since(seen, present)
                    && (self.holds(user, present, credentials)
                        || seen.is_some_and(|seen| self.are_as_seen(user, seen, present)))
            }
        }
    }

    /// Whether the record has the credentials that fail, and calls them good. While its user's data moves nothing is said
    /// of that: a move outlasts an outage, and another status would call it off.
    pub(super) fn is_about(&self, user: &UserId, news: &News, record: &UserDatabaseConfig) -> bool {
        record.connection_status == ConnectionStatus::Connected
            && !record.is_moving()
            && self.fingerprint(user, record) == Some(news.fingerprint)
    }

    /// Whether the record's credentials are those that were seen, at most sealed anew
    /// with another key. Somebody who stored the same ones again has tested them
    /// again, too.
    fn are_as_seen(
        &self,
        user: &UserId,
        seen: &UserDatabaseConfig,
        present: &UserDatabaseConfig,
    ) -> bool {
        if seen.credentials == present.credentials {
            return true;
        }
        let resealed = seen.last_connection_test == present.last_connection_test;
        let opened = self.open(user, seen);
        resealed && opened.is_ok_and(|seen| self.holds(user, present, &seen))
    }

    fn holds(&self, user: &UserId, record: &UserDatabaseConfig, credentials: &Credentials) -> bool {
        let opened = self.open(user, record);
        opened.is_ok_and(|opened| opened.is_same(credentials))
    }
}

/// Whether the user disconnected after the record was seen. One that was disconnected
/// then and has only been sealed anew has the same time still.
fn is_disconnected_since(seen: Option<&UserDatabaseConfig>, present: &UserDatabaseConfig) -> bool {
    let disconnected = ConnectionStatus::Disconnected;
    present.connection_status == disconnected
        && seen.is_none_or(|seen| {
            seen.connection_status != disconnected || seen.updated_at != present.updated_at
        })
}

/// Whether another version was deployed after the record was seen: what was found before that is over.
fn is_deployed_since(
    seen: &UserDatabaseConfig,
    present: &UserDatabaseConfig,
    found: &Change<'_>,
) -> bool {
    let found = found.schema_version.map(|version| version as f64);
    present.last_schema_deploy != seen.last_schema_deploy && found != Some(present.schema_version)
}

/// Whether a test says anything about a record of that status.
pub(crate) fn may_be_tested(status: &ConnectionStatus) -> bool {
    !matches!(
        status,
        ConnectionStatus::Disconnected | ConnectionStatus::Unknown(_)
    )
}
