//! Where the next token comes from, when one runs out.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use tokio::time::timeout;

use crate::deployment::auth::Token;
use crate::deployment::jwt;
use crate::error::BoxError;

/// How long before a token runs out the next is asked for.
const AHEAD: Duration = Duration::from_secs(10);

/// How long a source may take: until then there may be no socket for what is watched.
const PATIENCE: Duration = Duration::from_secs(15);

/// The longest that is waited: what is further away is looked at again.
const DAY: Duration = Duration::from_secs(24 * 3600);

type Ask = dyn Fn() -> BoxFuture<'static, Result<Token, BoxError>> + Send + Sync;

/// Gives a user's token, a new one each time.
pub(crate) struct TokenSource(Box<Ask>);

impl TokenSource {
    pub(crate) fn new(
        ask: impl Fn() -> BoxFuture<'static, Result<Token, BoxError>> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(ask))
    }

    /// Another token. Whatever the service does here, it ends.
    pub(crate) fn ask(self: &Arc<Self>) -> BoxFuture<'static, Result<Token, BoxError>> {
        let source = self.clone();
        let asked = AssertUnwindSafe(async move { (source.0)().await }).catch_unwind();
        async move {
            match timeout(PATIENCE, asked).await {
                Ok(Ok(asked)) => asked,
                Ok(Err(_)) => Err("it panicked".into()),
                Err(_) => Err(format!("it gave nothing within {PATIENCE:?}").into()),
            }
        }
        .boxed()
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}

/// In how long the token is to be replaced; `None` where it doesn't say when it runs out.
pub(super) fn due_in(token: &str) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Claims {
        exp: f64,
        iat: Option<f64>,
    }

    let Claims { exp, iat } = serde_json::from_slice(&jwt::claims(token)?).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let left = Duration::try_from_secs_f64(exp - now.as_secs_f64()).unwrap_or_default();
    // A token of seconds is used for most of them.
    let lifetime = Duration::try_from_secs_f64(exp - iat.unwrap_or(0.0)).unwrap_or_default();
    let ahead = AHEAD.min(lifetime / 4);
    Some(left.saturating_sub(ahead).min(DAY))
}

impl Token {
    /// Whether it has run out, or is about to.
    pub(crate) fn is_due(&self) -> bool {
        due_in(self.expose_secret()).is_some_and(|left| left.is_zero())
    }
}

/// Whether the first of two tokens runs out after the second.
pub(super) fn runs_out_later(one: &byod_sync::Token, other: &byod_sync::Token) -> bool {
    let expiry = |token: &byod_sync::Token| match token {
        byod_sync::Token::User(token) => jwt::expires(token),
        _ => None,
    };
    matches!((expiry(one), expiry(other)), (Some(one), Some(other)) if one > other)
}
