//! What is answered, and how many were given.

use std::sync::atomic::{AtomicU64, Ordering};

use byod_runtime::{Credentials, EncryptionKey};
use serde_json::json;

use super::documents::{conversations, success};

/// Documents in a small answer.
pub const SMALL: usize = 2;

/// Documents in a large answer.
pub const LARGE: usize = 1_000;

/// What the records of main are sealed with.
pub const ENCRYPTION_KEY: &str = "an encryption key that only the benchmarks have";

/// The deploy key of main, and of every user's deployment.
pub const DEPLOY_KEY: &str = "prod:happy-animal-123|only for benchmarks";

/// Users whose id begins with this each have a deployment of their own, which
/// nobody can reach; all others have this one.
pub const ELSEWHERE: &str = "elsewhere-";

/// Answers, and how many were given.
pub(super) struct Answers {
    pub(super) key: EncryptionKey,
    small: Prepared,
    large: Prepared,
    pub(super) record: Vec<u8>,
    pub(super) requests: AtomicU64,
}

/// One function's answer.
pub(super) struct Prepared {
    pub(super) value: String,
    pub(super) answer: String,
    /// With the head of the HTTP response.
    pub(super) response: Vec<u8>,
}

impl Prepared {
    fn new(count: usize) -> Self {
        let value = conversations(count);
        let answer = success(&value);
        Self {
            response: response(&answer),
            value,
            answer,
        }
    }
}

impl Answers {
    pub(super) fn new(url: String) -> Result<Self, byod_runtime::Error> {
        let key = EncryptionKey::parse(ENCRYPTION_KEY)?;
        let record = response(&success(&record(&key, "a user", &url)?));
        Ok(Self {
            key,
            small: Prepared::new(SMALL),
            large: Prepared::new(LARGE),
            record,
            requests: AtomicU64::new(0),
        })
    }

    /// The answer to a query with that many documents asked for.
    pub(super) fn of(&self, request: &str) -> &Prepared {
        match request.contains(r#""limit":1000"#) {
            true => &self.large,
            false => &self.small,
        }
    }

    pub(super) fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }
}

/// A user's record on main, connected to the deployment at that URL.
pub(super) fn record(
    key: &EncryptionKey,
    user: &str,
    url: &str,
) -> Result<String, byod_runtime::Error> {
    let sealed = key.seal(&Credentials {
        deployment_url: url.to_owned(),
        deploy_key: DEPLOY_KEY.into(),
    })?;
    Ok(json!({
        "_id": "j57aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "_creationTime": 1.0, "userId": user,
        "encryptedDeploymentUrl": sealed.encrypted_deployment_url,
        "encryptedDeployKey": sealed.encrypted_deploy_key,
        "encryptionIV": sealed.encryption_iv, "authTags": sealed.auth_tags,
        "connectionStatus": "connected", "schemaVersion": 1, "createdAt": 1, "updatedAt": 1,
    })
    .to_string())
}

/// The whole HTTP response with this body.
pub(super) fn response(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
