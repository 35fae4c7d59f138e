//! The task of one socket: opens it, says what there is to say, takes what comes, and opens another one.

use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use byod_sync::{Backoff, Broken, Token as SyncToken};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tracing::Instrument as _;

use super::frames;
use super::identity::Identity;
use super::open::OpenSockets;
use super::slot::News;
use super::socket::{Socket, State};
use super::token_source::{TokenSource, due_in};
use crate::deployment::auth::Token;
use crate::deployment::client::Client;
use crate::deployment::http::{NoSocket, WebSocket, is_flood};
use crate::error::{BoxError, Endpoint, Error};
use crate::telemetry;

/// After how many sockets in a row that came to nothing those who watch are told that there is none.
const PATIENCE: u32 = 3;

/// How many times as long as nothing may come a deployment may take to give what is watched.
const SLOW: u32 = 3;

/// How many fresh tokens are tried in a row.
const FRESH: u32 = 2;

/// The pause after a token source failed, and between any two questions to it.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Why a socket ended.
enum Ended {
    /// Nothing is watched any more.
    Idle,
    Broken(Broken),
    /// More came than anybody could watch.
    Flood(String),
    /// It says that it is there, and gives nothing.
    Idling,
    /// With a reason that is for the deployment's logs.
    Lost(&'static str, String),
}

/// Drives one socket after the other, until nothing is watched any more.
pub(super) async fn drive(socket: Arc<Socket>, open: Weak<OpenSockets>) {
    let mut driver = Driver {
        backoff: Backoff::new(socket.settings.pause.0, socket.settings.pause.1),
        failed: 0,
        fresh: 0,
        socket,
        open,
    };
    while driver.wait_for_watchers().await {
        driver.next_socket().await;
    }
}

struct Driver {
    socket: Arc<Socket>,
    open: Weak<OpenSockets>,
    backoff: Backoff,
    /// Sockets in a row that came to nothing.
    failed: u32,
    /// Tokens in a row that were fetched because one was refused.
    fresh: u32,
}

impl Driver {
    /// Whether there is still somebody who watches, or comes soon.
    async fn wait_for_watchers(&self) -> bool {
        loop {
            let Some(left) = self.idle_left() else {
                return true;
            };
            if left.is_zero() && self.is_over() {
                return false;
            }
            let _ = timeout(left, self.socket.changed.notified()).await;
        }
    }

    /// How long until it is closed for want of watchers.
    fn idle_left(&self) -> Option<Duration> {
        let idle = self.socket.lock().idle?;
        Some(self.socket.settings.idle.saturating_sub(idle.elapsed()))
    }

    fn is_over(&self) -> bool {
        let open = self.open.upgrade();
        open.is_none_or(|open| open.forget_idle(&self.socket))
    }

    /// Opens a socket and stays with it to its end, and for the pause after that.
    async fn next_socket(&mut self) {
        self.replace_old_token().await;
        let client = self.socket.lock().client.clone();
        match client.socket(self.socket.settings.message).await {
            Ok(websocket) => {
                let location = telemetry::location(self.socket.location);
                let span = tracing::info_span!("convex_socket", location);
                let open = telemetry::OpenSocket::at(self.socket.location);
                let ended = self.talk(websocket).instrument(span).await;
                drop(open);
                if matches!(ended, Ended::Idle) {
                    return;
                }
                self.ended(&client, ended).await;
            }
            Err(no_socket) => self.not_opened(no_socket),
        }
        telemetry::reconnects(self.socket.location);
        self.pause().await;
    }

    fn not_opened(&mut self, no_socket: NoSocket) {
        self.failed += 1;
        let error = match no_socket {
            // It will answer so again.
            NoSocket::Refused(error) => {
                self.failed = self.failed.max(PATIENCE);
                self.backoff.slow_down();
                error
            }
            NoSocket::Failed(error) => error,
        };
        tracing::debug!(%error, "no socket");
        self.tell_failure(&error);
    }

    /// Tells those who watch, where it has gone on for some time.
    fn tell_failure(&self, error: &Error) {
        if self.failed < PATIENCE {
            return;
        }
        if self.failed == PATIENCE {
            tracing::warn!(%error, "there is no socket for what is watched: it is asked for by HTTP meanwhile");
        }
        self.socket.trouble(News::NoSocket);
    }

