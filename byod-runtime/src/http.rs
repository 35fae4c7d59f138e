use std::error::Error as _;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::header::{
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{ClientBuilder, Method, Request, Response, StatusCode, Url};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout_at;

use crate::address::{GuardedResolver, Refused};
use crate::answer;
use crate::auth::Auth;
use crate::client::{CallContext, Limits};
use crate::connect_limit::{ConnectLimit, connected_by};
use crate::deadline::Deadline;
use crate::error::Error;

const CONVEX_CLIENT: HeaderName = HeaderName::from_static("convex-client");
const CLIENT_NAME: &str = concat!("rust-byod-", env!("CARGO_PKG_VERSION"));

/// The status of an answer in which the function itself failed.
const FUNCTION_FAILED: u16 = 560;

/// How much of a refusal's text is read, in bytes.
const REFUSAL_LIMIT: usize = 64 * 1024;

/// How long an unused connection is kept: shorter than common servers and load
/// balancers do, so that a call rarely meets a connection that is being closed.
const IDLE: Duration = Duration::from_secs(30);

/// What can be set about HTTP.
#[derive(Clone, Debug, Default)]
pub(crate) struct HttpSettings {
    /// Trusted besides the system's own roots.
    pub(crate) root_certificates: Vec<CertificateDer<'static>>,
    /// Whether the environment's proxy is used.
    pub(crate) proxy_from_env: bool,
}

/// Connection pools. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Http(Arc<Pools>);

/// Most calls have the limit on connecting that their pool has: it is the pool's
/// own, which costs a call nothing. A limit per call takes a layer around the
/// connector, of which every call of that pool makes copies.
#[derive(Debug)]
struct Pools {
    usual: reqwest::Client,
    /// The limit of the usual one.
    connect: Duration,
    /// For calls that have less time to connect, or more.
    unusual: reqwest::Client,
}

impl Http {
    /// With a `resolver`, names stand for what that says; `connect` is the usual limit
    /// on connecting.
    pub(crate) fn new(
        settings: &HttpSettings,
        resolver: Option<GuardedResolver>,
        connect: Duration,
    ) -> Result<Self, Error> {
        let tls = tls(&settings.root_certificates)?;
        let pool = || pool(settings, resolver.clone(), tls.clone());
        let build = |builder: ClientBuilder| {
            let client = builder.build();
            client.map_err(|error| Error::config(format!("no HTTP client: {}", chain(&error))))
        };
        Ok(Self(Arc::new(Pools {
            usual: build(pool().connect_timeout(connect))?,
            connect,
            unusual: build(pool().connector_layer(ConnectLimit))?,
        })))
    }

    /// Sends `body` and gives the body of the answer, if a function answered.
    pub(crate) async fn post(
        &self,
        url: Url,
        body: Bytes,
        context: CallContext<'_>,
        deadline: Deadline,
        limits: &Limits,
    ) -> Result<Bytes, Error> {
        let left = deadline.left();
        let step = deadline.of_step(limits.connect, left);
        let timeout = |connecting| Error::Timeout {
            call: context.call(),
            limit: if connecting {
                step.limit
            } else {
                deadline.limit
            },
            connecting,
        };
        if left.is_zero() {
            return Err(timeout(true));
        }
        let is_usual = limits.connect == self.0.connect && limits.connect < left;
        // Not in this future, which is large enough.
        let pending = {
            let request = request(url, body, context)?;
            let pool = if is_usual {
                &self.0.usual
            } else {
                &self.0.unusual
            };
            pool.execute(request)
        };
        let result = if is_usual {
            // reqwest's own limit in all takes four more allocations.
            let exchange = pin!(exchange(pending, limits.answer, context));
            let result = timeout_at(deadline.at(), exchange).await;
            result.unwrap_or(Err(Failed::Timeout { connecting: false }))
        } else {
            unusual(pending, limits.answer, context, step, deadline).await
        };
        result.map_err(|failed| match failed {
            Failed::Timeout { connecting } => timeout(connecting),
            Failed::Otherwise(error) => error,
        })
    }
}

fn request(url: Url, body: Bytes, context: CallContext<'_>) -> Result<Request, Error> {
    let mut request = Request::new(Method::POST, url);
    match context.auth {
        Auth::None => {}
        Auth::Header { value, .. } => {
            request.headers_mut().insert(AUTHORIZATION, value.clone());
        }
        Auth::Unusable(problem) => return Err(Error::config(*problem)),
    }
    *request.body_mut() = Some(body.into());
    Ok(request)
}

/// A pool without a limit on connecting.
fn pool(
    settings: &HttpSettings,
    resolver: Option<GuardedResolver>,
    tls: rustls::ClientConfig,
) -> ClientBuilder {
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CONVEX_CLIENT, HeaderValue::from_static(CLIENT_NAME)),
    ]);
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Another crate of the build may have switched these features on.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .pool_idle_timeout(IDLE);
    if !settings.proxy_from_env {
        builder = builder.no_proxy();
    }
    if let Some(resolver) = resolver {
        builder = builder.dns_resolver(resolver);
    }
    builder
}

