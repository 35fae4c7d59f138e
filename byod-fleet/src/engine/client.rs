//! Asks the engine, at its ingress.

use std::fmt;
use std::time::Duration;

use byod_runtime::UserId;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::handed::{Begun, Deploy, Done, Order, Progress, names};
use crate::error::Error;
use crate::keeper::Round;
use crate::outcome::Outcome;

/// How often it is asked how far a roll-out is.
const LOOK: Duration = Duration::from_millis(500);

/// How long one answer may take.
const TIME: Duration = Duration::from_secs(30);

/// How often in a row it may be out of reach while something is followed: some minutes.
const LOST: u32 = 240;

/// The largest answer: a report with a thousand failures has some hundred kilobytes.
const LARGEST: usize = 16 << 20;

/// What the engine says of what isn't over.
const NOT_READY: u16 = 470;

/// What has come of something that was handed over.
pub(super) enum Came {
    NotYet,
    /// What it gave, as JSON.
    Value(Bytes),
    /// It failed, for good.
    Refused(Error),
}

/// An engine that roll-outs are handed over to: Restate's ingress.
///
/// ```no_run
/// # async fn demo(order: byod_fleet::Order) -> Result<(), byod_fleet::Error> {
/// use byod_fleet::Engine;
///
/// let engine = Engine::at("http://127.0.0.1:8080")?;
/// let begun = engine.begin(&order).await?;
/// let round = engine.follow(&begun, |progress| println!("{progress:?}")).await?;
/// println!("{:?}", round.rolled_out);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Engine {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Without a `/` at its end.
    url: String,
}

