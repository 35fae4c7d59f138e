//! Who sends a request, for services on `axum`.

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::http::request::Parts;

use crate::calls::Session;
use crate::error::Error;
use crate::routing::Byod;

/// The session of whom the request's token belongs to, as by [`Byod::session_for`]: a handler's
/// argument, where the state of the router is a [`Byod`] or has one ([`FromRef`]). With the
/// feature `axum`.
///
/// The token is that of `Authorization: Bearer …`. Without one, or where main doesn't take it, the
/// answer is 401. `Option<Session>` is `None` where the request has no such header at all.
impl<S> FromRequestParts<S> for Session
where
    S: Send + Sync,
    Byod: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let token = bearer_token(&parts.headers).ok_or_else(|| {
            Error::unauthenticated("no `Authorization: Bearer …` came with the request")
        })?;
        Byod::from_ref(state).session_for(token).await
    }
}

impl<S> OptionalFromRequestParts<S> for Session
where
    S: Send + Sync,
    Byod: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Error> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        let session = <Self as FromRequestParts<S>>::from_request_parts(parts, state);
        session.await.map(Some)
    }
}

/// The token of `Authorization: Bearer …`; `None` without that header, and where it is of another scheme or empty. With the
/// feature `axum`.
///
/// ```
/// use byod_runtime::bearer_token;
///
/// /// As a handler does that takes the token in another way, too.
/// fn token(headers: &hyper::HeaderMap) -> Option<&str> {
///     bearer_token(headers)
/// }
/// ```
pub fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
