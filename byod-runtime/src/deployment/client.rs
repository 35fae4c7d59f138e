use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Uri;
use once_cell::sync::OnceCell;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::answer;
use super::auth::{Auth, DeployKey, Token};
use super::body;
use super::context::CallContext;
use super::deadline::Deadline;
use super::endpoint::{Endpoints, operators_url};
use super::health::{Deployments, Health};
use super::http::{Http, NoSocket, WebSocket};
use super::limits::Limits;
use super::observer::Observer;
use super::retry;
use crate::address::Resolver;
use crate::error::{Endpoint, Error, Outcome};
use crate::telemetry;

/// Calls the functions of one deployment over HTTP.
///
/// Cheap to clone and to keep: a URL and a prepared header; all clients share one
/// connection pool. Arguments and values are JSON in Convex's encoding, which
/// plain serde types give for all but int64, bytes and the special floats; use
/// [`Value`](crate::Value) where those occur.
///
/// ```no_run
/// # async fn run() -> Result<(), byod_runtime::Error> {
/// use serde_json::{Value, json};
///
/// let client = byod_runtime::Client::new("https://happy-animal-123.convex.cloud")?;
/// let messages: Vec<Value> = client.query("messages:list", &json!({"limit": 10})).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    endpoints: Arc<Endpoints>,
    auth: Auth,
    http: Http,
    limits: Limits,
    health: Arc<Health>,
    /// Is told how calls fail, where the calls of the client are a user's.
    observer: Option<Arc<dyn Observer>>,
}

/// The connections of clients that belong to no `Byod`.
static SHARED: OnceCell<Http> = OnceCell::new();

impl Client {
    /// A client without authorization for the deployment at `url`.
    ///
    /// Time-outs and limits are the defaults that
    /// [`ByodBuilder`](crate::ByodBuilder) states. Connections are shared by all such
    /// clients. [`Error::Config`] if the URL is not `https://host` (or `http://` of this
    /// machine).
    pub fn new(url: &str) -> Result<Self, Error> {
        let url = operators_url(url, false)?;
        let limits = Limits::default();
        let http = || Http::built_in(&[], Resolver::default(), limits.connect);
        Ok(Self::with_http(
            &url,
            SHARED.get_or_try_init(http)?.clone(),
            limits,
        ))
    }

    pub(crate) fn with_http(url: &Uri, http: Http, limits: Limits) -> Self {
        Self {
            endpoints: Arc::new(Endpoints::new(url)),
            auth: Auth::None,
            http,
            limits,
            health: Arc::new(Health::new(None)),
            observer: None,
        }
    }

    /// The same client, sharing what is known of its deployment with others.
    pub(crate) fn known_to(mut self, deployments: &Deployments) -> Self {
        self.health = deployments.of(&self.endpoints.url);
        self
    }

    /// The same client, whose failures somebody is told.
    pub(crate) fn observed(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The same deployment, called with another limit on the time of a call, its
    /// retries included.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        self.with_limits(|limits| limits.timeout = timeout)
    }

    /// The same deployment, called with another limit on the time that making a
    /// connection may take, with DNS and TLS.
    #[must_use]
    pub fn with_connect_timeout(&self, timeout: Duration) -> Self {
        self.with_limits(|limits| limits.connect = timeout)
    }

    /// The same deployment, called with another limit on the size of an answer, in
    /// bytes.
    #[must_use]
    pub fn with_answer_limit(&self, bytes: usize) -> Self {
        self.with_limits(|limits| limits.answer = bytes)
    }

    /// The same deployment, called with another limit on how many values an answer may
    /// hold; see [`ByodBuilder::value_limit`](crate::ByodBuilder::value_limit).
    #[must_use]
    pub fn with_value_limit(&self, values: usize) -> Self {
        self.with_limits(|limits| limits.values = values)
    }

    /// The same deployment, called with another limit on how often a call is sent
    /// again; 0 for never.
    #[must_use]
    pub fn with_retries(&self, retries: u32) -> Self {
        self.with_limits(|limits| limits.retries = retries)
    }

    pub(crate) fn with_limits(&self, change: impl FnOnce(&mut Limits)) -> Self {
        let mut client = self.clone();
        change(&mut client.limits);
        client
    }

    /// The same deployment, called as the user whose token it is.
    #[must_use]
    pub fn with_token(&self, token: impl Into<Token>) -> Self {
        self.with_auth(Auth::user(&token.into()))
    }

    /// The same deployment, called as its admin, who reaches internal functions too.
    #[must_use]
    pub fn with_deploy_key(&self, key: &DeployKey) -> Self {
        self.with_auth(Auth::admin(key))
    }

