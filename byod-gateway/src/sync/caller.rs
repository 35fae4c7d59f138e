//! Who a client is.

use std::future::pending;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byod_runtime::relay::Route;
use byod_runtime::{Error, Session, Token};
use byod_sync::SessionId;
use byod_sync::server::Stop;
use tokio::time::{sleep, timeout};

use super::main_side::MainSide;
use crate::open_streams::Place;
use crate::state::Gateway;

/// Who a client is.
#[derive(Default)]
pub(super) struct Caller {
    /// `None` for who has no account, and for nobody.
    pub(super) session: Option<Session>,
    pub(super) route: Option<Route>,
    /// When its token runs out, in seconds since 1970.
    pub(super) expires: Option<f64>,
    _place: Option<Place>,
}

impl Caller {
    /// Whoever the token belongs to, as main says, with their side of main.
    pub(super) async fn of_token(
        gateway: &Gateway,
        token: &str,
        client: SessionId,
    ) -> Result<(Self, MainSide), Stop> {
        let mut main = MainSide::open(&gateway.byod, Some(&Token::from(token)), client);
        let asked = async {
            let confirmed = async { main.confirmed().await.map_err(|error| stop(&error)) };
            let session = async {
                let session = gateway.session(token).await;
                session.map_err(|error| stop(&error))
            };
            // Main's own word comes first: who is refused there is nobody here.
            let ((), session) = tokio::try_join!(confirmed, session)?;
            Ok::<_, Stop>(session)
        };
        let asked = timeout(gateway.settings.authentication_time, asked).await;
        let session = asked.unwrap_or_else(|_| Err(close(1013, "AuthenticationTimedOut")))?;
        let mut caller = Self {
            expires: main.line.expires(),
            ..Self::default()
        };
        if let Some(session) = &session {
            let user = session.user_id().as_str();
            let place = gateway.sockets.take(user);
            caller._place = Some(place.ok_or_else(|| close(1013, "TooManyClients"))?);
            let route = Route::follow(session);
            caller.route = Some(route.map_err(|_| close(1013, "TooManyClients"))?);
        }
        caller.session = session;
        Ok((caller, main))
    }
}

/// Waits until a token has run out.
pub(super) async fn expired(expires: Option<f64>) -> Stop {
    let Some(expires) = expires else {
        return pending().await;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let left = expires - now.unwrap_or_default().as_secs_f64();
    if left > 0.0 {
        sleep(Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX)).await;
    }
    Stop::Refused("The token has run out.".to_owned())
}

/// Why the socket ends, where main can't be had or does not take the token.
pub(super) fn stop(error: &Error) -> Stop {
    match error {
        Error::Rejected { message, .. } => Stop::Refused(message.to_string()),
        Error::Unauthenticated { .. } => Stop::Refused(error.to_string()),
        _ => {
            tracing::warn!(%error, "who a client is can't be found out");
            close(1011, "InternalServerError")
        }
    }
}

pub(super) fn close(code: u16, reason: &'static str) -> Stop {
    Stop::Close { code, reason }
}
