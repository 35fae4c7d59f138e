use std::time::{Duration, Instant};

use serde::Deserialize;

use super::cache::Route;
use crate::byod::Byod;
use crate::deployment::Client;
use crate::error::{Claim, ConnectionProblem, Error, Outcome};
use crate::users::{
    Change, ConnectionStatus, Credentials, Subject, UserDatabaseConfig, UserId, to_the_end,
};

/// How long a test of a connection may take.
const TEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What a test of a user's deployment found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ConnectionTest {
    /// The status of the user's record after the test.
    pub status: ConnectionStatus,
    /// The version of the schema that the deployment runs, where it answered.
    pub schema_version: Option<u64>,
    /// What keeps the deployment from being used; `None` if nothing does.
    pub problem: Option<ConnectionProblem>,
    /// Whose the deployment is, where it could be asked.
    pub claim: Option<Claim>,
    /// How long the test took.
    pub duration: Duration,
}

impl Byod {
    /// Connects a user's own deployment: stores its credentials as `pending`, tests
    /// them, and sets `connected`, or `error` with the reason.
    ///
    /// Calls never go to main in between if the user's data may already be elsewhere:
    /// the former deployment of a user who is `connected` stays in use until the new
    /// one has passed the test, and if it doesn't pass; one that is blocked stays
    /// blocked.
    ///
    /// A deployment belongs to one user: it is claimed for this one first, `subject`
    /// being who they are there. [`Error::Claim`] if it is somebody else's already:
    /// nothing is stored then. A claim that was made for nothing, because main could
    /// not store the credentials or the deployment of a connected user did not pass the
    /// test, is given up again. What is not claimed yet, since it could not be reached,
    /// is claimed by the user's first call.
    ///
    /// [`Error::Config`] if they can't be those of a deployment: nothing is stored
    /// then. Other errors are those of main.
    pub async fn connect(
        &self,
        user: impl Into<UserId>,
        subject: impl Into<Subject>,
        credentials: &Credentials,
    ) -> Result<ConnectionTest, Error> {
        let (user, subject) = (user.into(), subject.into());
        user.check()?;
        subject.check()?;
        let client = self.client_of(credentials)?;
        let record = self.inner().store.get(&user).await?;
        // What is wrong with it, if it can't be claimed, the test will say.
        let claimed = self.claim_for(&client, &user, &subject).await?.ok();
        let connected = self
            .connect_claimed(&user, record, credentials, &client)
            .await;
        if let Some(claimed) = claimed {
            let is_stored = connected.as_ref().map_or_else(
                |error| error.outcome() == Outcome::Unknown,
                |it| it.is_stored,
            );
            if !is_stored {
                claimed.undo().await;
            }
        }
        Ok(connected?.test)
    }

    async fn connect_claimed(
        &self,
        user: &UserId,
        record: Option<UserDatabaseConfig>,
        credentials: &Credentials,
        client: &Client,
    ) -> Result<Stored, Error> {
        let status = record.as_ref().map(|record| &record.connection_status);
        let until_tested = match (status, &record) {
            (Some(ConnectionStatus::Connected), Some(record)) => {
                return self.replace(user, record, credentials, client).await;
            }
            (None | Some(ConnectionStatus::Pending | ConnectionStatus::Disconnected), _) => {
                ConnectionStatus::Pending
            }
            (Some(_), _) => ConnectionStatus::Error,
        };
        self.save_credentials(user, credentials, until_tested)
            .await?;
        let test = self.test_connection(user).await?;
        let is_stored = true;
        Ok(Stored { test, is_stored })
    }

    /// Tests the user's deployment and sets `connected` or `error` in their record:
    /// whether it can be reached, takes the deploy key, answers `functions:ping`,
    /// has a schema that is new enough, and is not another user's.
    ///
    /// The status of a record that is `disconnected`, or one that this version
    /// doesn't know, stays. [`Error::Config`] if the user has no record; other
    /// errors are those of main.
    pub async fn test_connection(&self, user: impl Into<UserId>) -> Result<ConnectionTest, Error> {
        let user = user.into();
        let record = self.record(&user).await?;
        let start = Instant::now();
        let found = match self.client(&user, &record) {
            Ok(client) => self.examine(&client, &user).await,
            Err(error) => Err(ConnectionProblem::of(&error).ok_or(error)?),
        };
        let claim = claim_in(&found);
        if let Some(claim) = claim {
            let fingerprint = record.credentials.fingerprint();
            self.inner().claims.note(&user, fingerprint, claim);
        }
        let found = found.map(|(version, _)| version);
        let duration = start.elapsed();
        let status = to_the_end(self.clone().settle(user, record, found.clone())).await?;
        let schema_version = version_in(&found);
        let problem = found.err();
        Ok(ConnectionTest {
            status,
            schema_version,
            problem,
            claim,
            duration,
        })
    }

