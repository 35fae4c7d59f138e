use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::said::Said;
use super::stopped;
use super::variants::Error;
use super::words::SOMEBODY_ELSES;
use crate::error::Claim;

/// Why a user's deployment can't be used, in words that its owner can act on.
///
/// Its text is what `connectionError` of the user's record holds. As JSON it is `{"kind": "wrong_key", "message": …}`,
/// with `code` where the deployment gave one.
///
/// ```
/// use byod_runtime::ConnectionProblem;
///
/// fn helps(problem: &ConnectionProblem) -> &'static str {
///     match problem {
///         ConnectionProblem::WrongKey { .. } => "Make a new key in the deployment's settings.",
///         ConnectionProblem::NotFound { .. } => "Copy the URL from the dashboard.",
///         _ => "We try it again from time to time.",
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionProblem {
    /// The deploy key was refused, or may not do what is needed: HTTP status 401 or 403.
    WrongKey {
        /// What the deployment says.
        said: Said,
    },
    /// No answer came in time.
    TimedOut {
        /// The time that was given.
        limit: Duration,
    },
    /// There is no deployment of that name: HTTP status 404.
    NotFound {
        /// What answers there says.
        said: Said,
    },
    /// No connection could be made, or it broke.
    Unreachable {
        /// What the network said.
        reason: Box<str>,
    },
    /// TLS could not be set up, for example because of the certificate.
    Insecure {
        /// What TLS said.
        reason: Box<str>,
    },
    /// It answers with a status that is not one of a function.
    Failing {
        /// The HTTP status.
        status: u16,
        /// What the deployment says.
        said: Said,
    },
    /// It is paused, or Convex has disabled it: it runs no functions at present.
    Stopped {
        /// What Convex says.
        said: Said,
    },
    /// More came on its connections than calls had asked for, again and again.
    Flooding,
    /// What answers there is no Convex deployment.
    NotConvex,
    /// There is no function `functions:ping`.
    NoPing,
    /// The function `functions:ping` is there, and failed.
    PingFailed {
        /// What it says.
        said: Said,
    },
    /// Its module `byod/claim`, which says whose it is, is there and doesn't work.
    NoClaim {
        /// What it says.
        said: Said,
    },
    /// It belongs to another user.
    SomebodyElses,
    /// The version of its schema is too old.
    SchemaOutdated {
        /// Its version.
        found: u64,
        /// The oldest that will do.
        minimum: u64,
    },
    /// The stored credentials could not be decrypted, or are none.
    Credentials {
        /// What is wrong with them.
        reason: Box<str>,
    },
}

impl ConnectionProblem {
    /// The version of its schema, where that is the problem.
    pub(crate) fn schema_version(&self) -> Option<u64> {
        match self {
            Self::SchemaOutdated { found, .. } => Some(*found),
            _ => None,
        }
    }

    /// What an error says about the deployment; `None` where it says nothing
    /// against it.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        Some(match error {
            Error::Rejected { code, message, .. } => Self::WrongKey {
                said: Said::by_code(code.as_deref(), message),
            },
            Error::Timeout { limit, .. } => Self::TimedOut { limit: *limit },
            Error::Connect { reason, .. } | Error::Interrupted { reason, .. } => {
                Self::Unreachable {
                    reason: reason.clone(),
                }
            }
            Error::Tls { reason, .. } => Self::Insecure {
                reason: reason.clone(),
            },
            Error::Claim {
                claim: Claim::SomebodyElses,
                ..
            } => Self::SomebodyElses,
            Error::Function { message, .. } => Self::Stopped {
                said: Said::new(None, &stopped::sentence(message)?),
            },
            Error::Status {
                code: Some(code),
                message,
                ..
            } if **code == *stopped::CODE => Self::Stopped {
                said: Said::new(Some(code), message),
            },
            Error::Status {
                status,
                code,
                message,
                ..
            } => {
                let said = Said::by_code(code.as_deref(), message);
                match *status {
                    404 => Self::NotFound { said },
                    status => Self::Failing { status, said },
                }
            }
            Error::Answer {
                executed: false, ..
            } => Self::NotConvex,
            Error::Credentials { reason, .. } => Self::Credentials {
                reason: reason.clone(),
            },
            _ => return None,
        })
    }

    /// The same of a call of `functions:ping`, whose own errors say something too.
    pub(crate) fn of_ping(error: &Error) -> Self {
        Self::of(error).unwrap_or_else(|| match error {
            Error::Function { message, .. }
                if message.contains("Could not find public function") =>
            {
                Self::NoPing
            }
            error => Self::of_crowd(error).unwrap_or_else(|| Self::PingFailed {
                said: of_question(error),
            }),
        })
    }

    /// The same of a question to its module `byod/claim`.
    pub(crate) fn of_claim(error: &Error) -> Self {
        let problem = Self::of(error).or_else(|| Self::of_crowd(error));
        problem.unwrap_or_else(|| Self::NoClaim {
            said: of_question(error),
        })
    }

    /// What keeps a question from being sent at all.
    fn of_crowd(error: &Error) -> Option<Self> {
        matches!(error, Error::Busy { .. }).then(|| Self::Unreachable {
            reason: "too many calls to it are under way".into(),
        })
    }
}

