//! Who a client is.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byod_runtime::relay::Route;
use byod_runtime::{Error, Session, Token};
use byod_sync::SessionId;
use byod_sync::server::Stop;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::main_side::MainSide;
use super::shared::Shared;
use crate::open_streams::Place;
use crate::state::Gateway;

/// How often main is asked whose a token is, where nothing that the client does on main says that it may know by now.
const AGAIN: Duration = Duration::from_secs(30);

/// Who a client is.
#[derive(Default)]
pub(super) struct Caller {
    /// The token of whom main knew no user.
    pub(super) token: Option<String>,
    /// Waits until main knows one.
    pub(super) becoming: JoinSet<Result<User, Stop>>,
    /// `None` for who has no account, and for nobody.
    pub(super) session: Option<Session>,
    pub(super) route: Option<Route>,
    /// When its token runs out, in seconds since 1970.
    pub(super) expires: Option<f64>,
    _place: Option<Place>,
}

/// Whom main knows, with a place among their sockets.
pub(super) struct User {
    session: Session,
    route: Route,
    place: Place,
}

impl User {
    fn of(gateway: &Gateway, session: Session) -> Result<Self, Stop> {
        let too_many = || close(1013, "TooManyClients");
        let user = session.user_id().as_str();
        let place = gateway.sockets.take(user).ok_or_else(too_many)?;
        let route = Route::follow(&session).map_err(|_| too_many())?;
        Ok(Self {
            session,
            route,
            place,
        })
    }
}

impl Caller {
    /// Whoever the token belongs to, as main says, with their side of main.
    pub(super) async fn of_token(
        gateway: &Gateway,
        token: &str,
        client: SessionId,
        shared: &Arc<Shared>,
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
        match session {
            Some(session) => caller.is(User::of(gateway, session)?),
            None => {
                let (gateway, shared) = (gateway.clone(), shared.clone());
                let becoming = becomes_a_user(gateway, token.to_owned(), shared);
                caller.becoming.spawn(becoming);
                caller.token = Some(token.to_owned());
            }
        }
        Ok((caller, main))
    }

    /// Main knows the caller.
    pub(super) fn is(&mut self, user: User) {
        self.token = None;
        self.session = Some(user.session);
        self.route = Some(user.route);
        self._place = Some(user.place);
    }
}

/// Waits until main knows a user of the token: who signs up does so by a mutation or an action on main, or by another way,
/// of which nothing is heard here.
async fn becomes_a_user(
    gateway: Gateway,
    token: String,
    shared: Arc<Shared>,
) -> Result<User, Stop> {
    loop {
        let _ = timeout(AGAIN, shared.main_changed()).await;
        // What is wrong here is found again the next time.
        if let Ok(Some(session)) = gateway.session_now(&token).await {
            return User::of(&gateway, session);
        }
    }
}

/// Waits until main knows who was nobody.
pub(super) async fn becomes_known(
    becoming: &mut JoinSet<Result<User, Stop>>,
) -> Result<User, Stop> {
    match becoming.join_next().await {
        Some(Ok(user)) => user,
        Some(Err(_)) | None => pending().await,
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
