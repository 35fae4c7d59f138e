//! Who calls: what main says of a token.

use std::fmt;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use byod_runtime::{Byod, Error, ProblemDetails, Session, Subject, UserId, bearer_token};
use futures_util::future::BoxFuture;

/// Who a token belongs to.
///
/// ```
/// use byod_gateway::Caller;
///
/// let alice = Caller { user_id: "k57a".into(), subject: "auth|alice".into() };
/// assert_eq!(alice.subject.as_str(), "auth|alice");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's id in main.
    pub user_id: UserId,
    /// The user's subject at the auth provider.
    pub subject: Subject,
}

/// Says who a token belongs to, where main has another way to say it than `byod/credentials:whoAmI`.
///
/// ```
/// use byod_gateway::{Caller, Resolve, Settings};
/// use byod_runtime::{Byod, Error};
/// use futures_util::FutureExt as _;
/// use futures_util::future::BoxFuture;
/// use serde_json::json;
///
/// /// Main's own function says who is signed in.
/// #[derive(Debug)]
/// struct ByUsersMe;
///
/// impl Resolve for ByUsersMe {
///     fn resolve<'a>(&'a self, byod: &'a Byod, token: &'a str) -> BoxFuture<'a, Result<Option<Caller>, Error>> {
///         async move {
///             let main = byod.main_client().clone().with_token(token);
///             let me: Option<(String, String)> = main.query("users:me", &json!({})).await?;
///             Ok(me.map(|(id, subject)| Caller { user_id: id.into(), subject: subject.into() }))
///         }
///         .boxed()
///     }
/// }
///
/// let settings = Settings::default().resolve_with(ByUsersMe);
/// ```
pub trait Resolve: fmt::Debug + Send + Sync + 'static {
    /// Whose the token is; `None` where main knows nobody of it, or has no user of theirs.
    ///
    /// The token must be checked, not just read: whoever is given here is shown that user's data.
    fn resolve<'a>(
        &'a self,
        byod: &'a Byod,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Option<Caller>, Error>>;
}

/// What a request says of who sends it.
pub(crate) enum Authorization<'a> {
    Nobody,
    Bearer(&'a str),
    /// By a deploy key, or another way that isn't a user's.
    Other,
}

impl<'a> Authorization<'a> {
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        if !headers.contains_key(AUTHORIZATION) {
            return Self::Nobody;
        }
        bearer_token(headers).map_or(Self::Other, Self::Bearer)
    }
}

impl Caller {
    pub(crate) fn session(self, byod: &Byod, token: &str) -> Session {
        byod.session(self.user_id, self.subject).with_token(token)
    }
}

/// Nobody, where somebody has to be.
pub(crate) fn unauthenticated() -> ProblemDetails {
    ProblemDetails::new(
        401,
        "unauthenticated",
        "Sign in first: send the token of who calls as `Authorization: Bearer …`.",
    )
}
