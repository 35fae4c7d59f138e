//! Requests to deployments, and what their answers say of them as HTTP.

mod connect_limit;
mod floods;
mod guard;
mod pool;
mod proxy;
mod tcp;

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
    RETRY_AFTER,
};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::client::legacy;
use rustls::pki_types::CertificateDer;
use tokio::time::timeout_at;

use self::connect_limit::{TooLate, connected_by};
pub(crate) use self::floods::Floods;
use self::guard::{Flood, Taken};
use self::pool::{Pool, pool};
use self::proxy::Proxies;
use crate::address::{Refused, Resolver};
use crate::deployment::answer;
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

/// How much of a refusal's text is read, in bytes.
const REFUSAL_LIMIT: usize = 64 * 1024;

/// How many pieces of a body may be smaller than they are worth, and how large those are,
/// in bytes.
const PIECES: usize = 1024;
const WORTH: usize = 64;

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

/// How a request failed.
enum Failed {
    Timeout { connecting: bool },
    Otherwise(Error),
}

fn transport(
    error: &(dyn StdError + 'static),
    connecting: bool,
    context: CallContext<'_>,
) -> Failed {
    if causes(error).any(|cause| cause.is::<TooLate>()) {
        return Failed::Timeout { connecting };
    }
    let call = context.call();
    let reason = context.quote(&chain(error));
    Failed::Otherwise(match connecting {
        true if is_tls(error) => Error::Tls { call, reason },
        true => Error::Connect { call, reason },
        false => Error::Interrupted { call, reason },
    })
}

enum ReadError {
    TooLarge,
    /// In more pieces than it is worth.
    Flood,
    Transport(hyper::Error),
}

/// Reads a body of at most `limit` bytes. One that comes in a single chunk, as
/// most do, is handed on without a copy.
async fn read(response: Response<Incoming>, limit: usize) -> Result<Bytes, ReadError> {
    let taken = response.extensions().get::<Taken>().cloned();
    let mut incoming = response.into_body();
    if incoming.size_hint().lower() > limit as u64 {
        return Err(ReadError::TooLarge);
    }
    let mut body = Bytes::new();
    let mut joined = BytesMut::new();
    let mut pieces = 0;
    while let Some(frame) = incoming.frame().await {
        pieces += 1;
        // What comes behind the body says nothing.
        let Ok(chunk) = frame.map_err(ReadError::Transport)?.into_data() else {
            continue;
        };
        let length = body.len() + joined.len() + chunk.len();
        if length > limit {
            return Err(ReadError::TooLarge);
        }
        if pieces > PIECES + length / WORTH {
            return Err(ReadError::Flood);
        }
        if let Some(taken) = &taken {
            taken.add(chunk.len());
        }
        if body.is_empty() && joined.is_empty() {
            body = chunk;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut body));
            joined.extend_from_slice(&chunk);
        }
    }
    Ok(if joined.is_empty() {
        body
    } else {
        joined.freeze()
    })
}

/// Whether a function answered: it returned, or it failed.
pub(crate) fn is_answer(status: u16) -> bool {
    matches!(status, 200 | FUNCTION_FAILED)
}

#[cold]
fn refusal(response: Response<Incoming>, context: CallContext<'_>) -> BoxFuture<'_, Error> {
    let refusal = async move {
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        // The status says enough where its text can't be had.
        let body = read(response, REFUSAL_LIMIT).await.unwrap_or_default();
        refused(status, retry_after, &body, context)
    };
    refusal.boxed()
}

pub(crate) fn refused(
    status: u16,
    retry_after: Option<Duration>,
    body: &[u8],
    context: CallContext<'_>,
) -> Error {
    let (code, mut message) = answer::refusal(body, context);
    if (300..400).contains(&status) {
        message = "redirects are not followed; check the deployment's URL".into();
    }
    let call = context.call();
    const UNAUTHORIZED: u16 = StatusCode::UNAUTHORIZED.as_u16();
    const FORBIDDEN: u16 = StatusCode::FORBIDDEN.as_u16();
    match status {
        UNAUTHORIZED | FORBIDDEN => Error::Rejected {
            call,
            status,
            code,
            message,
        },
        _ => Error::Status {
            call,
            status,
            code,
            message,
            retry_after,
        },
    }
}

/// `Retry-After`: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are for ever all the same.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    // A date that has passed asks for no pause.
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// An error and its causes, innermost last.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// What an error and its causes say, without the words of the HTTP client itself,
/// which say only in which of its parts it happened.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut parts = Vec::new();
    for cause in causes(error) {
        let part = cause.to_string();
        // Says all there is to say.
        if cause.is::<Refused>() {
            return part;
        }
        if !part.starts_with("client error (") && parts.last() != Some(&part) {
            parts.push(part);
        }
    }
    if parts.is_empty() {
        parts.push(error.to_string());
    }
    parts.join(": ")
}

/// Whether rustls is at the bottom of it, be it inside of I/O errors.
fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| {
        let inner = cause.downcast_ref().and_then(io::Error::get_ref);
        cause.is::<rustls::Error>() || inner.is_some_and(|inner| is_tls(inner))
    })
}
