//! Whether a user's deployment can be used: tried, and noted in the user's record.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize, Serializer};

use super::cache::Route;
use super::record_changes::{Writer, Written, may_be_tested};
use super::service::Byod;
use crate::deployment::Client;
use crate::error::{Claim, ConnectionProblem, Error};
use crate::users::{Change, ConnectionStatus, UserDatabaseConfig, UserId, to_the_end};

/// How long each question of a test of a connection may take.
const TEST_TIMEOUT: Duration = Duration::from_secs(10);

/// What a test of a user's deployment found.
///
/// As JSON, for who connects it: `{"status": "connected", "schemaVersion": 3, "problem": null, "claim": "yours",
/// "durationMs": 41.5}`; a problem is as of [`ConnectionProblem`].
///
/// ```
/// use byod_runtime::{Byod, Credentials, Error};
///
/// async fn connected(byod: &Byod, user_id: &str, subject: &str, entered: &Credentials) -> Result<String, Error> {
///     let test = byod.connect(user_id, subject, entered).await?;
///     Ok(match test.problem {
///         None => "Connected.".to_owned(),
///         Some(problem) => problem.to_string(), // a sentence for the user
///     })
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
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
    #[serde(rename = "durationMs", serialize_with = "milliseconds")]
    pub duration: Duration,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1_000.0)
}

impl Byod {
    /// Tests the user's deployment and sets `connected` or `error` in their record:
    /// whether it can be reached, takes the deploy key, answers `functions:ping`,
    /// has a schema that is new enough, and is not another user's.
    ///
    /// The status of a record that is `disconnected`, or one that this version
    /// doesn't know, or whose user's data is being moved, stays, and so does whatever somebody else wrote into the record
    /// during the test. [`Error::NoRecord`] if the user has none; other errors are
    /// those of main.
    pub async fn test_connection(&self, user: impl Into<UserId>) -> Result<ConnectionTest, Error> {
        let user = user.into();
        let record = self.record(&user).await?;
        let test = self.probe(&record).await?;
        self.tested(user, record, test).await
    }

    /// Tests the deployment of a user's record, as [`test_connection`](Self::test_connection) does, for who tests many:
    /// where this process can't open the credentials, nothing is written. With another encryption key than the service's,
    /// say, or without [`allow_host`](crate::ByodBuilder::allow_host), it could open nobody's, and would keep all from
    /// what they have.
    ///
    /// ```
    /// use byod_runtime::{Byod, ConnectionProblem, Error, UserDatabaseConfig};
    ///
    /// /// Whether the operator has to look to the keys of this program.
    /// async fn lacks_the_key(byod: &Byod, record: UserDatabaseConfig) -> Result<bool, Error> {
    ///     let test = byod.test_record(record).await?;
    ///     Ok(matches!(test.problem, Some(ConnectionProblem::Credentials { .. })))
    /// }
    /// ```
    pub async fn test_record(&self, record: UserDatabaseConfig) -> Result<ConnectionTest, Error> {
        let test = self.probe(&record).await?;
        if matches!(test.problem, Some(ConnectionProblem::Credentials { .. })) {
            return Ok(test);
        }
        let user = UserId::from(record.user_id.as_str());
        self.tested(user, record, test).await
    }

    /// Writes what a test has found.
    async fn tested(
        &self,
        user: UserId,
        record: UserDatabaseConfig,
        test: ConnectionTest,
    ) -> Result<ConnectionTest, Error> {
        let found = test.found();
        let settled = self.clone().settle(user, record, found, After::Test);
        let Settled { status, .. } = to_the_end(settled).await?;
        Ok(ConnectionTest { status, ..test })
    }

    /// Tests the deployment of a user's record, as [`test_connection`](Self::test_connection)
    /// does, and writes nothing: the status is that of the record.
    ///
    /// [`Error::Credentials`] is a problem of the connection, too; main isn't asked.
    pub async fn probe(&self, record: &UserDatabaseConfig) -> Result<ConnectionTest, Error> {
        let user = UserId::from(record.user_id.as_str());
        let start = Instant::now();
        let found = match self.client(&user, record) {
            Ok(client) => self.examine(&client, &user).await,
            Err(error) => Err(ConnectionProblem::of(&error).ok_or(error)?),
        };
        let duration = start.elapsed();
        let claim = claim_in(&found);
        if let (Some(claim), Some(fingerprint)) = (claim, self.fingerprint(&user, record)) {
            self.inner().claims.note(&user, fingerprint, claim);
        }
        let found = found.map(|(version, _)| version);
        Ok(ConnectionTest {
            status: record.connection_status.clone(),
            schema_version: version_in(&found),
            problem: found.err(),
            claim,
            duration,
        })
    }

    /// The status of a record as it is now, where it was not written.
    pub(super) async fn status_of(
        &self,
        user: &UserId,
        seen: Option<UserDatabaseConfig>,
    ) -> Result<ConnectionStatus, Error> {
        let present = self.inner().store.get(user).await?;
        let record = present.or(seen);
        Ok(record.map_or(ConnectionStatus::Disconnected, |record| {
            record.connection_status
        }))
    }

