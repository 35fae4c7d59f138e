//! Pushes a project to a deployment: start, wait for the schema, finish.
//!
//! What a deployment answers holds all its environment variables. It is handed back to it as
//! it came, is never read further than that takes, and goes when the push is over.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::auth::DeployKey;
use super::client::Client;
use super::context::CallContext;
use super::deadline::Deadline;
use super::limits::Limits;
use crate::error::{Endpoint, Error};

/// How long the first request may take, and the last: a deployment runs all modules before it answers.
const STEP: Duration = Duration::from_secs(300);

/// Codes of a refusal whose sentence names variables or files alone. What a module throws when it is loaded may be what a
/// variable holds.
const NAMING: [&str; 3] = [
    "MissingEnvironmentVariables",
    "AuthConfigMissingEnvironmentVariable",
    "InvalidConfig",
];

/// How long a deployment lets one wait until it says that there is nothing new.
const LONG_POLL: Duration = Duration::from_secs(10);

/// How long it waits for indexes, where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(600);

/// The project of users' deployments as the official tool has bundled it, to be pushed to
/// any of them. Cheap to clone; it holds no key.
///
/// ```
/// use byod_runtime::{Bundle, Error};
///
/// /// Of the file that `npx convex deploy --write-push-request FILE --push-all-modules` writes.
/// fn bundle(written: &[u8], schema_version: u64) -> Result<Bundle, Error> {
///     Bundle::parse(written, schema_version)
/// }
/// ```
#[derive(Clone)]
pub struct Bundle {
    /// The request without its key: what stands behind that.
    rest: Bytes,
    schema_version: u64,
    patience: Duration,
}

impl Bundle {
    /// Of a push request, whose deploy key is left out; `schema_version` is the one that the
    /// project says of itself (`byod/version.ts`).
    ///
    /// [`Error::Config`] if it is none, or was made without `--push-all-modules`.
    pub fn parse(request: &[u8], schema_version: u64) -> Result<Self, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct App {
            unchanged_module_hashes: Vec<IgnoredAny>,
            #[serde(rename = "changedModules")]
            _changed_modules: Vec<IgnoredAny>,
        }

        let none = |reason: &dyn fmt::Display| {
            Error::config(format!(
                "the file is no push request: {reason}; make one with `npx convex deploy --write-push-request`"
            ))
        };
        let parsed = serde_json::from_slice(request).map_err(|error| none(&error))?;
        let mut fields: BTreeMap<String, Box<RawValue>> = parsed;
        fields.remove("adminKey");
        let app = fields.get("appDefinition").map_or("null", |app| app.get());
        let app: App = serde_json::from_str(app).map_err(|error| none(&error))?;
        if !app.unchanged_module_hashes.is_empty() {
            return Err(Error::config(
                "the push request leaves out modules that one deployment had already; make it with `--push-all-modules`",
            ));
        }
        let no_dry_run = RawValue::from_string("false".to_owned());
        fields.insert(
            "dryRun".to_owned(),
            no_dry_run.map_err(|error| none(&error))?,
        );
        let body = serde_json::to_vec(&fields).map_err(|error| none(&error))?;
        Ok(Self {
            // There are fields, so it goes on behind the bracket.
            rest: Bytes::from(body).slice(1..),
            schema_version,
            patience: PATIENCE,
        })
    }

    /// Sets how long a deployment may take to build its indexes and to look at its documents;
    /// ten minutes without it.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The version that the project says of itself.
    pub fn schema_version(&self) -> u64 {
        self.schema_version
    }

    /// How large it is, in bytes.
    pub fn size(&self) -> usize {
        self.rest.len()
    }

    /// What it was parsed of, without a key: to be kept, and parsed again elsewhere.
    pub fn to_request(&self) -> Vec<u8> {
        [b"{", &self.rest[..]].concat()
    }

    fn for_key(&self, key: &str) -> Result<Bytes, serde_json::Error> {
        let mut body = Vec::with_capacity(self.rest.len() + key.len() + 32);
        body.extend_from_slice(br#"{"adminKey":"#);
        serde_json::to_writer(&mut body, key)?;
        body.push(b',');
        body.extend_from_slice(&self.rest);
        Ok(body.into())
    }
}

/// Shows no code.
impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle")
            .field("schema_version", &self.schema_version)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// Why a push came to nothing: the deployment runs what it ran.
