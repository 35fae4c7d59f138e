//! Brings the project of users' deployments to one of them, and notes it in the user's record.

use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::service::Byod;
use super::testing::After;
use crate::deployment::{Bundle, Client, NotPushed};
use crate::error::{ConnectionProblem, EXPLANATION, Error, one_line};
use crate::users::{ConnectionStatus, Credentials, UserDatabaseConfig, UserId, to_the_end};

/// What came of bringing the project to a user's deployment.
///
/// ```
/// use byod_runtime::{Bundle, Byod, Deployed, Error, UserDatabaseConfig};
///
/// async fn runs_it(byod: &Byod, record: &UserDatabaseConfig, bundle: &Bundle) -> Result<bool, Error> {
///     let deployed = byod.deploy(record, bundle).await?;
///     Ok(matches!(deployed, Deployed::Pushed | Deployed::Current))
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Deployed {
    /// It was pushed, and the deployment runs it.
    Pushed,
    /// The deployment ran that version already.
    Current,
    /// The deployment runs a later version, and keeps it.
    Newer {
        /// That version.
        found: u64,
    },
    /// The user has no deployment in use: nothing was done.
    NotConnected,
    /// The user's data is on its way there or back: nothing was done, and it is for another run.
    Moving,
    /// The user disconnected meanwhile, or connected another deployment: it is for another run.
    Changed,
    /// The deployment runs what it ran.
    Failed(DeployProblem),
}

/// Why a project could not be brought to a user's deployment, in words for the operator. It
/// holds nothing of what is stored there, and no environment variable.
///
/// ```
/// use byod_runtime::DeployProblem;
///
/// fn is_ours(problem: &DeployProblem) -> bool {
///     // The new schema is to blame, not the user's deployment.
///     matches!(problem, DeployProblem::DoesNotFit { .. })
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeployProblem {
    /// The deployment can't be used at all, or is another user's.
    Connection(ConnectionProblem),
    /// Documents there don't match the new schema.
    DoesNotFit {
        /// The table of the first.
        table: Option<Box<str>>,
        /// What doesn't match, as the deployment says it.
        reason: Box<str>,
    },
    /// Somebody else pushed at the same time, or changed environment variables.
    Overtaken,
    /// Its indexes were not ready in time.
    TooSlow {
        /// The time that it had.
        limit: Duration,
    },
    /// The deployment refuses the project.
    Refused {
        /// Convex's code, such as `MissingEnvironmentVariables`.
        code: Option<Box<str>>,
        /// What it says; empty where that could hold an environment variable.
        message: Box<str>,
    },
    /// Main can't give the user's record.
    Record {
        /// What it says.
        reason: Box<str>,
    },
    /// It was pushed, and the deployment says that it runs another version.
    OtherVersion {
        /// The version that it says.
        found: u64,
    },
}

impl Byod {
    /// Brings the project to the deployment of a user's record, unless it runs it already, and
    /// writes `schemaVersion` and `lastSchemaDeploy` there, if the record is still that one.
    ///
    /// A deployment that refuses it, or whose documents don't match its schema, is left as it
    /// was. It can be cut off anywhere and done again. Users whose record says `connected` or
    /// `error` have a deployment in use; one that failed for want of the project is tested
    /// afterwards, and connected if it works.
    ///
    /// What the deployment answers to a push holds its environment variables: it is neither
    /// kept nor logged.
    ///
    /// The record is the one that is known, such as from [`user_records`](Self::user_records); what counts is how it
    /// is now, which main is asked. Of those who share a deployment one has their turn at a time.
    ///
    /// Errors are those of main.
    pub async fn deploy(
        &self,
        record: &UserDatabaseConfig,
        bundle: &Bundle,
    ) -> Result<Deployed, Error> {
        if !record.connection_status.is_in_use() {
            return Ok(Deployed::NotConnected);
        }
        let user = UserId::from(record.user_id.as_str());
        let known = self.client(&user, record).ok();
        // What is found there holds until it is noted.
        let _alone = match &known {
            Some(client) => Some(self.inner().pushing.alone(client.shared_url()).await),
            None => None,
        };
        // Only this says whether the user's data is on its way.
        let present = match self.inner().store.get(&user).await {
            // One record that main can't give keeps nobody else waiting.
            Err(Error::Function { message, .. }) => {
                let reason = one_line(&message, EXPLANATION).into();
                return Ok(Deployed::Failed(DeployProblem::Record { reason }));
            }
            present => present?,
        };
        let Some(record) = present.filter(|record| record.connection_status.is_in_use()) else {
            return Ok(Deployed::NotConnected);
        };
        if record.is_moving() {
            return Ok(Deployed::Moving);
        }
        let reached = self
            .open(&user, &record)
            .and_then(|credentials| Ok((self.client(&user, &record)?, credentials)));
        let (client, credentials) = match reached {
            Ok(reached) => reached,
            Err(error) => return failed(ConnectionProblem::of(&error).ok_or(error)?),
        };
        if known.is_none_or(|known| known.shared_url() != client.shared_url()) {
            return Ok(Deployed::Changed);
        }
        self.deploy_to(&user, &record, &client, &credentials, bundle)
            .await
    }