    /// The same deployment, called as its admin in the name of a user:
    /// `ctx.auth.getUserIdentity()` returns `identity` (an object with `subject`,
    /// `issuer`, …).
    #[must_use]
    pub fn acting_as(&self, key: &DeployKey, identity: &serde_json::Value) -> Self {
        self.with_auth(Auth::acting_as(key, identity))
    }

    pub(crate) fn with_auth(&self, auth: Auth) -> Self {
        Self {
            auth,
            // How others than the user are answered says nothing about the user.
            observer: None,
            ..self.clone()
        }
    }

    /// Itself, unless its secret can't be sent.
    pub(crate) fn usable(self) -> Result<Self, Error> {
        match self.auth {
            Auth::Unusable(problem) => Err(Error::config(problem)),
            _ => Ok(self),
        }
    }

    /// The deployment's URL, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.endpoints.url
    }

    /// Runs a query.
    pub async fn query<T: DeserializeOwned>(
        &self,
        path: &str,
        args: &impl Serialize,
    ) -> Result<T, Error> {
        self.call(Endpoint::Query, path, args, self.deadline())
            .await
    }

    /// Runs a mutation. On an error, [`Error::outcome`] says whether it ran.
    pub async fn mutation<T: DeserializeOwned>(
        &self,
        path: &str,
        args: &impl Serialize,
    ) -> Result<T, Error> {
        self.call(Endpoint::Mutation, path, args, self.deadline())
            .await
    }

    /// Runs an action. On an error, [`Error::outcome`] says whether it ran.
    pub async fn action<T: DeserializeOwned>(
        &self,
        path: &str,
        args: &impl Serialize,
    ) -> Result<T, Error> {
        self.call(Endpoint::Action, path, args, self.deadline())
            .await
    }

    /// Runs a function of whatever kind; needs the deploy key.
    pub async fn function<T: DeserializeOwned>(
        &self,
        path: &str,
        args: &impl Serialize,
    ) -> Result<T, Error> {
        self.call(Endpoint::Function, path, args, self.deadline())
            .await
    }

    /// Runs a public function of whatever kind, as the deployment knows it. On an error, [`Error::outcome`] says whether it
    /// ran.
    pub async fn run_any<T: DeserializeOwned>(
        &self,
        path: &str,
        args: &impl Serialize,
    ) -> Result<T, Error> {
        let context = self.context(Endpoint::Run, path);
        let body = body::arguments(args).map_err(|reason| context.encode(reason))?;
        let read = |answer: &Bytes, context: CallContext<'_>| answer::read_value(answer, context);
        self.run(body.into(), context, &self.limits, self.deadline(), read)
            .await
    }

    /// The present moment of the database, as base64: for queries that are all to be [of it](Self::query_at).
    pub async fn query_ts(&self) -> Result<String, Error> {
        #[derive(serde::Deserialize)]
        struct Moment {
            ts: String,
        }

        let endpoint = Endpoint::QueryTs;
        let context = self.context(endpoint, endpoint.path());
        let body = Bytes::from_static(b"{}");
        let read = |answer: &Bytes, context: CallContext<'_>| {
            let moment: Result<Moment, _> = serde_json::from_slice(answer);
            moment
                .map(|moment| moment.ts)
                .map_err(|error| Error::Answer {
                    call: context.call(),
                    reason: context.quote(&format!("the answer is no moment: {error}")),
                    executed: false,
                })
        };
        self.run(body, context, &self.limits, self.deadline(), read)
            .await
    }

    /// Runs a query at a moment, as [`query_ts`](Self::query_ts) gave it within the last 30 s.
    pub async fn query_at<T: DeserializeOwned>(
        &self,
        path: &str,
        args: &impl Serialize,
        ts: &str,
    ) -> Result<T, Error> {
        let context = self.context(Endpoint::QueryAtTs, path);
        let body = body::call_at(path, args, ts).map_err(|reason| context.encode(reason))?;
        let read = |answer: &Bytes, context: CallContext<'_>| answer::read_value(answer, context);
        self.run(body.into(), context, &self.limits, self.deadline(), read)
            .await
    }

    /// Runs several queries in one request, all at one timestamp. The results
    /// are in the queries' order, each with its own error; the outer error is
    /// that of the request. Without queries nothing is sent.
    pub async fn query_batch<T: DeserializeOwned>(
        &self,
        queries: &[(&str, impl Serialize)],
    ) -> Result<Vec<Result<T, Error>>, Error> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let paths: Vec<&str> = queries.iter().map(|(path, _)| *path).collect();
        let names = answer::batched(paths.iter().copied());
        let batch = self.context(Endpoint::QueryBatch, &names);
        let body = body::batch(queries).map_err(|reason| batch.encode(reason))?;
        self.run(
            body.into(),
            batch,
            &self.limits,
            self.deadline(),
            |answer, batch| {
                let results = answer::read_batch(answer, paths.len(), batch)?;
                let read = |(result, path): (&RawValue, &&str)| {
                    let context = self.context(Endpoint::Query, path).counted();
                    answer::read_value(result.get().as_bytes(), context)
                };
                Ok(results.into_iter().zip(&paths).map(read).collect())
            },
        )
        .await
    }

    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        path: &str,
        args: &impl Serialize,
        deadline: Deadline,
    ) -> Result<T, Error> {
        let context = self.context(endpoint, path);
        let body = body::call(path, args).map_err(|reason| context.encode(reason))?;
        self.run(
            body.into(),
            context,
            &self.limits,
            deadline,
            |answer, context| answer::read_value(answer, context),
        )
        .await
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When a call that begins now must be over.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.limits.timeout)
    }

    /// Sends the prepared body of a call, again where that may help and can do no
    /// harm, and reads the answer.
    pub(crate) async fn run<T>(
        &self,
        body: Bytes,
        mut context: CallContext<'_>,
        limits: &Limits,
        deadline: Deadline,
        read: impl Fn(&Bytes, CallContext<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        context.values = limits.values;
        let mut attempt = 1;
        loop {
            telemetry::attempt(attempt);
            let answer = {
                let place = match self.health.try_enter() {
                    Some(place) => Ok(place),
                    None => self.health.enter(deadline).await,
                };
                match place {
                    Ok(_place) => {
                        let url = match context.endpoint {
                            Endpoint::Run => self.endpoints.run(context.path),
                            endpoint => self.endpoints.of(endpoint),
                        };
                        let http = &self.http;
                        let floods = self.health.floods();
                        http.post(url, body.clone(), context, deadline, limits, floods)
                            .await
                    }
                    Err(limit) => Err(Error::Busy {
                        call: context.call(),
                        limit,
                    }),
                }
            };
            let error = {
                let result = answer.and_then(|answer| read(&answer, context));
                // A caller in a hurry says nothing about the deployment.
                let hurry = limits.is_shorter_than(&self.limits);
                if !(hurry && matches!(result, Err(Error::Timeout { .. }))) {
                    self.health.note(&result);
                }
                match result {
                    Ok(value) => {
                        if let Some(observer) = &self.observer {
                            observer.answered();
                        }
                        return Ok(value);
                    }
                    Err(error) => error,
                }
            };
            let budget = &self.health.budget;
            if attempt > limits.retries || !retry::again(attempt, &error, deadline, budget).await {
                if let Some(observer) = &self.observer {
                    observer.failed(&error);
                }
                return Err(error);
            }
            context.perhaps_ran |= error.outcome() == Outcome::Unknown;
            attempt += 1;
        }
    }

    /// Opens a socket of the deployment's sync protocol, for messages of at most `largest` bytes.
    pub(crate) async fn socket(&self, largest: usize) -> Result<WebSocket, NoSocket> {
        let url = self.endpoints.of(Endpoint::Sync);
        let context = self.context(Endpoint::Sync, Endpoint::Sync.path());
        let deadline = self.deadline();
        let floods = self.health.floods();
        let socket = self
            .http
            .socket(&url, context, deadline, &self.limits, largest, floods);
        let socket = socket.await;
        if let Err(NoSocket::Failed(error)) = &socket {
            self.health.note::<()>(&Err(error.clone()));
        }
        socket
    }

    /// Who calls, as the sync protocol says it.
    pub(crate) fn sync_token(&self) -> byod_sync::Token {
        self.auth.sync_token()
    }

    /// What an error of a call is about.
    pub(crate) fn context<'a>(
        &'a self,
        endpoint: impl Into<Endpoint>,
        path: &'a str,
    ) -> CallContext<'a> {
        let endpoint = endpoint.into();
        CallContext {
            deployment: self.endpoints.host(),
            auth: &self.auth,
            endpoint,
            path,
            repeatable: endpoint.only_reads(),
            perhaps_ran: false,
            values: self.limits.values,
            older: None,
        }
    }

    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    pub(crate) fn shared_url(&self) -> &Arc<str> {
        &self.endpoints.url
    }

    pub(crate) fn host(&self) -> &str {
        self.endpoints.host()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.url())
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let client = Client::new("https://host").unwrap().with_token("geheim");
        assert!(!format!("{client:?}").contains("geheim"));
    }
}
