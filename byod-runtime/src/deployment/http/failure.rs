//! How requests fail, and what errors say of it.

use std::error::Error as StdError;
use std::io;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper::body::Body;
use hyper::header::{HeaderMap, RETRY_AFTER};
use hyper::{Response, StatusCode};
use hyper_util::client::legacy;

use super::connect_limit::TooLate;
use super::reading::read;
use crate::address::Refused;
use crate::deployment::answer;
use crate::deployment::context::CallContext;
use crate::error::Error;

/// How much of a refusal's text is read, in bytes.
const REFUSAL_LIMIT: usize = 64 * 1024;

/// A failed request of either way.
pub(super) trait RequestError: StdError + 'static {
    /// Whether there was no connection yet.
    fn is_connect(&self) -> bool;
}

impl RequestError for legacy::Error {
    fn is_connect(&self) -> bool {
        self.is_connect()
    }
}

#[cfg(feature = "reqwest")]
impl RequestError for reqwest::Error {
    /// Nor was there one where the client refuses the request itself (`https_only`).
    fn is_connect(&self) -> bool {
        self.is_connect() || self.is_builder()
    }
}

/// How a request failed.
pub(super) enum Failed {
    Timeout { connecting: bool },
    Otherwise(Error),
}

pub(super) fn transport(
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

#[cold]
pub(super) fn refusal<'a, B>(
    response: Response<B>,
    context: CallContext<'a>,
) -> BoxFuture<'a, Error>
where
    B: Body<Data = Bytes, Error: Send> + Send + Unpin + 'a,
{
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
pub(super) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut parts = Vec::new();
    for cause in causes(error) {
        let part = cause.to_string();
        // Says all there is to say.
        if cause.is::<Refused>() {
            return part;
        }
        if !is_said_by_the_client(cause, &part) && parts.last() != Some(&part) {
            parts.push(part);
        }
    }
    if parts.is_empty() {
        parts.push(error.to_string());
    }
    parts.join(": ")
}

/// Whether it says only in which part of the HTTP client it happened.
fn is_said_by_the_client(cause: &(dyn StdError + 'static), part: &str) -> bool {
    #[cfg(feature = "reqwest")]
    if cause.is::<reqwest::Error>() {
        return true;
    }
    #[cfg(not(feature = "reqwest"))]
    let _ = cause;
    part.starts_with("client error (")
}

/// Whether rustls is at the bottom of it, be it inside of I/O errors.
fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(|cause| {
        let inner = cause.downcast_ref().and_then(io::Error::get_ref);
        cause.is::<rustls::Error>() || inner.is_some_and(|inner| is_tls(inner))
    })
}
