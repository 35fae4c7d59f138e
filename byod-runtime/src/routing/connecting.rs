//! Connecting a user's deployment, and giving it other credentials.

use std::future::IntoFuture;
use std::pin::Pin;
use std::time::Instant;

use super::connects_under_way::Connecting;
use super::copies::{Failed, Whose};
use super::record_changes::{Writer, Written};
use super::service::Byod;
use super::testing::{ConnectionTest, status_after, version_in};
use crate::deployment::Client;
use crate::error::{Claim, ConnectionProblem, Error, Outcome};
use crate::users::{
    Change, ConnectionStatus, Credentials, Subject, UserDatabaseConfig, UserId, to_the_end,
};

impl Byod {
    /// Connects a user's own deployment: claims and tests it, and stores its credentials
    /// as `connected`, or as `error` with the reason.
    ///
    /// Calls never go to main in between if the user's data may already be elsewhere:
    /// the former deployment of a user who is `connected` stays in use until the new
    /// one has passed the test, and if it doesn't pass; one that is blocked stays
    /// blocked.
    ///
    /// A deployment belongs to one user: it is claimed for this one first, `subject`
    /// being who they are there. [`Error::Claim`] if it is somebody else's already:
    /// nothing is stored then. A claim that was made for nothing, because the
    /// credentials were not stored, is given up again. What could not be claimed, since
    /// it could not be reached, is claimed by the user's first call.
    ///
    /// A disconnect that came while the deployment was tested stands: nothing is stored,
    /// and the test's status says so. [`Error::RecordChanged`] where other credentials
    /// were stored meanwhile, by another process: those stand as well.
    ///
    /// Who had data on main finds an empty app then, unless it is brought along:
    /// [`bring_data`](Connect::bring_data).
    ///
    /// [`Error::Entered`] if they can't be those of a deployment: nothing is stored
    /// then. Other errors are those of main.
    pub fn connect(
        &self,
        user: impl Into<UserId>,
        subject: impl Into<Subject>,
        credentials: &Credentials,
    ) -> Connect {
        Connect {
            byod: self.clone(),
            user: user.into(),
            subject: subject.into(),
            credentials: credentials.clone(),
        }
    }

    /// Replaces the credentials of a user who has a record, after testing that the
    /// new ones work; otherwise everything stays as it was, and the test that is
    /// returned holds the problem.
    ///
    /// The deployment is claimed for the user as [`connect`](Self::connect) does it; a
    /// former one stays claimed, for it holds the user's data: [`release`](Self::release)
    /// it before, if it is to be somebody else's.
    ///
    /// What others do meanwhile, and the errors, are as for `connect`; also
    /// [`Error::NoRecord`] if the user has none.
    pub async fn rotate_credentials(
        &self,
        user: impl Into<UserId>,
        subject: impl Into<Subject>,
        credentials: &Credentials,
    ) -> Result<ConnectionTest, Error> {
        let user = user.into();
        let (subject, client) = self.usable(&user, subject.into(), credentials)?;
        let connecting = self.inner().connects_under_way.begin(&user);
        let new = New {
            subject,
            credentials: credentials.clone(),
            client,
            connecting,
            seen: Some(self.record(&user).await?),
            only_if_it_works: true,
            answers: true,
        };
        to_the_end(self.clone().install(user, new)).await
    }

    /// Who is meant, and the client that the credentials make.
    fn usable(
        &self,
        user: &UserId,
        subject: Subject,
        credentials: &Credentials,
    ) -> Result<(Subject, Client), Error> {
        user.check()?;
        subject.check()?;
        Ok((subject, self.client_of(credentials)?))
    }

