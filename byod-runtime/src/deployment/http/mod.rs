//! Requests to deployments, and what their answers say of them as HTTP.

mod connect_limit;
mod failure;
mod floods;
mod guard;
mod pool;
mod proxy;
mod reading;
mod tcp;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
};
use hyper::{Method, Request, Response, Uri};
use hyper_util::client::legacy;
use rustls::pki_types::CertificateDer;
use tokio::time::timeout_at;

use self::connect_limit::connected_by;
pub(crate) use self::failure::refused;
use self::failure::{Failed, refusal, transport};
pub(crate) use self::floods::Floods;
use self::guard::Flood;
use self::pool::{Pool, pool};
use self::proxy::Proxies;
use self::reading::{ReadError, read};
use crate::address::Resolver;
use crate::deployment::auth::Auth;
use crate::deployment::context::CallContext;
use crate::deployment::deadline::Deadline;
use crate::deployment::limits::Limits;
use crate::error::Error;

const CONVEX_CLIENT: HeaderName = HeaderName::from_static("convex-client");
const CLIENT_NAME: &str = concat!("rust-byod-", env!("CARGO_PKG_VERSION"));

/// How many headers a request has, with the one for a proxy and the host's.
const HEADERS: usize = 5;

/// The status of an answer in which the function itself failed.
const FUNCTION_FAILED: u16 = 560;

/// What can be set about HTTP.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpSettings {
    /// Trusted besides the system's own roots.
    pub(crate) root_certificates: Vec<CertificateDer<'static>>,
    /// Whether the environment's proxy is used.
    pub(crate) proxy_from_env: bool,
}

/// A pool of connections, and the requests on them. Cheap to clone.
///
/// Redirects are not followed, nothing is decompressed, and a request is sent once:
/// again only if its connection was closed before anything of it was written.
#[derive(Clone, Debug)]
pub(crate) struct Http(Arc<Connections>);

#[derive(Debug)]
struct Connections {
    pool: Pool,
    proxies: Option<Proxies>,
}

impl Http {
    /// Names stand for what the `resolver` says; `connect` is the usual limit on
    /// connecting.
    pub(crate) fn new(
        settings: &HttpSettings,
        resolver: Resolver,
        connect: Duration,
    ) -> Result<Self, Error> {
        let proxies = settings.proxy_from_env.then(Proxies::from_env);
        let certificates = &settings.root_certificates;
        let pool = pool(certificates, proxies.clone(), resolver, connect)?;
        Ok(Self(Arc::new(Connections { pool, proxies })))
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
        let connect = deadline.of_step(limits.connect, left);
        let result = if left.is_zero() {
            Err(Failed::Timeout { connecting: true })
        } else {
            // Not in this future, which is large enough.
            let pending = self.0.pool.request(self.request(url, body, context)?);
            // The limit on connecting comes first: where both pass at once, it is
            // certain that nothing was sent.
            let exchange = exchange(pending, limits.answer, context);
            let exchange = connected_by(connect.at(), floods.clone(), exchange);
            let result = timeout_at(deadline.at(), exchange).await;
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

    fn request(
        &self,
        url: Uri,
        body: Bytes,
        context: CallContext<'_>,
    ) -> Result<Request<Full<Bytes>>, Error> {
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
        if let Some(proxies) = &self.0.proxies
            && let Some(authorization) = proxies.authorization(&url)
        {
            headers.insert(PROXY_AUTHORIZATION, authorization);
        }
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

async fn exchange(
    pending: impl Future<Output = Result<Response<Incoming>, legacy::Error>>,
    limit: usize,
    context: CallContext<'_>,
) -> Result<Bytes, Failed> {
    let response = pending
        .await
        .map_err(|error| transport(&error, error.is_connect(), context))?;
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
