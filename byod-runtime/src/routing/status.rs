use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::error::{Claim, ConnectionProblem};
use crate::users::{ConnectionStatus, Moving, UserDatabaseConfig};

/// How a user's own deployment is doing. Holds no secret.
///
/// As JSON, for a page that shows it: `{"enabled": …, "loading": …, "record": {"connectionStatus": …, …} | null,
/// "error": … | null, "claim": "yours" | … | null}`.
///
/// ```
/// use byod_runtime::{Byod, Error};
///
/// async fn shown(byod: &Byod, user_id: &str) -> Result<String, Error> {
///     let status = byod.status(user_id).await?;
///     Ok(match (status.enabled, status.error) {
///         (true, _) => "Your data is in your own database.".to_owned(),
///         (false, Some(reason)) => format!("Your database doesn't work at present: {reason}"),
///         (false, None) => "Your data is with us.".to_owned(),
///     })
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserStatus {
    /// Whether the user's calls go to their own deployment.
    pub enabled: bool,
    /// Whether the record has not been read yet.
    pub loading: bool,
    /// The user's record; `None` where there is none.
    pub record: Option<UserRecord>,
    /// Why it is not enabled, or why the record could not be read.
    #[serde(serialize_with = "text")]
    pub error: Option<Arc<str>>,
    /// Whose the deployment is, as it said last; `None` where it could not be asked, or
    /// has not been yet. One that is [`Unclaimable`](Claim::Unclaimable) keeps out
    /// nobody who has a key of it.
    pub claim: Option<Claim>,
}

/// A user's record without its credentials.
///
/// ```
/// use byod_runtime::{Byod, Error};
///
/// /// Since when their database is connected, in milliseconds since 1970.
/// async fn since(byod: &Byod, user_id: &str) -> Result<Option<f64>, Error> {
///     let status = byod.status(user_id).await?;
///     Ok(status.record.map(|record| record.created_at))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
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
    /// How far the user's data is on its way to their own deployment, or back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moving: Option<Moving>,
}

fn text<S: Serializer>(text: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(serializer)
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
            moving: record.moving.clone(),
        }
    }
}

impl UserStatus {
    pub(crate) const LOADING: Self = Self {
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
    pub(crate) fn failing(self, reason: &str) -> Self {
        Self {
            enabled: false,
            ..self.unread(reason)
        }
    }

    /// The same record, which could not be read again: calls go where they went.
    pub(crate) fn unread(self, reason: &str) -> Self {
        Self {
            loading: false,
            error: Some(reason.into()),
            ..self
        }
    }
}

/// The version of the schema on the user's deployment, if that is what keeps it from
/// being used: it is connected, or the record's error is this one.
pub(crate) fn outdated(record: &UserDatabaseConfig, minimum: u64) -> Option<u64> {
    let found = record.schema_version as u64;
    let reason = || ConnectionProblem::SchemaOutdated { found, minimum }.to_string();
    let reason_is_this = match &record.connection_status {
        ConnectionStatus::Connected => true,
        ConnectionStatus::Error => record.connection_error == Some(reason()),
        _ => false,
    };
    (found < minimum && reason_is_this).then_some(found)
}