    /// Claims and tests a deployment, and stores its credentials.
    async fn install(self, user: UserId, new: New) -> Result<ConnectionTest, Error> {
        let start = Instant::now();
        let claimed = self.claim_for(&new.client, &user, &new.subject).await?;
        let (claimed, found) = match claimed {
            Ok(claimed) => (Some(claimed), self.ping(&new.client).await),
            Err(problem) => (None, Err(problem)),
        };
        let claim = claimed.as_ref().map(|claimed| claimed.claim);
        let duration = start.elapsed();
        let stored = self.store_tested(&user, &new, &found, claim).await;
        // Where it isn't known whether main has stored them, the claim is kept.
        let is_stored = match &stored {
            Ok(stored) => stored.is_some(),
            Err(error) => error.outcome() == Outcome::Unknown,
        };
        match claimed {
            Some(claimed) if !is_stored => self.undo_claim(&user, claimed).await,
            Some(claimed) if claimed.is_of_another() => {
                // It stands, or is made again; where it can't be, the first call does it.
                let claimed = self.claim_for(&new.client, &user, &new.subject).await;
                if claimed.is_err() {
                    return self.test_connection(user).await;
                }
            }
            _ => {}
        }
        let status = match stored? {
            Some(ConnectionStatus::Connected) => self.supply(&user, &new, start).await,
            Some(status) => status,
            None => self.status_of(&user, new.seen).await?,
        };
        Ok(ConnectionTest {
            status,
            schema_version: version_in(&found),
            problem: found.err(),
            claim,
            duration,
        })
    }

    /// Takes what waits for a deployment that was just connected: what functions have left
    /// there for main, and main's copies. Nothing of it where the user disconnected since
    /// the credentials were stored, in whatever process: their status then.
    async fn supply(&self, user: &UserId, new: &New, since: Instant) -> ConnectionStatus {
        let router = &self.inner().router;
        let (leaves_rows, reads_copies) = (router.leaves_rows(), router.reads_copies());
        if !leaves_rows && !reads_copies {
            return ConnectionStatus::Connected;
        }
        let connected = ConnectionStatus::Connected;
        match self.status_of(user, None).await {
            Ok(status) if status != connected => return status,
            // Calls do it, once main can be asked.
            Err(_) => return connected,
            Ok(_) => {}
        }
        if leaves_rows {
            self.take_rows_later(&new.client, user, Some(&new.subject), since);
        }
        if !reads_copies {
            return connected;
        }
        self.bring_copies(Whose {
            user: user.as_str(),
            subject: new.subject.as_str(),
            client: &new.client,
            fingerprint: new.credentials.fingerprint(),
        })
        .await;
        // It may have taken its time.
        let status = self.status_of(user, None).await;
        status.unwrap_or(connected)
    }

    /// Keeps the copies current that this process has brought to the user's deployment, as
    /// main's record names it now.
    pub(super) async fn keep_copies(&self, user: &UserId) {
        let Some(subject) = self.inner().copies.subject(user.as_str()) else {
            return;
        };
        // What can't be read now is in the status, which is asked again.
        let Ok(Some(record)) = self.inner().store.get(user).await else {
            return;
        };
        if record.connection_status != ConnectionStatus::Connected {
            return;
        }
        let Ok(connected) = self.connected(user, &record) else {
            return;
        };
        self.bring_copies(Whose {
            user: user.as_str(),
            subject: &subject,
            client: &connected.client,
            fingerprint: connected.fingerprint,
        })
        .await;
    }

    /// Brings copies of main's documents to a deployment that was just connected, or is
    /// watched. If that fails, calls try it again.
    async fn bring_copies(&self, whose: Whose<'_>) {
        let deadline = whose.client.deadline();
        let brought = self.inner().copies.refresh(whose, deadline).await;
        if let Err(Failed::Main(error) | Failed::User(error)) = brought {
            tracing::warn!(
                user = ?whose.user, %error,
                "copies of main's documents could not be brought to the user's deployment: \
                 calls that read them try it again"
            );
        }
    }