#[derive(Debug)]
pub(crate) enum NotPushed {
    /// Its documents don't match the schema.
    DoesNotFit {
        table: Option<Box<str>>,
        reason: Box<str>,
    },
    /// Somebody else pushes, too.
    Overtaken,
    /// Its indexes were not ready in that time.
    TooSlow(Duration),
    Error(Error),
}

impl From<Error> for NotPushed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// How far a schema is.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum SchemaState {
    InProgress,
    #[serde(rename_all = "camelCase")]
    Failed {
        error: String,
        table_name: Option<String>,
    },
    RaceDetected,
    Complete,
}

impl Client {
    /// Pushes the project; `key` is the one that the client calls with.
    pub(crate) async fn push(&self, bundle: &Bundle, key: &DeployKey) -> Result<(), NotPushed> {
        let key = key.expose_secret();
        let encode = |error| self.step(Endpoint::StartPush).encode(error);
        let body = bundle.for_key(key).map_err(encode)?;
        let time = self.limits().timeout.max(STEP);
        let started = self.post(Endpoint::StartPush, time, body, |answer, _| {
            Ok(answer.clone())
        });
        let started = started.await.map_err(without_what_is_thrown)?;
        self.wait_for_schema(&started, key, bundle.patience).await?;
        self.finish_push(&started, key).await
    }

    async fn wait_for_schema(
        &self,
        started: &Bytes,
        key: &str,
        patience: Duration,
    ) -> Result<(), NotPushed> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wait<'a> {
            admin_key: &'a str,
            schema_change: &'a RawValue,
            timeout_ms: u128,
            dry_run: bool,
        }

        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Started<'a> {
            #[serde(borrow)]
            schema_change: &'a RawValue,
        }

        let context = self.step(Endpoint::WaitForSchema);
        let started: Started<'_> = parse(started, self.step(Endpoint::StartPush))?;
        let since = Instant::now();
        loop {
            let left = patience.saturating_sub(since.elapsed());
            let poll = LONG_POLL.min(left);
            let wait = Wait {
                admin_key: key,
                schema_change: started.schema_change,
                timeout_ms: poll.as_millis(),
                dry_run: false,
            };
            let body = serde_json::to_vec(&wait).map_err(|error| context.encode(error))?;
            let time = poll + self.limits().timeout;
            let state = self.post(
                Endpoint::WaitForSchema,
                time,
                body.into(),
                |answer, context| parse_owned::<SchemaState>(answer, context),
            );
            match state.await? {
                SchemaState::Complete => return Ok(()),
                SchemaState::InProgress if !left.is_zero() => {
                    // One that does not wait is not asked all the time.
                    tokio::time::sleep(Duration::from_millis(100).min(left)).await;
                }
                SchemaState::InProgress => return Err(NotPushed::TooSlow(patience)),
                SchemaState::RaceDetected => return Err(NotPushed::Overtaken),
                SchemaState::Failed { error, table_name } => {
                    return Err(NotPushed::DoesNotFit {
                        table: table_name.map(|table| context.quote_at_most(&table, 100)),
                        reason: context.quote(&without_documents(&error)),
                    });
                }
            }
        }
    }

    async fn finish_push(&self, started: &Bytes, key: &str) -> Result<(), NotPushed> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Finish<'a> {
            admin_key: &'a str,
            start_push: &'a RawValue,
            dry_run: bool,
            message: (),
        }

        let context = self.step(Endpoint::FinishPush);
        let finish = Finish {
            admin_key: key,
            start_push: parse(started, self.step(Endpoint::StartPush))?,
            dry_run: false,
            message: (),
        };
        let body = serde_json::to_vec(&finish).map_err(|error| context.encode(error))?;
        let time = self.limits().timeout.max(STEP);
        let finished = self.post(
            Endpoint::FinishPush,
            time,
            body.into(),
            |answer, context| parse_owned::<IgnoredAny>(answer, context),
        );
        match finished.await {
            Ok(_) => Ok(()),
            Err(Error::Status { code, .. }) if code.as_deref() == Some("RaceDetected") => {
                Err(NotPushed::Overtaken)
            }
            Err(error) => Err(NotPushed::Error(without_message(error))),
        }
    }

    async fn post<T>(
        &self,
        endpoint: Endpoint,
        timeout: Duration,
        body: Bytes,
        read: impl Fn(&Bytes, CallContext<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let limits = Limits {
            timeout,
            ..*self.limits()
        };
        let deadline = Deadline::after(limits.timeout);
        self.run(body, self.step(endpoint), &limits, deadline, read)
            .await
    }

    fn step(&self, endpoint: Endpoint) -> CallContext<'_> {
        let path = endpoint.path();
        let name = path.rsplit('/').next().unwrap_or(path);
        self.context(endpoint, name)
    }
}