    /// Takes note of why a socket ended.
    async fn ended(&mut self, client: &Client, ended: Ended) {
        let context = client.context(Endpoint::Sync, Endpoint::Sync.path());
        let (reason, said) = match &ended {
            Ended::Idle => return,
            Ended::Broken(Broken::Reconnect(why)) => ("Broken", (*why).to_owned()),
            Ended::Broken(Broken::Auth(message)) => ("AuthError", message.clone()),
            Ended::Broken(Broken::Fatal(message)) => ("FatalError", message.clone()),
            Ended::Flood(why) => ("Flood", why.clone()),
            Ended::Idling => (
                "NoTransition",
                "it gave nothing of what is watched".to_owned(),
            ),
            Ended::Lost(reason, why) => (*reason, why.clone()),
        };
        let quoted = context.quote(&said);
        tracing::debug!(reason, %quoted, "the socket has ended");
        self.socket.disconnected(reason);
        match ended {
            Ended::Broken(Broken::Auth(_)) => {
                let error = Error::Rejected {
                    call: context.call(),
                    status: 401,
                    code: None,
                    message: quoted,
                };
                if !self.fetch_token().await {
                    self.backoff.slow_down();
                    self.socket.trouble(News::Refused(error));
                }
            }
            // It will do so again.
            Ended::Broken(Broken::Fatal(_)) | Ended::Flood(_) | Ended::Idling => {
                self.failed = self.failed.max(PATIENCE - 1) + 1;
                self.backoff.slow_down();
                self.tell_failure(&Error::Interrupted {
                    call: context.call(),
                    reason: quoted,
                });
            }
            _ => {
                self.failed += 1;
                self.tell_failure(&Error::Interrupted {
                    call: context.call(),
                    reason: quoted,
                });
            }
        }
    }

    /// Waits before the next socket; not if somebody came with another token.
    async fn pause(&mut self) {
        let mut pause = pin!(sleep(self.backoff.pause(fastrand::u32(..))));
        let token = self.socket.lock().token();
        loop {
            tokio::select! {
                () = &mut pause => return,
                () = self.socket.changed.notified() => {
                    if self.socket.lock().token() != token {
                        return;
                    }
                }
            }
        }
    }

    /// Asks for another token, where the present one has run out already.
    async fn replace_old_token(&mut self) {
        let due = self.socket.lock().token_due();
        if let Some((due, source)) = due
            && due.is_zero()
        {
            let asked = source.ask().await;
            self.take_token(asked);
        }
    }

    /// Asks for another token, because the present one is refused; says whether there is one to try.
    async fn fetch_token(&mut self) -> bool {
        let source = self.socket.lock().source.clone();
        let Some(source) = source.filter(|_| self.fresh < FRESH) else {
            return false;
        };
        self.fresh += 1;
        let asked = source.ask().await;
        self.take_token(asked)
    }

    fn identity_of(&self, client: &Client) -> Identity {
        let (url, token) = (client.shared_url().clone(), client.sync_token());
        Identity::of(url, &token, &self.socket.user)
    }

    fn take_token(&self, asked: Result<Token, BoxError>) -> bool {
        let token = match asked {
            Ok(token) => token,
            Err(error) => {
                tracing::warn!(%error, "the token source gave no token");
                return false;
            }
        };
        let mut state = self.socket.lock();
        let client = state.client.with_token(token);
        // Whoever it is, their values are not for those who watch here.
        if self.identity_of(&client) != self.socket.identity {
            tracing::warn!("the token source gave a token of somebody else, which is not used");
            return false;
        }
        state.sync.set_token(client.sync_token());
        state.client = client;
        true
    }