    /// The same to a deployment that is in use, by its record as it is now, while nobody else pushes there.
    async fn deploy_to(
        &self,
        user: &UserId,
        record: &UserDatabaseConfig,
        client: &Client,
        credentials: &Credentials,
        bundle: &Bundle,
    ) -> Result<Deployed, Error> {
        let wanted = bundle.schema_version();
        match self.version_at(client).await {
            Ok(found) if found >= wanted => {
                let is_noted = record.schema_version as u64 == found;
                let after = match found == wanted && !is_noted {
                    // A run that was cut off before it could note that.
                    true => After::Deploy,
                    false => After::Test,
                };
                if !is_noted || record.connection_status != ConnectionStatus::Connected {
                    let noted = self.note(user, record, client, wanted, after).await?;
                    if let Deployed::Changed | Deployed::Failed(DeployProblem::Connection(_)) =
                        noted
                    {
                        return Ok(noted);
                    }
                }
                return Ok(match found == wanted {
                    true => Deployed::Current,
                    false => Deployed::Newer { found },
                });
            }
            // It has none yet, or one that doesn't work.
            Ok(_) | Err(ConnectionProblem::NoPing | ConnectionProblem::PingFailed { .. }) => {}
            Err(problem) => return failed(problem),
        }
        if let Err(problem) = self.check_claim(client, user).await {
            return failed(problem);
        }
        if let Err(problem) = self.push_to(client, credentials, bundle).await {
            return Ok(Deployed::Failed(problem));
        }
        self.note(user, record, client, wanted, After::Deploy).await
    }

    /// Pushes; what is there afterwards counts, for an answer may be lost on the way, and who
    /// pushes at the same time may push the same.
    async fn push_to(
        &self,
        client: &Client,
        credentials: &Credentials,
        bundle: &Bundle,
    ) -> Result<(), DeployProblem> {
        let problem = match client.push(bundle, &credentials.deploy_key).await {
            Ok(()) => return Ok(()),
            Err(NotPushed::DoesNotFit { table, reason }) => {
                return Err(DeployProblem::DoesNotFit { table, reason });
            }
            Err(NotPushed::Overtaken) => DeployProblem::Overtaken,
            Err(NotPushed::TooSlow(limit)) => return Err(DeployProblem::TooSlow { limit }),
            Err(NotPushed::Error(error)) => DeployProblem::of(&error),
        };
        match self.version_at(client).await {
            Ok(found) if found == bundle.schema_version() => Ok(()),
            _ => Err(problem),
        }
    }

    /// Writes which version the deployment runs into the record, and whether it can be used.
    async fn note(
        &self,
        user: &UserId,
        record: &UserDatabaseConfig,
        client: &Client,
        wanted: u64,
        after: After,
    ) -> Result<Deployed, Error> {
        let found = self.examine(client, user).await;
        let found = found.map(|(version, _)| version);
        let settled = self
            .clone()
            .settle(user.clone(), record.clone(), found.clone(), after);
        let settled = match to_the_end(settled).await {
            Err(Error::RecordChanged { .. }) => return Ok(Deployed::Changed),
            settled => settled?,
        };
        match found {
            Err(problem) => failed(problem),
            Ok(found) if found != wanted => {
                Ok(Deployed::Failed(DeployProblem::OtherVersion { found }))
            }
            // Another deployment was connected meanwhile, say, which hasn't got it.
            Ok(_) if !settled.is_written || settled.status != ConnectionStatus::Connected => {
                Ok(Deployed::Changed)
            }
            Ok(_) => Ok(Deployed::Pushed),
        }
    }
}

fn failed(problem: ConnectionProblem) -> Result<Deployed, Error> {
    Ok(Deployed::Failed(DeployProblem::Connection(problem)))
}

impl DeployProblem {
    /// What an error of a push says.
    fn of(error: &Error) -> Self {
        match ConnectionProblem::of(error) {
            // What the deployment says of the project, not of itself.
            Some(ConnectionProblem::Failing {
                status: 400..=499,
                said,
            }) => Self::Refused {
                code: said.code,
                message: said.sentence,
            },
            Some(problem) => Self::Connection(problem),
            None => Self::Refused {
                code: None,
                message: error.to_string().into(),
            },
        }
    }

    /// Which problem it is, as one word that stays: for programs, as the text is for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Connection(problem) => problem.kind(),
            Self::DoesNotFit { .. } => "does_not_fit",
            Self::Overtaken => "overtaken",
            Self::TooSlow { .. } => "too_slow",
            Self::Refused { .. } => "refused",
            Self::Record { .. } => "record",
            Self::OtherVersion { .. } => "other_version",
        }
    }
}

impl fmt::Display for DeployProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(problem) => write!(f, "{problem}"),
            Self::DoesNotFit { table, reason } => {
                f.write_str("documents there don't match the new schema: ")?;
                if let Some(table) = table {
                    write!(f, "table `{table}`: ")?;
                }
                f.write_str(reason)
            }
            Self::Overtaken => f.write_str(
                "somebody else pushed to it at the same time, or changed its environment variables; it is tried again the next time",
            ),
            Self::TooSlow { limit } => write!(
                f,
                "its indexes were not ready within {limit:?}; what is built stays, so the next time takes less"
            ),
            Self::Refused { code, message } => {
                let said = [code.as_deref().unwrap_or_default(), message];
                f.write_str("the deployment refuses the project")?;
                for said in said.iter().filter(|said| !said.is_empty()) {
                    write!(f, ": {said}")?;
                }
                if message.is_empty() {
                    f.write_str("; its own `npx convex deploy` says why")?;
                }
                Ok(())
            }
            Self::Record { reason } => write!(f, "main can't give the user's record: {reason}"),
            Self::OtherVersion { found } => write!(
                f,
                "it says that it runs version {found} after all; is `functions:ping` yours?"
            ),
        }
    }
}

/// As JSON it is `{"kind": "does_not_fit", "message": …}`, with `table` and `code` where they are known.
impl Serialize for DeployProblem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind())?;
        map.serialize_entry("message", &format_args!("{self}"))?;
        match self {
            Self::DoesNotFit {
                table: Some(table), ..
            } => map.serialize_entry("table", table)?,
            Self::Refused {
                code: Some(code), ..
            } => map.serialize_entry("code", code)?,
            _ => {}
        }
        map.end()
    }
}