    /// Replaces the credentials of a user who has a record, after testing that the
    /// new ones work; otherwise everything stays as it was, and the test that is
    /// returned holds the problem.
    ///
    /// A [`disconnect`](Self::disconnect) that came while they were tested stands:
    /// nothing is stored, and the test's status says so. The deployment is claimed for
    /// the user as [`connect`](Self::connect) does it; a former one stays claimed, for
    /// it holds the user's data: [`release`](Self::release) it before, if it is to be
    /// somebody else's.
    ///
    /// [`Error::Claim`] if it is somebody else's; [`Error::Config`] if they can't be those of a deployment, or the user has no
    /// record. Other errors are those of main.
    pub async fn rotate_credentials(
        &self,
        user: impl Into<UserId>,
        subject: impl Into<Subject>,
        credentials: &Credentials,
    ) -> Result<ConnectionTest, Error> {
        let (user, subject) = (user.into(), subject.into());
        subject.check()?;
        let client = self.client_of(credentials)?;
        let record = self.record(&user).await?;
        let claimed = self.claim_for(&client, &user, &subject).await?.ok();
        let replaced = self.replace(&user, &record, credentials, &client).await;
        if let Some(claimed) = claimed {
            let is_stored = replaced.as_ref().map_or_else(
                |error| error.outcome() == Outcome::Unknown,
                |it| it.is_stored,
            );
            if !is_stored {
                claimed.undo().await;
            }
        }
        Ok(replaced?.test)
    }

    /// Stores other credentials in the record if their client passes the test.
    async fn replace(
        &self,
        user: &UserId,
        record: &UserDatabaseConfig,
        credentials: &Credentials,
        client: &Client,
    ) -> Result<Stored, Error> {
        let start = Instant::now();
        let found = self.examine(client, user).await;
        let duration = start.elapsed();
        let claim = claim_in(&found);
        let version = match found {
            Ok((version, _)) => version,
            Err(problem) => {
                let test = ConnectionTest {
                    status: record.connection_status.clone(),
                    schema_version: problem.schema_version(),
                    problem: Some(problem),
                    claim,
                    duration,
                };
                let is_stored = false;
                return Ok(Stored { test, is_stored });
            }
        };
        let sealed = self.inner().keys.seal(user, credentials)?;
        let status = ConnectionStatus::Connected;
        let (byod, changed, record) = (self.clone(), user.clone(), record.clone());
        let status = to_the_end(async move {
            let store = &byod.inner().store;
            let writing = store.lock(&changed).await;
            let present = byod.record(&changed).await?.connection_status;
            if present == ConnectionStatus::Disconnected && present != record.connection_status {
                // That is what the user wants by now.
                return Ok(present);
            }
            let change = Change {
                credentials: Some(&sealed),
                tested: true,
                schema_version: Some(version),
                ..Change::to(&status)
            };
            let stored = store.update(&record, &change).await;
            drop(writing);
            byod.clear_user_client(changed);
            stored.map(|()| status)
        })
        .await?;
        self.status(user).await?;
        let is_stored = status == ConnectionStatus::Connected;
        let test = ConnectionTest {
            status,
            schema_version: Some(version),
            problem: None,
            claim,
            duration,
        };
        Ok(Stored { test, is_stored })
    }

