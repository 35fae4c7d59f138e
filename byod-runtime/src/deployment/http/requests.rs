//! One request, over either way.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
#[cfg(feature = "reqwest")]
use futures_util::FutureExt as _;
use http_body_util::Full;
use hyper::body::Body;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, Uri};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout_at;

#[cfg(feature = "reqwest")]
use super::configured::Configured;
use super::connect_limit::connected_by;
use super::failure::{Failed, RequestError, refusal, transport};
use super::floods::Floods;
use super::guard::Flood;
use super::pool::Pools;
use super::reading::{ReadError, read};
use super::silence::Silence;
use crate::address::Resolver;
use crate::deployment::auth::Auth;
use crate::deployment::context::CallContext;
use crate::deployment::deadline::Deadline;
use crate::deployment::limits::Limits;
use crate::error::Error;

pub(super) const CONVEX_CLIENT: HeaderName = HeaderName::from_static("convex-client");
pub(super) const CLIENT_NAME: &str = concat!("rust-byod-", env!("CARGO_PKG_VERSION"));

/// How many headers a request has, with the host's.
const HEADERS: usize = 4;

/// The status of an answer in which the function itself failed.
const FUNCTION_FAILED: u16 = 560;

/// Connections to deployments, and the requests on them. Cheap to clone.
///
/// Redirects are not followed, nothing is decompressed, and a request is sent once:
/// again only if its connection was closed before anything of it was written.
#[derive(Clone, Debug)]
pub(crate) struct Http(pub(super) Way);

/// Who makes the connections and speaks HTTP on them.
#[derive(Clone, Debug)]
pub(super) enum Way {
    BuiltIn(Arc<Pools>),
    /// A client that the service has set up.
    #[cfg(feature = "reqwest")]
    Configured(Configured),
}

impl Http {
    /// The built-in way. Names stand for what the `resolver` says; `connect` is the usual
    /// limit on connecting.
    pub(crate) fn built_in(
        certificates: &[CertificateDer<'static>],
        resolver: Resolver,
        connect: Duration,
    ) -> Result<Self, Error> {
        let pools = Pools::new(certificates, resolver, connect)?;
        Ok(Self(Way::BuiltIn(Arc::new(pools))))
    }

    /// By a client that the service has set up.
    #[cfg(feature = "reqwest")]
    pub(super) fn configured(client: Configured) -> Self {
        Self(Way::Configured(client))
    }

    /// Sends `body` and gives the body of the answer, if a function answered. What comes
    /// unasked on a connection that is made for it is counted in `floods`.
    pub(crate) async fn post(
        &self,
        url: Uri,
        body: Bytes,
        context: CallContext<'_>,
        deadline: Deadline,
        limits: &Limits,
        floods: &Arc<Floods>,
    ) -> Result<Bytes, Error> {
        let left = deadline.left();
        let connect = deadline.of_step(self.connect_limit(limits), left);
        let result = if left.is_zero() {
            Err(Failed::Timeout { connecting: true })
        } else {
            let request = request(url, body, context)?;
            // The limit on connecting comes first: where both pass at once, it is
            // certain that nothing was sent.
            let within = (connect.at(), floods.clone());
            let result = match &self.0 {
                Way::BuiltIn(pools) => {
                    // Not in this future, which is large enough.
                    let pending = pools.request(request.map(Full::new));
                    let exchange = exchange(pending, limits.answer, context, floods.silence());
                    timeout_at(deadline.at(), connected_by(within, exchange)).await
                }
                #[cfg(feature = "reqwest")]
                Way::Configured(client) => {
                    let exchange = exchange(client.send(request), limits.answer, context, None);
                    timeout_at(deadline.at(), connected_by(within, exchange).boxed()).await
                }
            };
            result.unwrap_or(Err(Failed::Timeout { connecting: false }))
        };
        result.map_err(|failed| match failed {
            Failed::Timeout { connecting } => Error::Timeout {
                call: context.call(),
                limit: match connecting {
                    true => connect.limit,
                    false => deadline.limit,
                },
                connecting,
            },
            Failed::Otherwise(error) => error,
        })
    }

    /// How long connecting may take by itself.
    pub(super) fn connect_limit(&self, limits: &Limits) -> Duration {
        match &self.0 {
            Way::BuiltIn(_) => limits.connect,
            #[cfg(feature = "reqwest")]
            Way::Configured(client) => limits.connect.min(client.connect()),
        }
    }
}

fn request(url: Uri, body: Bytes, context: CallContext<'_>) -> Result<Request<Bytes>, Error> {
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    const CLIENT: HeaderValue = HeaderValue::from_static(CLIENT_NAME);
    let mut headers = HeaderMap::with_capacity(HEADERS);
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CONVEX_CLIENT, CLIENT);
    match context.auth {
        Auth::None => {}
        Auth::Header { value, .. } => {
            headers.insert(AUTHORIZATION, value.clone());
        }
        Auth::Unusable(problem) => return Err(Error::config(*problem)),
    }
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = url;
    *request.headers_mut() = headers;
    Ok(request)
}

async fn exchange<E: RequestError, B>(
    pending: impl Future<Output = Result<Response<B>, E>>,
    limit: usize,
    context: CallContext<'_>,
    silence: Option<&Silence>,
) -> Result<Bytes, Failed>
where
    B: Body<Data = Bytes, Error: StdError + Send + 'static> + Send + Unpin,
{
    let awaited = silence.map(Silence::begin);
    let response = pending.await;
    match (awaited, &response) {
        (Some(awaited), Ok(_)) => awaited.answered(),
        (Some(awaited), Err(_)) => awaited.failed(),
        (None, _) => {}
    }
    let response = response.map_err(|error| transport(&error, error.is_connect(), context))?;
    if !is_answer(response.status().as_u16()) {
        return Err(Failed::Otherwise(refusal(response, context).await));
    }
    read(response, limit).await.map_err(|error| match error {
        ReadError::TooLarge => Failed::Otherwise(Error::TooLarge {
            call: context.call(),
            limit,
        }),
        ReadError::Flood => transport(&Flood, false, context),
        ReadError::Transport(error) => transport(&error, false, context),
    })
}

/// Whether a function answered: it returned, or it failed.
pub(crate) fn is_answer(status: u16) -> bool {
    matches!(status, 200 | FUNCTION_FAILED)
}
