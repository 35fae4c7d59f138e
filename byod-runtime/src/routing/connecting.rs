use std::time::{Duration, Instant};

use serde::Deserialize;

use super::cache::Route;
use crate::byod::Byod;
use crate::calls::UserId;
use crate::deployment::Client;
use crate::deployment::DeployKey;
use crate::error::ConnectionProblem;
use crate::error::Error;
use crate::users::{Change, ConnectionStatus, Credentials, UserDatabaseConfig, to_the_end};

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
    /// [`Error::Config`] if they can't be those of a deployment: nothing is stored
    /// then. Other errors are those of main.
    pub async fn connect(
        &self,
        user: impl Into<UserId>,
        deployment_url: impl Into<String>,
        deploy_key: impl Into<DeployKey>,
    ) -> Result<ConnectionTest, Error> {
        let user = user.into();
        let credentials = Credentials {
            deployment_url: deployment_url.into(),
            deploy_key: deploy_key.into(),
        };
        let client = self.client_of(&credentials)?;
        let record = self.inner().store.get(&user).await?;
        let status = record.as_ref().map(|record| &record.connection_status);
        let until_tested = match (status, &record) {
            (Some(ConnectionStatus::Connected), Some(record)) => {
                return self.replace(&user, record, &credentials, &client).await;
            }
            (None | Some(ConnectionStatus::Pending | ConnectionStatus::Disconnected), _) => {
                ConnectionStatus::Pending
            }
            (Some(_), _) => ConnectionStatus::Error,
        };
        self.save_credentials(&user, &credentials, until_tested)
            .await?;
        self.test_connection(&user).await
    }

    /// Tests the user's deployment and sets `connected` or `error` in their record:
    /// whether it can be reached, takes the deploy key, answers `functions:ping`,
    /// and has a schema that is new enough.
    ///
    /// The status of a record that is `disconnected`, or one that this version
    /// doesn't know, stays. [`Error::Config`] if the user has no record; other
    /// errors are those of main.
    pub async fn test_connection(&self, user: impl Into<UserId>) -> Result<ConnectionTest, Error> {
        let user = user.into();
        let record = self.record(&user).await?;
        let start = Instant::now();
        let found = match self.client(&user, &record) {
            Ok(client) => self.ping(&client).await,
            Err(error) => Err(ConnectionProblem::of(&error).ok_or(error)?),
        };
        let duration = start.elapsed();
        let status = to_the_end(self.clone().settle(user, record, found.clone())).await?;
        let schema_version = version_in(&found);
        let problem = found.err();
        Ok(ConnectionTest {
            status,
            schema_version,
            problem,
            duration,
        })
    }

    /// Replaces the credentials of a user who has a record, after testing that the
    /// new ones work; otherwise everything stays as it was, and the test that is
    /// returned holds the problem.
    ///
    /// A [`disconnect`](Self::disconnect) that came while they were tested stands:
    /// nothing is stored, and the test's status says so.
    ///
    /// [`Error::Config`] if they can't be those of a deployment, or the user has no
    /// record. Other errors are those of main.
    pub async fn rotate_credentials(
        &self,
        user: impl Into<UserId>,
        credentials: &Credentials,
    ) -> Result<ConnectionTest, Error> {
        let user = user.into();
        let client = self.client_of(credentials)?;
        let record = self.record(&user).await?;
        self.replace(&user, &record, credentials, &client).await
    }

    /// Stores other credentials in the record if their client passes the test.
    async fn replace(
        &self,
        user: &UserId,
        record: &UserDatabaseConfig,
        credentials: &Credentials,
        client: &Client,
    ) -> Result<ConnectionTest, Error> {
        let start = Instant::now();
        let found = self.ping(client).await;
        let duration = start.elapsed();
        let version = match found {
            Ok(version) => version,
            Err(problem) => {
                return Ok(ConnectionTest {
                    status: record.connection_status.clone(),
                    schema_version: problem.schema_version(),
                    problem: Some(problem),
                    duration,
                });
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
        Ok(ConnectionTest {
            status,
            schema_version: Some(version),
            problem: None,
            duration,
        })
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

    async fn record(&self, user: &UserId) -> Result<UserDatabaseConfig, Error> {
        let record = self.inner().store.get(user).await?;
        record.ok_or_else(|| {
            Error::config(format!(
                "the user `{user}` has no record of an own deployment; `Byod::connect` makes one"
            ))
        })
    }

    /// The version of the schema that the deployment runs, if it can be used.
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

/// The version of the schema that a test found, be it good enough or not.
fn version_in(found: &Result<u64, ConnectionProblem>) -> Option<u64> {
    match found {
        Ok(version) => Some(*version),
        Err(problem) => problem.schema_version(),
    }
}