fn parse<'a, T: Deserialize<'a>>(answer: &'a [u8], context: CallContext<'_>) -> Result<T, Error> {
    // What the parser says of a text quotes from it.
    serde_json::from_slice(answer).map_err(|_| Error::Answer {
        call: context.call(),
        reason: "the answer is none to a push".into(),
        executed: false,
    })
}

fn parse_owned<T: DeserializeOwned>(answer: &[u8], context: CallContext<'_>) -> Result<T, Error> {
    parse(answer, context)
}

/// The same error without the sentence of the deployment, which was sent its environment
/// variables and may repeat them. Its code stays.
fn without_message(mut error: Error) -> Error {
    if let Error::Status { message, .. } | Error::Rejected { message, .. } = &mut error {
        *message = "".into();
    }
    error
}

/// The same error, with the sentence where its code says that it holds nothing of what a variable does.
fn without_what_is_thrown(error: Error) -> Error {
    match &error {
        Error::Status {
            code: Some(code), ..
        } if NAMING.contains(&&**code) => error,
        _ => without_message(error),
    }
}

/// What Convex says of a document that doesn't match, without what the document holds.
fn without_documents(said: &str) -> String {
    const MATCHES: &str = "does not match the schema: ";
    let Some((_, said)) = said.split_once(MATCHES) else {
        return "its dashboard says which document".to_owned();
    };
    let mut lines = said.lines();
    let first = lines.next().unwrap_or_default();
    // Where it begins with the value itself.
    let first = match first.strip_prefix('`') {
        None => first.to_owned(),
        Some(value) => match value.rsplit_once("` does not match ") {
            Some((_, validator)) => format!("A value does not match {validator}"),
            None => "A value does not match".to_owned(),
        },
    };
    let of_schema = |line: &&str| line.starts_with("Path: ") || line.starts_with("Validator: ");
    let rest = lines.filter(of_schema);
    let parts: Vec<&str> = std::iter::once(first.as_str()).chain(rest).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(unchanged: Value) -> Vec<u8> {
        json!({
            "adminKey": "nobody|nothing", "dryRun": true, "functions": "convex/",
            "appDefinition": {"changedModules": [], "unchangedModuleHashes": unchanged},
            "later": {"n": 1.50},
        })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn a_bundle_is_the_request_with_another_key() {
        let bundle = Bundle::parse(&request(json!([])), 3).unwrap();
        let body = bundle.for_key("a|\"b").unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let mut expected: Value = serde_json::from_slice(&request(json!([]))).unwrap();
        expected["adminKey"] = "a|\"b".into();
        expected["dryRun"] = false.into();
        assert_eq!(body, expected);
        assert!(!format!("{bundle:?}").contains("nobody"));
    }

    #[test]
    fn what_leaves_modules_out_is_no_bundle() {
        for (request, reason) in [
            (b"[]".to_vec(), "no push request"),
            (b"{}".to_vec(), "no push request"),
            (request(json!([{"path": "a.js"}])), "--push-all-modules"),
        ] {
            let error = Bundle::parse(&request, 1).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn nothing_of_a_document_is_told() {
        for (said, told) in [
            (
                "Document with ID \"k\" in table \"notes\" does not match the schema: Object is missing the required field `kind`. Consider wrapping it.\n\nObject: {title: \"geheim\"}\nValidator: v.object({})",
                "Object is missing the required field `kind`. Consider wrapping it. Validator: v.object({})",
            ),
            (
                "Document with ID \"k\" in table \"notes\" does not match the schema: Value does not match validator.\nPath: .n\nValue: \"geheim\"\nValidator: v.float64()",
                "Value does not match validator. Path: .n Validator: v.float64()",
            ),
            (
                "Document with ID \"k\" in table \"notes\" does not match the schema: `\"geheim` does not match ` geheim\"` does not match literal validator `v.literal(\"a\")`.Path: .kind",
                "A value does not match literal validator `v.literal(\"a\")`.Path: .kind",
            ),
            (
                "Document with ID \"k\" in table \"notes\" does not match the schema: `geheim",
                "A value does not match",
            ),
            ("geheim", "its dashboard says which document"),
        ] {
            assert_eq!(without_documents(said), told);
        }
    }
}
