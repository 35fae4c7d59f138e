//! What came of bringing the project to a user's deployment.

use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::error::{ConnectionProblem, EXPLANATION, Error, one_line};

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
    /// Main doesn't take into the user's record what came of it, which is tried again with the next roll-out.
    NotNoted {
        /// What it says.
        reason: Box<str>,
    },
    /// It was pushed, and the deployment says that it runs another version.
    OtherVersion {
        /// The version that it says.
        found: u64,
    },
}

impl DeployProblem {
    /// What an error of a push says.
    pub(super) fn of(error: &Error) -> Self {
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

    /// Where main's function for the user's record throws: there are two of them, say. Other errors of main concern
    /// everybody.
    pub fn of_record(error: &Error) -> Option<Self> {
        let Error::Function { message, .. } = error else {
            return None;
        };
        let reason = one_line(message, EXPLANATION).into();
        Some(Self::Record { reason })
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
            Self::NotNoted { .. } => "not_noted",
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
            Self::NotNoted { reason } => {
                write!(f, "main doesn't take it into the user's record: {reason}")
            }
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