    /// Speaks on the socket until it ends.
    async fn talk(&mut self, mut websocket: WebSocket) -> Ended {
        let settings = self.socket.settings;
        self.socket.lock().sync.connected(clock());
        let mut last = Instant::now();
        let mut silence = pin!(sleep(settings.silence));
        let mut behind: Option<(Instant, u64)> = None;
        let mut confirmed = false;
        let mut asking: Option<BoxFuture<'static, Result<Token, BoxError>>> = None;
        let mut refresh = pin!(sleep(Duration::ZERO));
        let mut refreshed: Option<SyncToken> = None;
        loop {
            match timeout(settings.silence, self.say(&mut websocket)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Ended::Lost("WriteFailed", error.to_string()),
                Err(_) => return Ended::Lost("InactiveServer", "it takes nothing".to_owned()),
            }
            // Each token has its own time.
            let due = {
                let state = self.socket.lock();
                let token = state.token();
                let is_new = refreshed.as_ref() != Some(&token);
                is_new.then(|| refreshed = Some(token));
                is_new.then(|| state.token_due()).flatten()
            };
            if let Some((due, _)) = due {
                // Where this machine's clock is ahead, each new one may have run out already.
                let due = due.max(ASK_AGAIN);
                refresh.as_mut().reset(tokio::time::Instant::now() + due);
            }
            // Where streams come and go all the time, there is always something that it was only just asked.
            behind = {
                let state = self.socket.lock();
                let answers = state.sync.answers();
                let behind = behind.filter(|(_, known)| *known == answers);
                let is_behind = !state.sync.is_up_to_date();
                is_behind.then(|| behind.unwrap_or_else(|| (Instant::now(), answers)))
            };
            let has_source = self.socket.lock().token_due().is_some();
            let idle = self.idle_left();
            tokio::select! {
                frame = websocket.next() => {
                    let message = match frame {
                        None => return Ended::Lost("Closed", "it was closed".to_owned()),
                        Some(Err(error)) if is_flood(&error) => {
                            return Ended::Flood(error.to_string());
                        }
                        Some(Err(error)) => return Ended::Lost("ReadFailed", error.to_string()),
                        Some(Ok(message)) => message,
                    };
                    match message {
                        Message::Text(text) => {
                            last = Instant::now();
                            telemetry::received(self.socket.location, text.len());
                            let result = self.socket.receive(text.as_str());
                            if let Err(broken) = result {
                                return Ended::Broken(broken);
                            }
                            if !confirmed && self.confirm() {
                                confirmed = true;
                            }
                        }
                        Message::Close(close) => {
                            let reason = close.map(|close| format!("{}: {}", close.code, close.reason));
                            return Ended::Lost("Closed", reason.unwrap_or_default());
                        }
                        _ => {}
                    }
                }
                () = self.socket.changed.notified() => {}
                () = &mut silence => {
                    if last.elapsed() >= settings.silence {
                        return Ended::Lost("InactiveServer", "nothing came for too long".to_owned());
                    }
                    if behind.is_some_and(|(since, _)| since.elapsed() >= settings.silence * SLOW) {
                        return Ended::Idling;
                    }
                    silence.as_mut().reset((last + settings.silence).into());
                }
                () = after(idle) => {
                    if self.is_over() {
                        let _ = websocket.close(None).now_or_never();
                        return Ended::Idle;
                    }
                }
                () = &mut refresh, if has_source && asking.is_none() => {
                    let source = self.socket.lock().source.clone();
                    asking = source.map(|source| source.ask());
                    // Until the new one says when it is due.
                    refresh.as_mut().reset(tokio::time::Instant::now() + Duration::from_secs(3600));
                }
                asked = asked(&mut asking) => {
                    asking = None;
                    if !self.take_token(asked) {
                        refresh.as_mut().reset(tokio::time::Instant::now() + ASK_AGAIN);
                    }
                }
            }
        }
    }

    /// Sends what there is to say.
    async fn say(&self, websocket: &mut WebSocket) -> Result<(), BoxError> {
        let mut bytes = Vec::new();
        loop {
            let Some(message) = self.socket.lock().sync.next_message() else {
                break;
            };
            let text = message.to_text();
            telemetry::sent(self.socket.location, text.len());
            frames::text(&text, fastrand::u32(..).to_ne_bytes(), &mut bytes);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        // None of its own is under way then.
        websocket.flush().await?;
        let io = websocket.get_mut();
        io.write_all(&bytes).await?;
        io.flush().await?;
        Ok(())
    }

    /// Whether the deployment has confirmed all that there was to say.
    fn confirm(&mut self) -> bool {
        let mut state = self.socket.lock();
        if !state.sync.has_begun() {
            return false;
        }
        state.is_well();
        state.client.health().note(&Ok(()));
        drop(state);
        (self.failed, self.fresh) = (0, 0);
        self.backoff.reset();
        true
    }
}

impl State {
    /// In how long the token is to be replaced, and by whom; `None` where it never is.
    fn token_due(&self) -> Option<(Duration, Arc<TokenSource>)> {
        let source = self.source.clone()?;
        match self.token() {
            SyncToken::User(token) => Some((due_in(&token)?, source)),
            SyncToken::None | SyncToken::Admin { .. } => None,
        }
    }
}

async fn after(pause: Option<Duration>) {
    match pause {
        Some(pause) => sleep(pause).await,
        None => pending().await,
    }
}

async fn asked(
    asking: &mut Option<BoxFuture<'static, Result<Token, BoxError>>>,
) -> Result<Token, BoxError> {
    match asking {
        Some(asking) => asking.await,
        None => pending().await,
    }
}

/// In ms since 1970.
fn clock() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX))
}