    /// Stores credentials that have been tested: their status then. `None` if they are
    /// not stored, since they don't work, or the user disconnects.
    async fn store_tested(
        &self,
        user: &UserId,
        new: &New,
        found: &Result<u64, ConnectionProblem>,
        claim: Option<Claim>,
    ) -> Result<Option<ConnectionStatus>, Error> {
        if found.is_err() && new.only_if_it_works {
            return Ok(None);
        }
        let seen = self.without_move(user, new.seen.clone()).await?;
        let sealed = self.inner().keys.seal(user, &new.credentials)?;
        let reason = found.as_ref().err().map(ToString::to_string);
        let status = match status_after(found) {
            ConnectionStatus::Connected if !new.answers => ConnectionStatus::Pending,
            status => status,
        };
        let change = Change {
            error: reason.as_deref(),
            credentials: Some(&sealed),
            tested: true,
            schema_version: version_in(found),
            ..Change::to(&status)
        };
        let writer = Writer::Credentials(&new.credentials, &new.connecting);
        let written = self.change(user, seen.clone(), writer, &change).await;
        self.clear_user_client(user);
        match written? {
            Written::Yes => {
                if let Some(claim) = claim {
                    let claims = &self.inner().claims;
                    claims.note(user, new.credentials.fingerprint(), claim);
                }
                self.tell_watchers(user).await;
                Ok(Some(status))
            }
            // Where the record was disconnected before and is sealed anew, an older main
            // doesn't tell whether it was disconnected anew as well.
            Written::Lost(Some(present))
                if present.connection_status == ConnectionStatus::Disconnected
                    && !seen.as_ref().is_some_and(|seen| {
                        seen.connection_status == ConnectionStatus::Disconnected
                            && seen.credentials != present.credentials
                    }) =>
            {
                Ok(None)
            }
            Written::CalledOff
                if self.status_of(user, None).await? == ConnectionStatus::Disconnected =>
            {
                Ok(None)
            }
            Written::Lost(_) | Written::CalledOff => Err(Error::record_changed(user.as_str())),
        }
    }

    /// The record once no move is under way of what was connected, which only the credentials so far reach: what was copied
    /// there is removed first, if it can be.
    async fn without_move(
        &self,
        user: &UserId,
        seen: Option<UserDatabaseConfig>,
    ) -> Result<Option<UserDatabaseConfig>, Error> {
        let Some(seen) = seen else {
            return Ok(None);
        };
        let store = &self.inner().store;
        let present = store.get(user).await?;
        let under_way = |record: &UserDatabaseConfig| record.is_moving() || record.has_called_off();
        if !present.as_ref().is_some_and(under_way) {
            return Ok(Some(seen));
        }
        let before = self.status_before_move(user).await?;
        if let Err(error) = self.give_up_move(user).await {
            tracing::warn!(
                ?user, %error,
                "what was copied to the deployment that was connected could not be removed"
            );
        }
        let after = store.get(user).await?;
        // Others that came meanwhile are none that this one has seen, nor is a disconnect. By its end the status is what it was
        // before it began.
        let off = ConnectionStatus::Disconnected;
        let was_off =
            seen.connection_status == off || (under_way(&seen) && before.as_ref() == Some(&off));
        let is_same = |after: &UserDatabaseConfig| {
            let is_off = after.connection_status == off && !was_off;
            after.credentials == seen.credentials && !is_off
        };
        Ok(after.filter(is_same).or(Some(seen)))
    }