/// The exchange, with its time limits looked at from outside. The one on connecting
/// comes first: where both pass at once, it is certain that nothing was sent.
#[cold]
fn unusual<'a>(
    pending: impl Future<Output = reqwest::Result<Response>> + Send + 'a,
    limit: usize,
    context: CallContext<'a>,
    connecting: Deadline,
    deadline: Deadline,
) -> BoxFuture<'a, Result<Bytes, Failed>> {
    let unusual = async move {
        let exchange = exchange(pending, limit, context);
        let exchange = connected_by(connecting.at(), exchange);
        let result = timeout_at(deadline.at(), exchange).await;
        result.unwrap_or(Err(Failed::Timeout { connecting: false }))
    };
    unusual.boxed()
}

async fn exchange(
    pending: impl Future<Output = reqwest::Result<Response>>,
    limit: usize,
    context: CallContext<'_>,
) -> Result<Bytes, Failed> {
    let transport = |error: reqwest::Error| transport(&error, context);
    let response = pending.await.map_err(transport)?;
    match response.status().as_u16() {
        status if is_answer(status) => match read(response, limit).await {
            Ok(body) => Ok(body),
            Err(ReadError::TooLarge) => Err(Failed::Otherwise(Error::TooLarge {
                call: context.call(),
                limit,
            })),
            Err(ReadError::Transport(error)) => Err(transport(error)),
        },
        _ => Err(Failed::Otherwise(refusal(response, context).await)),
    }
}

/// How a request failed.
enum Failed {
    Timeout { connecting: bool },
    Otherwise(Error),
}

fn transport(error: &reqwest::Error, context: CallContext<'_>) -> Failed {
    let connecting = error.is_connect();
    if error.is_timeout() {
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

/// rustls with `ring`, named here instead of installed for the whole process.
fn tls(extra: &[CertificateDer<'static>]) -> Result<rustls::ClientConfig, Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        // A bare container has no certificates: Mozilla's, compiled in, then.
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for certificate in extra {
        roots.add(certificate.clone()).map_err(|error| {
            Error::config(format!(
                "root_certificate: not a usable certificate: {error}"
            ))
        })?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::config(format!("TLS can't be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

enum ReadError {
    TooLarge,
    Transport(reqwest::Error),
}

/// Reads a body of at most `limit` bytes. One that comes in a single chunk, as
/// most do, is handed on without a copy.
async fn read(mut response: Response, limit: usize) -> Result<Bytes, ReadError> {
    if response
        .content_length()
        .is_some_and(|length| length > limit as u64)
    {
        return Err(ReadError::TooLarge);
    }
    let mut body = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(ReadError::Transport)? {
        if body.len() + joined.len() + chunk.len() > limit {
            return Err(ReadError::TooLarge);
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
fn refusal(response: Response, context: CallContext<'_>) -> BoxFuture<'_, Error> {
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

/// The causes of an error, innermost last, without the words of the HTTP client
/// itself, which say only in which of its parts it happened.
fn chain(error: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        // Says all there is to say.
        if error.is::<Refused>() {
            return part;
        }
        if !part.starts_with("client error (") && parts.last() != Some(&part) {
            parts.push(part);
        }
        cause = error.source();
    }
    if parts.is_empty() {
        parts.push(error.to_string());
    }
    parts.join(": ")
}

/// Whether rustls is at the bottom of it, be it inside of I/O errors.
fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let inner = error.downcast_ref().and_then(io::Error::get_ref);
    error.is::<rustls::Error>()
        || inner.is_some_and(|inner| is_tls(inner))
        || error.source().is_some_and(is_tls)
}