/// What came of a question that isn't a user's.
fn of_question(error: &Error) -> Said {
    match error {
        Error::Function { message, .. } => Said::new(None, message),
        Error::Answer { reason, .. } => Said::new(None, reason),
        error => Said::new(None, &error.to_string()),
    }
}

impl ConnectionProblem {
    /// Which problem it is, as one word that stays: for programs, as the text is for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::WrongKey { .. } => "wrong_key",
            Self::TimedOut { .. } => "timed_out",
            Self::NotFound { .. } => "not_found",
            Self::Unreachable { .. } => "unreachable",
            Self::Insecure { .. } => "insecure",
            Self::Failing { .. } => "failing",
            Self::Stopped { .. } => "stopped",
            Self::Flooding => "flooding",
            Self::NotConvex => "not_convex",
            Self::NoPing => "no_ping",
            Self::PingFailed { .. } => "ping_failed",
            Self::NoClaim { .. } => "no_claim",
            Self::SomebodyElses => "somebody_elses",
            Self::SchemaOutdated { .. } => "schema_outdated",
            Self::Credentials { .. } => "credentials",
        }
    }

    /// What the deployment says of itself.
    fn said(&self) -> Option<&Said> {
        match self {
            Self::WrongKey { said }
            | Self::NotFound { said }
            | Self::Failing { said, .. }
            | Self::Stopped { said }
            | Self::PingFailed { said }
            | Self::NoClaim { said } => Some(said),
            _ => None,
        }
    }
}

impl Serialize for ConnectionProblem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind())?;
        map.serialize_entry("message", &format_args!("{self}"))?;
        if let Some(code) = self.said().and_then(|said| said.code.as_deref()) {
            map.serialize_entry("code", code)?;
        }
        map.end()
    }
}

impl fmt::Display for ConnectionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongKey { said } => write!(
                f,
                "the deployment does not accept the deploy key; make a new one in its settings and enter it{said}"
            ),
            Self::TimedOut { limit } => write!(
                f,
                "the deployment did not answer within {limit:?}; it may be paused or overloaded"
            ),
            Self::NotFound { said } => write!(
                f,
                "there is no such deployment (HTTP status 404); check its URL{said}"
            ),
            Self::Unreachable { reason } => {
                write!(f, "the deployment can't be reached: {reason}")
            }
            Self::Insecure { reason } => {
                write!(f, "no secure connection to the deployment: {reason}")
            }
            Self::Failing { status, said } => {
                write!(f, "the deployment fails with HTTP status {status}{said}")
            }
            Self::Stopped { said } => write!(
                f,
                "the deployment runs no functions at present, see its dashboard{said}"
            ),
            Self::Flooding => f.write_str(
                "the deployment sends more than it is asked for, so its connections are closed; check its URL, and what stands between",
            ),
            Self::NotConvex => {
                f.write_str("what answers there is not a Convex deployment; check its URL")
            }
            Self::NoPing => f.write_str(
                "the deployment has no function `functions:ping`; deploy the package for users' deployments to it",
            ),
            Self::PingFailed { said } => write!(
                f,
                "the deployment's function `functions:ping` fails, see its logs{said}"
            ),
            Self::NoClaim { said } => write!(
                f,
                "the deployment's module `byod/claim` does not say whose the deployment is; deploy the present package for users' deployments to it{said}"
            ),
            Self::SomebodyElses => f.write_str(SOMEBODY_ELSES),
            Self::SchemaOutdated { found, minimum } => write!(
                f,
                "the deployment has version {found} of the schema, version {minimum} is needed; deploy the present one to it"
            ),
            Self::Credentials { reason } => {
                write!(f, "the stored credentials can't be used: {reason}; enter them again")
            }
        }
    }
}