    /// Encrypts and stores a user's credentials in main, with the status given,
    /// and drops the user's cached client. Nothing is tested;
    /// [`connect`](Self::connect) does.
    ///
    /// Main's `createConfig` must refuse a second record of a user with an error: so
    /// of two that store a new user's credentials at once, the later one updates the
    /// record of the other.
    ///
    /// [`Error::Config`] if they can't be those of a deployment, or the status is one
    /// that this version doesn't know.
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
        let byod = self.clone();
        to_the_end(async move {
            let stored = byod.inner().store.put(&user, &sealed, &status).await;
            byod.clear_user_client(user);
            stored
        })
        .await
    }

    /// Marks the user's record as `disconnected` and drops the user's cached
    /// client: calls go to main from then on. Without a record nothing is to do.
    ///
    /// Once this has returned, no call of this process that begins reaches the user's
    /// deployment, the next page of a stream included. Calls that are under way may
    /// still reach it, with the retries that belong to them. Other processes of the
    /// service notice when they read the record again, after
    /// [`cache_ttl`](crate::ByodBuilder::cache_ttl).
    pub async fn disconnect(&self, user: impl Into<UserId>) -> Result<(), Error> {
        let (byod, user) = (self.clone(), user.into());
        to_the_end(async move {
            let marked = byod.mark_disconnected(&user).await;
            byod.clear_user_client(&user);
            // Last: one that had seen the route before may be about to try it.
            byod.stop_recovery(&user);
            marked
        })
        .await
    }

    async fn mark_disconnected(&self, user: &UserId) -> Result<(), Error> {
        let store = &self.inner().store;
        let writing = store.lock(user).await;
        let Some(record) = store.get(user).await? else {
            return Ok(());
        };
        let status = ConnectionStatus::Disconnected;
        store.update(&record, &Change::to(&status)).await?;
        drop(writing);
        if self.is_watched(user) {
            self.status(user).await?;
        }
        Ok(())
    }

    pub(super) async fn record(&self, user: &UserId) -> Result<UserDatabaseConfig, Error> {
        let record = self.inner().store.get(user).await?;
        record.ok_or_else(|| {
            Error::config(format!(
                "the user `{user}` has no record of an own deployment; `Byod::connect` makes one"
            ))
        })
    }

    /// The version of the schema that the deployment runs, and whose it is, if it can
    /// be used.
    async fn examine(
        &self,
        client: &Client,
        user: &UserId,
    ) -> Result<(u64, Claim), ConnectionProblem> {
        let version = self.ping(client).await?;
        Ok((version, self.check_claim(client, user).await?))
    }

    /// The version of the schema that the deployment runs, if it is new enough.
    async fn ping(&self, client: &Client) -> Result<u64, ConnectionProblem> {
        #[derive(Deserialize)]
        struct Ping {
            version: f64,
        }
        let client = client.with_limits(|limits| limits.timeout = limits.timeout.min(TEST_TIMEOUT));
        let ping = client.query("functions:ping", &serde_json::json!({})).await;
        let Ping { version } = ping.map_err(|error| {
            // The rest are the function's own errors.
            ConnectionProblem::of(&error).unwrap_or(ConnectionProblem::NoPing)
        })?;
        let found = version as u64;
        let minimum = self.inner().minimum_schema_version;
        if found < minimum {
            return Err(ConnectionProblem::SchemaOutdated { found, minimum });
        }
        Ok(found)
    }

    /// Writes what a test found into the record, unless that has changed under it;
    /// gives the status that the record has then.
    async fn settle(
        self,
        user: UserId,
        tested: UserDatabaseConfig,
        found: Result<u64, ConnectionProblem>,
    ) -> Result<ConnectionStatus, Error> {
        let user = &user;
        let writing = self.inner().store.lock(user).await;
        let present = self.record(user).await?;
        let status = &present.connection_status;
        let same = present.credentials == tested.credentials;
        let kept = matches!(
            status,
            ConnectionStatus::Disconnected | ConnectionStatus::Unknown(_)
        );
        if !same || kept {
            return Ok(present.connection_status);
        }
        let status = match found {
            Ok(_) => ConnectionStatus::Connected,
            Err(_) => ConnectionStatus::Error,
        };
        let reason = found.as_ref().err().map(ToString::to_string);
        let change = Change {
            error: reason.as_deref(),
            tested: true,
            schema_version: version_in(&found),
            ..Change::to(&status)
        };
        self.inner().store.update(&present, &change).await?;
        drop(writing);
        // A route that is blocked stays so while the deployment fails: it is what
        // keeps trying.
        let blocked = matches!(self.inner().routes.peek(user), Some(Route::Blocked(_)));
        if found.is_ok() || !blocked {
            self.clear_user_client(user);
        }
        if self.is_watched(user) {
            self.status(user).await?;
        }
        Ok(status)
    }
}

/// What became of other credentials of a user.
struct Stored {
    test: ConnectionTest,
    /// Whether they are in the user's record now.
    is_stored: bool,
}

/// Whose a test found the deployment to be.
fn claim_in(found: &Result<(u64, Claim), ConnectionProblem>) -> Option<Claim> {
    match found {
        Ok((_, claim)) => Some(*claim),
        Err(ConnectionProblem::SomebodyElses) => Some(Claim::SomebodyElses),
        Err(_) => None,
    }
}

/// The version of the schema that a test found, be it good enough or not.
fn version_in(found: &Result<u64, ConnectionProblem>) -> Option<u64> {
    match found {
        Ok(version) => Some(*version),
        Err(problem) => problem.schema_version(),
    }
}