impl Engine {
    /// At that URL, `http://` or `https://`.
    pub fn at(url: &str) -> Result<Self, Error> {
        let wrong = |problem: &str| Error::EngineUrl {
            url: url.to_owned(),
            problem: problem.to_owned(),
        };
        let parsed: Uri = url.parse().map_err(|_| wrong("is no URL"))?;
        if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
            return Err(wrong(
                "is no URL of an ingress, such as http://127.0.0.1:8080",
            ));
        }
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)
            .map_err(|error| wrong(&format!("can't be reached over TLS: {error}")))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            url: url.trim_end_matches('/').to_owned(),
        })
    }

    /// Has it begin with a roll-out; the one that is under way, where that is of the same bundle.
    pub async fn begin(&self, order: &Order) -> Result<Begun, Error> {
        let path = format!("{}/{}/begin", names::FLEET, names::ALL);
        self.call(&path, order).await
    }

    /// The same of an order that is for all who are due, once a round of those that go on ([`Order::keep`]) is over that is
    /// under way with that bundle: such a round leaves alone who failed a while ago. `waiting` is told of it.
    pub async fn begin_with_all(
        &self,
        order: &Order,
        mut waiting: impl FnMut(&Begun),
    ) -> Result<Begun, Error> {
        loop {
            let begun = self.begin(order).await?;
            if begun.order.keep.is_none() || order.keep.is_some() {
                return Ok(begun);
            }
            waiting(&begun);
            // However it ends.
            let _ = self.follow(&begun, |_| {}).await;
            sleep(LOOK).await;
        }
    }

    /// Waits for the end of a roll-out, and says twice a second how far it is, `None` until a worker has begun with it.
    /// Whoever stops waiting stops nothing.
    pub async fn follow(
        &self,
        begun: &Begun,
        mut told: impl FnMut(Option<&Progress>),
    ) -> Result<Round, Error> {
        let key = &begun.key;
        let output = format!("restate/workflow/{}/{key}/output", names::ROLLOUT);
        let progress = format!("{}/{key}/progress", names::ROLLOUT);
        let mut lost = 0;
        loop {
            match self.look(&output, &mut lost).await? {
                Came::Value(round) => return self.read(&round, "a report"),
                Came::Refused(error) => {
                    // One that was killed could not say so itself.
                    let ended = format!("{}/{}/ended", names::FLEET, names::ALL);
                    let _: Result<(), Error> = self.call(&ended, &json!({"key": key})).await;
                    return Err(error);
                }
                Came::NotYet => {}
            }
            // What can't be asked now is asked again.
            if let Ok(progress) = self.get::<Option<Progress>>(&progress).await {
                told(progress.as_ref());
            }
            sleep(LOOK).await;
        }
    }

    /// Stops the roll-out that is under way, and says which: deployments under way are finished, nobody else is begun with, and the
    /// same order goes on. `None` where there is none.
    pub async fn stop(&self) -> Result<Option<Begun>, Error> {
        self.get(&format!("{}/{}/stop", names::FLEET, names::ALL))
            .await
    }

    /// Brings the version to one user's deployment, when it is its turn.
    pub async fn deploy_to(&self, user: &UserId, order: &Order) -> Result<Outcome, Error> {
        let path = format!("{}/{}/deploy", names::USER, segment(user.as_str()));
        let asked = Deploy {
            order: order.clone(),
            counted: false,
        };
        // It may wait for indexes, and for what else is done for the user: longer than what is between here and there
        // keeps a request.
        let output = self.hand_over(&path, &asked).await?;
        let mut lost = 0;
        loop {
            match self.look(&output, &mut lost).await? {
                Came::Value(done) => return Ok(self.read::<Done>(&done, "an outcome")?.outcome),
                Came::Refused(error) => return Err(error),
                Came::NotYet => sleep(LOOK).await,
            }
        }
    }

    /// Has something done that may take hours; where to look what has come of it.
    pub(super) async fn hand_over(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<String, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Sent {
            invocation_id: String,
        }

        let body = self.json(body)?;
        // What came of it is kept for a day where it has a key.
        let key = format!("{:032x}", fastrand::u128(..));
        let key = HeaderValue::try_from(key).map_err(|error| self.unreachable(&error))?;
        let mut request = self.request(Method::POST, &format!("{path}/send"), body)?;
        request.headers_mut().insert("idempotency-key", key);
        let sent: Sent = self.answered(self.sent(request, Some(TIME)).await?)?;
        let id = segment(&sent.invocation_id);
        Ok(format!("restate/invocation/{id}/output"))
    }

    /// What has come of something. `lost` is how often in a row it could not be asked.
    pub(super) async fn look(&self, output: &str, lost: &mut u32) -> Result<Came, Error> {
        match self.send(Method::GET, output, Bytes::new()).await {
            Ok((StatusCode::OK, value)) => return Ok(Came::Value(value)),
            Ok((status, _)) if status.as_u16() == NOT_READY => {
                *lost = 0;
                return Ok(Came::NotYet);
            }
            Ok((status, said)) if !passes(status) && is_of_engine(&said) => {
                return Ok(Came::Refused(self.refused(status, &said)));
            }
            Ok((status, said)) if *lost == LOST => return Err(self.refused(status, &said)),
            Err(error) if *lost == LOST => return Err(error),
            _ => *lost += 1,
        }
        Ok(Came::NotYet)
    }

    /// However long it takes.
    pub(super) async fn wait_for<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Bytes,
    ) -> Result<T, Error> {
        let request = self.request(Method::POST, path, body)?;
        let answer = self.sent(request, None).await?;
        self.answered(answer)
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let answer = self.send(Method::POST, path, Bytes::new()).await?;
        self.answered(answer)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let body = self.json(body)?;
        let answer = self.send(Method::POST, path, body).await?;
        self.answered(answer)
    }

    fn json(&self, body: &impl Serialize) -> Result<Bytes, Error> {
        let body = serde_json::to_vec(body).map_err(|_| self.strange("an order"))?;
        Ok(body.into())
    }

    fn answered<T: DeserializeOwned>(
        &self,
        (status, body): (StatusCode, Bytes),
    ) -> Result<T, Error> {
        if !status.is_success() {
            return Err(self.refused(status, &body));
        }
        let body = match body.is_empty() {
            true => &b"null"[..],
            false => &body,
        };
        self.read(body, "an answer")
    }

    pub(super) fn read<T: DeserializeOwned>(&self, text: &[u8], what: &str) -> Result<T, Error> {
        serde_json::from_slice(text).map_err(|_| self.strange(what))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), Error> {
        let request = self.request(method, path, body)?;
        self.sent(request, Some(TIME)).await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/{path}", self.url));
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(body));
        request.map_err(|error| self.unreachable(&error))
    }

    async fn sent(
        &self,
        request: Request<Full<Bytes>>,
        time: Option<Duration>,
    ) -> Result<(StatusCode, Bytes), Error> {
        let answer = async {
            let answer = self.client.request(request).await;
            let answer = answer.map_err(|error| self.unreachable(&error))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), LARGEST).collect().await;
            let body = body.map_err(|error| self.unreachable(&*error))?;
            Ok((status, body.to_bytes()))
        };
        match time {
            None => answer.await,
            Some(time) => match timeout(time, answer).await {
                Ok(answer) => answer,
                Err(late) => Err(self.unreachable(&late)),
            },
        }
    }

    fn unreachable(&self, error: &dyn std::error::Error) -> Error {
        // The last cause says what it is: "connection refused".
        let mut cause = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Error::EngineUrl {
            url: self.url.clone(),
            problem: format!("can't be reached: {cause}"),
        }
    }

    fn strange(&self, what: &str) -> Error {
        Error::EngineUrl {
            url: self.url.clone(),
            problem: format!(
                "gives {what} that this version doesn't know; are its workers of the same version?"
            ),
        }
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> Error {
        let said: Result<Said, _> = serde_json::from_slice(body);
        let said = said.map_or_else(
            |_| String::from_utf8_lossy(body).into_owned(),
            |said| said.message,
        );
        if status == StatusCode::NOT_FOUND && said.contains("register the service") {
            return Error::NoWorkers {
                url: self.url.clone(),
            };
        }
        let shown = said.chars().filter(|c| !c.is_control()).take(500);
        Error::Engine {
            status: status.as_u16(),
            said: shown.collect(),
        }
    }
}

/// An error, as the engine says it.
#[derive(serde::Deserialize)]
struct Said {
    message: String,
}

/// Whether the engine itself says that, and not a proxy or a balancer before it, which knows nothing of what is under way.
fn is_of_engine(body: &[u8]) -> bool {
    serde_json::from_slice::<Said>(body).is_ok()
}

/// Whether it may answer otherwise in a moment. What has only just begun is not found yet.
fn passes(status: StatusCode) -> bool {
    matches!(status.as_u16(), 404 | 429 | 502..=504)
}

/// A user's id as one segment of a path. Dots too are written as numbers, for `..` alone would be the folder above.
pub(super) fn segment(text: &str) -> String {
    let mut segment = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
                segment.push(byte.into());
            }
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}