    /// The version of the schema that the deployment runs, and whose it is, if it can
    /// be used.
    pub(super) async fn examine(
        &self,
        client: &Client,
        user: &UserId,
    ) -> Result<(u64, Claim), ConnectionProblem> {
        let client = &in_time(client);
        let version = self.ping(client).await?;
        Ok((version, self.check_claim(client, user).await?))
    }

    /// The version of the schema that the deployment runs, if it is new enough.
    pub(super) async fn ping(&self, client: &Client) -> Result<u64, ConnectionProblem> {
        let found = self.version_at(client).await?;
        let minimum = self.inner().minimum_schema_version;
        if found < minimum {
            return Err(ConnectionProblem::SchemaOutdated { found, minimum });
        }
        Ok(found)
    }

    /// The version of the schema that the deployment runs.
    pub(super) async fn version_at(&self, client: &Client) -> Result<u64, ConnectionProblem> {
        #[derive(Deserialize)]
        struct Ping {
            version: f64,
        }
        let ping = in_time(client)
            .query("functions:ping", &serde_json::json!({}))
            .await;
        let Ping { version } = ping.map_err(|error| ConnectionProblem::of_ping(&error))?;
        Ok(version as u64)
    }

    /// Writes what a test found into the record, unless that has changed under it;
    /// gives the status that the record has then.
    pub(super) async fn settle(
        self,
        user: UserId,
        tested: UserDatabaseConfig,
        found: Result<u64, ConnectionProblem>,
        after: After,
    ) -> Result<Settled, Error> {
        let user = &user;
        let unwritten = |status| Settled {
            status,
            is_written: false,
        };
        if !may_be_tested(&tested.connection_status) || tested.is_moving() {
            return self.status_of(user, Some(tested)).await.map(unwritten);
        }
        let finding = Finding::of(&found, after);
        let written = self
            .change(user, Some(tested), Writer::Test, &finding.change())
            .await?;
        let gone = || Error::record_changed(user.as_str());
        match written {
            Written::Yes => {}
            Written::Lost(present) => {
                let present = present.ok_or_else(gone)?;
                return Ok(unwritten(present.connection_status));
            }
            Written::CalledOff => return Err(gone()),
        }
        Ok(self.settled(user, &found).await)
    }

    /// What a test found is in the record now.
    pub(super) async fn settled(
        &self,
        user: &UserId,
        found: &Result<u64, ConnectionProblem>,
    ) -> Settled {
        // A route that is blocked stays so while the deployment fails: it is what
        // keeps trying.
        let blocked = matches!(self.inner().routes.peek(user), Some(Route::Blocked(_)));
        if found.is_ok() || !blocked {
            self.clear_user_client(user);
        }
        self.tell_watchers(user).await;
        Settled {
            status: status_after(found),
            is_written: true,
        }
    }
}

/// What a test found, as it is written into a record.
pub(super) struct Finding {
    status: ConnectionStatus,
    reason: Option<String>,
    version: Option<u64>,
    after: After,
}

impl Finding {
    pub(super) fn of(found: &Result<u64, ConnectionProblem>, after: After) -> Self {
        Self {
            status: status_after(found),
            reason: found.as_ref().err().map(ToString::to_string),
            version: version_in(found),
            after,
        }
    }

    pub(super) fn change(&self) -> Change<'_> {
        Change {
            error: self.reason.as_deref(),
            tested: true,
            schema_version: self.version,
            deployed: self.after == After::Deploy && self.version.is_some(),
            ..Change::to(&self.status)
        }
    }
}

/// What became of a record.
pub(super) struct Settled {
    /// The status that it has then.
    pub(super) status: ConnectionStatus,
    /// Whether it says what was found, and wasn't another one by then.
    pub(super) is_written: bool,
}

impl ConnectionTest {
    /// The version that the deployment runs, or why it can't be used.
    pub(super) fn found(&self) -> Result<u64, ConnectionProblem> {
        match &self.problem {
            None => Ok(self.schema_version.unwrap_or_default()),
            Some(problem) => Err(problem.clone()),
        }
    }
}

/// What was done when a record is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum After {
    Test,
    /// The deployment was brought to its version.
    Deploy,
}

/// The deployment, asked no longer than a test may take.
fn in_time(client: &Client) -> Client {
    client.with_limits(|limits| limits.timeout = limits.timeout.min(TEST_TIMEOUT))
}

/// The status of a record whose credentials were tested.
pub(super) fn status_after(found: &Result<u64, ConnectionProblem>) -> ConnectionStatus {
    match found {
        Ok(_) => ConnectionStatus::Connected,
        Err(_) => ConnectionStatus::Error,
    }
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
pub(super) fn version_in(found: &Result<u64, ConnectionProblem>) -> Option<u64> {
    match found {
        Ok(version) => Some(*version),
        Err(problem) => problem.schema_version(),
    }
}
