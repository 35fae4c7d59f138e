use std::fmt;

use serde::{Deserialize, Serialize};

/// A user's record in the table `userDatabaseConfig` of the main deployment.
///
/// Fields that this version does not know are ignored.
///
/// ```
/// use byod_runtime::{Byod, Error};
///
/// /// Whether the user's credentials are sealed with a key that can be given up.
/// async fn is_old(byod: &Byod, user_id: &str) -> Result<bool, Error> {
///     let record = byod.user_record(user_id).await?;
///     record.map_or(Ok(false), |record| byod.needs_reseal(&record))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserDatabaseConfig {
    /// The document's id.
    #[serde(rename = "_id")]
    pub id: String,
    /// The user's id in the main deployment.
    pub user_id: String,
    /// The encrypted credentials.
    #[serde(flatten)]
    pub credentials: SealedCredentials,
    /// Whether the user's deployment is in use.
    pub connection_status: ConnectionStatus,
    /// When the connection was last tested, in milliseconds since 1970.
    #[serde(default)]
    pub last_connection_test: Option<f64>,
    /// Why the status is `error`, in words for the user.
    #[serde(default)]
    pub connection_error: Option<String>,
    /// The version of the schema that the deployment runs; 0 before the first.
    #[serde(default)]
    pub schema_version: f64,
    /// When the schema was last deployed, in milliseconds since 1970.
    #[serde(default)]
    pub last_schema_deploy: Option<f64>,
    /// When the record was made, in milliseconds since 1970.
    #[serde(default)]
    pub created_at: f64,
    /// When the record was last changed, in milliseconds since 1970.
    #[serde(default)]
    pub updated_at: f64,
    /// How far the user's data is on its way, where it moves.
    #[serde(default, rename = "move")]
    pub moving: Option<Moving>,
}

/// How far a user's data is on its way to their own deployment, or back.
///
/// ```
/// use byod_runtime::{Byod, Error, Moving};
///
/// async fn progress(byod: &Byod, user_id: &str) -> Result<Option<f64>, Error> {
///     let status = byod.status(user_id).await?;
///     let moving = status.record.and_then(|record| record.moving);
///     Ok(moving.map(|Moving { done, total, .. }| done / total.max(1.0)))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Moving {
    /// Which way: `in` is to the user's own deployment, `out` is back.
    pub direction: String,
    /// How far it is: `check`, `freeze`, `copy`, `references`, `verify`, `tidy` or `cancel`.
    pub phase: String,
    /// Whether the user's writes are refused for now.
    pub frozen: bool,
    /// The table that it is at.
    #[serde(default)]
    pub table: Option<String>,
    /// How many documents are on the other side.
    pub done: f64,
    /// How many are to be, as far as that is known.
    pub total: f64,
}

impl UserDatabaseConfig {
    /// Whether where the user's data is will be decided by a move.
    pub fn is_moving(&self) -> bool {
        let moving = self.moving.as_ref();
        moving.is_some_and(|moving| moving.frozen || moving.phase == "check")
    }

    /// Whether a move was called off, of which something is left.
    pub(crate) fn has_called_off(&self) -> bool {
        let moving = self.moving.as_ref();
        moving.is_some_and(|moving| moving.phase == "cancel")
    }

    /// Whether nothing may be written of what the user has.
    pub(crate) fn is_frozen(&self) -> bool {
        self.moving.as_ref().is_some_and(|moving| moving.frozen)
    }
}

/// The encrypted part of a record: AES-256-GCM, everything in hex. Opened and
/// made by [`EncryptionKey`](crate::EncryptionKey).
///
/// ```
/// use byod_runtime::{Credentials, EncryptionKey};
///
/// let key = EncryptionKey::parse("correct horse battery staple")?;
/// let sealed = key.seal(&Credentials::new("https://happy-animal-123.convex.cloud", "prod:happy-animal-123|secret"))?;
/// assert_eq!(key.open(&sealed)?.deployment_url, "https://happy-animal-123.convex.cloud");
/// # Ok::<(), byod_runtime::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SealedCredentials {
    /// The deployment's URL.
    pub encrypted_deployment_url: String,
    /// The deploy key.
    pub encrypted_deploy_key: String,
    /// `"<url's IV>:<key's IV>"`, each of 12 or 16 bytes.
    #[serde(rename = "encryptionIV")]
    pub encryption_iv: String,
    /// `"<url's tag>:<key's tag>"`, each of 16 bytes.
    pub auth_tags: String,
}

/// Whether a user's deployment is in use.
///
/// ```
/// use byod_runtime::ConnectionStatus;
///
/// let status: ConnectionStatus = serde_json::from_str(r#""connected""#)?;
/// assert_eq!(status, ConnectionStatus::Connected);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ConnectionStatus {
    /// The credentials are stored, and not tested yet. Calls go to main.
    Pending,
    /// In use.
    Connected,
    /// It failed. Calls of user tables are blocked.
    Error,
    /// No longer in use. Calls go to main.
    Disconnected,
    /// A status that this version does not know. Blocks like `Error`: main could be
    /// the wrong place for the user's data.
    Unknown(String),
}

impl ConnectionStatus {
    /// Whether the user's data is on that deployment, be it that it can't be used at present.
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Connected | Self::Error)
    }

    /// The text that stands in the record.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Connected => "connected",
            Self::Error => "error",
            Self::Disconnected => "disconnected",
            Self::Unknown(text) => text,
        }
    }
}

impl From<String> for ConnectionStatus {
    fn from(text: String) -> Self {
        match &*text {
            "pending" => Self::Pending,
            "connected" => Self::Connected,
            "error" => Self::Error,
            "disconnected" => Self::Disconnected,
            _ => Self::Unknown(text),
        }
    }
}

impl From<ConnectionStatus> for String {
    fn from(status: ConnectionStatus) -> Self {
        status.as_str().to_owned()
    }
}

impl fmt::Display for ConnectionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_as_main_gives_it() {
        let record: UserDatabaseConfig = serde_json::from_value(json!({
            "_id": "k1", "_creationTime": 1.5, "userId": "u1",
            "encryptedDeploymentUrl": "aa", "encryptedDeployKey": "bb",
            "encryptionIV": "cc:dd", "authTags": "ee:ff",
            "connectionStatus": "error", "connectionError": "wrong key",
            "schemaVersion": 3, "createdAt": 1, "updatedAt": 2, "somethingNew": {"$integer": "x"},
        }))
        .unwrap();
        assert_eq!(record.id, "k1");
        assert_eq!(record.credentials.encryption_iv, "cc:dd");
        assert_eq!(record.connection_status, ConnectionStatus::Error);
        assert_eq!(record.connection_error.as_deref(), Some("wrong key"));
        assert_eq!(record.last_connection_test, None);
        assert_eq!(record.schema_version, 3.0);
    }

    #[test]
    fn a_status_is_kept_as_it_stands() {
        for text in [
            "pending",
            "connected",
            "error",
            "disconnected",
            "Connected",
            "",
        ] {
            let status = ConnectionStatus::from(text.to_owned());
            let unknown = matches!(status, ConnectionStatus::Unknown(_));
            assert_eq!(unknown, ["Connected", ""].contains(&text), "{text}");
            assert_eq!(serde_json::to_value(status).unwrap(), text);
        }
    }
}
