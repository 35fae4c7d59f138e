use std::fmt;
use std::sync::Arc;

use byod_schema::FunctionType;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer;
use crate::auth::{Auth, DeployKey, Token};
use crate::body;
use crate::endpoint::Endpoints;
use crate::error::{Call, Error};
use crate::http::Http;

pub(crate) use crate::endpoint::Endpoint;

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
}

impl Client {
    /// A client without authorization for the deployment at `url`.
    ///
    /// Time-outs and limits are the defaults that
    /// [`ByodBuilder`](crate::ByodBuilder) states. [`Error::Config`] if the URL is
    /// not `https://host` (or `http://` of this machine).
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::with_http(url, false, Http::shared()?)
    }

    pub(crate) fn with_http(url: &str, allow_http: bool, http: Http) -> Result<Self, Error> {
        Ok(Self {
            endpoints: Arc::new(Endpoints::new(url, allow_http)?),
            auth: Auth::None,
            http,
        })
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

    fn with_auth(&self, auth: Auth) -> Self {
        Self {
            auth,
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
        self.call(Endpoint::Query, path, args).await
    }

    /// Runs a mutation. On an error, [`Error::outcome`] says whether it ran.
    pub async fn mutation<T: DeserializeOwned>(
        &self,
        path: &str,
        args: &impl Serialize,
    ) -> Result<T, Error> {
        self.call(Endpoint::Mutation, path, args).await
    }

    /// Runs an action. On an error, [`Error::outcome`] says whether it ran.
    pub async fn action<T: DeserializeOwned>(
        &self,
        path: &str,
        args: &impl Serialize,
    ) -> Result<T, Error> {
        self.call(Endpoint::Action, path, args).await
    }

    /// Runs a function of whatever kind; needs the deploy key.
    pub async fn function<T: DeserializeOwned>(
        &self,
        path: &str,
        args: &impl Serialize,
    ) -> Result<T, Error> {
        self.call(Endpoint::Function, path, args).await
    }

    /// Runs several queries in one request, all at one timestamp. The results
    /// are in the queries' order, each with its own error; the outer error is
    /// that of the request.
    pub async fn query_batch<T: DeserializeOwned>(
        &self,
        queries: &[(&str, impl Serialize)],
    ) -> Result<Vec<Result<T, Error>>, Error> {
        let paths: Vec<&str> = queries.iter().map(|(path, _)| *path).collect();
        let names = paths.join(", ");
        let batch = self.context(Endpoint::QueryBatch, &names);
        let body = body::batch(queries).map_err(|reason| batch.encode(reason))?;
        let bytes = self.send_batch(&paths, body).await?;
        let results = answer::read_batch(&bytes, queries.len(), batch)?;
        Ok(results
            .into_iter()
            .zip(paths)
            .map(|(result, path)| {
                answer::read_value(result.get().as_bytes(), self.context(Endpoint::Query, path))
            })
            .collect())
    }

    async fn call<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        path: &str,
        args: &impl Serialize,
    ) -> Result<T, Error> {
        let context = self.context(endpoint, path);
        let body = body::call(path, args).map_err(|reason| context.encode(reason))?;
        let bytes = self.post(endpoint, body, context).await?;
        answer::read_value(&bytes, context)
    }

    /// Sends the prepared body of one call. What comes back is the body of an
    /// answer of the function, for [`answer::read`]; everything else is an error.
    pub(crate) async fn send(
        &self,
        kind: FunctionType,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Bytes, Error> {
        let endpoint = kind.into();
        self.post(endpoint, body, self.context(endpoint, path))
            .await
    }

    /// Sends the prepared body of a batch of queries; for [`answer::read_batch`].
    pub(crate) async fn send_batch(&self, paths: &[&str], body: Vec<u8>) -> Result<Bytes, Error> {
        let names = paths.join(", ");
        let context = self.context(Endpoint::QueryBatch, &names);
        self.post(Endpoint::QueryBatch, body, context).await
    }

    async fn post(
        &self,
        endpoint: Endpoint,
        body: Vec<u8>,
        context: CallContext<'_>,
    ) -> Result<Bytes, Error> {
        let url = self.endpoints.of(endpoint);
        self.http.post(url, &self.auth, body, context).await
    }

    /// What an error of a call is about.
    pub(crate) fn context<'a>(
        &'a self,
        endpoint: impl Into<Endpoint>,
        path: &'a str,
    ) -> CallContext<'a> {
        CallContext {
            deployment: &self.endpoints.host,
            endpoint: endpoint.into(),
            path,
        }
    }

    pub(crate) fn shared_url(&self) -> &Arc<str> {
        &self.endpoints.url
    }

    pub(crate) fn host(&self) -> &Arc<str> {
        &self.endpoints.host
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

/// What a [`Call`] is made of; borrowed, because most calls don't fail.
#[derive(Clone, Copy)]
pub(crate) struct CallContext<'a> {
    pub(crate) deployment: &'a Arc<str>,
    pub(crate) endpoint: Endpoint,
    pub(crate) path: &'a str,
}

impl CallContext<'_> {
    pub(crate) fn call(self) -> Box<Call> {
        Box::new(Call {
            deployment: self.deployment.clone(),
            endpoint: self.endpoint,
            path: self.path.into(),
        })
    }

    pub(crate) fn encode(self, reason: impl fmt::Display) -> Error {
        Error::Encode {
            call: self.call(),
            reason: reason.to_string().into(),
        }
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