    /// Encrypts and stores a user's credentials in main, with the status given,
    /// and drops the user's cached client. Nothing is tested or claimed;
    /// [`connect`](Self::connect) does.
    ///
    /// Main's `createConfig` must refuse a second record of a user with an error: so
    /// of two that store a new user's credentials at once, the later one is told.
    ///
    /// [`Error::Entered`] if they can't be those of a deployment; [`Error::Config`] if the
    /// status is one that this version doesn't know; [`Error::RecordChanged`] if the user disconnects,
    /// or others are stored, at the same time.
    pub async fn save_credentials(
        &self,
        user: impl Into<UserId>,
        credentials: &Credentials,
        status: ConnectionStatus,
    ) -> Result<(), Error> {
        let user = user.into();
        if let ConnectionStatus::Unknown(status) = &status {
            return Err(Error::config(format!(
                "`{status}` is no connectionStatus; store `pending`, `connected`, `error` or `disconnected`"
            )));
        }
        self.client_of(credentials)?;
        let sealed = self.inner().keys.seal(&user, credentials)?;
        let (byod, credentials) = (self.clone(), credentials.clone());
        let connecting = self.inner().connects_under_way.begin(&user);
        to_the_end(async move {
            let seen = byod.inner().store.get(&user).await?;
            let seen = byod.without_move(&user, seen).await?;
            let change = Change {
                credentials: Some(&sealed),
                ..Change::to(&status)
            };
            let writer = Writer::Credentials(&credentials, &connecting);
            let written = byod.change(&user, seen, writer, &change).await;
            byod.clear_user_client(&user);
            match written? {
                Written::Yes => Ok(()),
                Written::Lost(_) | Written::CalledOff => Err(Error::record_changed(user.as_str())),
            }
        })
        .await
    }

    pub(super) async fn record(&self, user: &UserId) -> Result<UserDatabaseConfig, Error> {
        let record = self.inner().store.get(user).await?;
        record.ok_or_else(|| Error::NoRecord {
            user: user.as_str().into(),
        })
    }
}

/// Credentials that a user is about to be given.
struct New {
    subject: Subject,
    credentials: Credentials,
    client: Client,
    connecting: Connecting,
    /// The user's record before.
    seen: Option<UserDatabaseConfig>,
    /// Whether what there was stays, if they don't work.
    only_if_it_works: bool,
    /// Whether the deployment answers from then on; else main does as before.
    answers: bool,
}

/// A deployment that is to be connected: awaited, it is.
///
/// ```
/// use byod_runtime::{Byod, Connect, Credentials, Error};
///
/// async fn connect(byod: &Byod, user_id: &str, subject: &str, entered: &Credentials) -> Result<(), Error> {
///     let connect: Connect = byod.connect(user_id, subject, entered);
///     let test = connect.await?;
///     println!("{}", test.status.as_str());
///     Ok(())
/// }
/// ```
#[must_use = "nothing is connected until it is awaited"]
#[derive(Clone, Debug)]
pub struct Connect {
    pub(super) byod: Byod,
    pub(super) user: UserId,
    pub(super) subject: Subject,
    pub(super) credentials: Credentials,
}

impl Connect {
    /// Claims and tests the deployment, and stores its credentials. One that `waits` for
    /// its user's data doesn't answer before, where main does now.
    pub(super) async fn stored(&self, waits: bool) -> Result<ConnectionTest, Error> {
        let Self {
            byod,
            user,
            subject,
            credentials,
        } = self;
        let (subject, client) = byod.usable(user, subject.clone(), credentials)?;
        let connecting = byod.inner().connects_under_way.begin(user);
        let seen = byod.inner().store.get(user).await?;
        let status = seen.as_ref().map(|record| &record.connection_status);
        let answers = !waits || !answers_on_main(status);
        let is_in_use = status == Some(&ConnectionStatus::Connected);
        let new = New {
            subject,
            credentials: credentials.clone(),
            client,
            connecting,
            only_if_it_works: is_in_use || !answers,
            answers,
            seen,
        };
        to_the_end(byod.clone().install(user.clone(), new)).await
    }
}

impl IntoFuture for Connect {
    type Output = Result<ConnectionTest, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.stored(false).await })
    }
}

/// Whether main answers a user whose record has that status, or who has none.
fn answers_on_main(status: Option<&ConnectionStatus>) -> bool {
    use ConnectionStatus::{Disconnected, Pending};
    matches!(status, None | Some(Pending | Disconnected))
}
