//! A deployment's socket, small and real: what its queries give is set by the test, and what it sends can be spoiled.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use byod_sync::{
    ClientMessage, FunctionError, Json, Modification, Query, QueryId, QueryResult, QuerySetChange,
    ServerMessage, Timestamp, Token, Version,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};

/// What a deployment's queries give, to all sockets of it.
#[derive(Clone, Default)]
pub(crate) struct Watchable(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    /// Ends all sockets.
    cut: watch::Sender<u64>,
}

#[derive(Default)]
pub(crate) struct State {
    ts: u64,
    /// By function, and by its arguments where these are set apart.
    values: BTreeMap<String, QueryResult>,
    /// Whether there are sockets at all.
    pub(crate) refuses_sockets: bool,
    /// Tokens and keys that are not believed.
    pub(crate) refused: HashSet<String>,
    /// Who authenticated, in order.
    pub(crate) tokens: Vec<String>,
    /// How many sockets there were, and are.
    pub(crate) opened: usize,
    pub(crate) open: usize,
    /// The queries that are watched now, over all sockets.
    pub(crate) watched: Vec<String>,
    /// The messages of sockets that begin.
    pub(crate) connects: Vec<ClientMessage>,
    spoil: Option<Box<Spoil>>,
    /// Rows of functions that give pages of them.
    rows: BTreeMap<String, Vec<u32>>,
    /// Whose the cursors are.
    pub(crate) name: String,
    /// How often it was asked with those of others.
    pub(crate) foreign_cursors: usize,
}

/// What becomes of a message that is to be sent.
pub(crate) type Spoil = dyn FnMut(String) -> Vec<Sent> + Send;

pub(crate) enum Sent {
    Text(String),
    /// A message in so many frames, with that pause after each.
    Frames(String, usize, Duration),
    Ping,
    Wait(Duration),
    Cut,
    /// Nothing more comes, and the connection stays.
    Silence,
}

impl Watchable {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    /// Sets what a function gives, for everybody who watches it.
    pub(crate) fn set(&self, path: &str, value: Value) {
        self.set_result(path, Ok(Json::parse(value.to_string()).unwrap()));
    }

    /// Sets what several functions give, at one moment.
    pub(crate) fn set_all(&self, values: &[(&str, Value)]) {
        let mut state = self.lock();
        state.ts += 1;
        for (path, value) in values {
            let value = Json::parse(value.to_string()).unwrap();
            state.values.insert((*path).to_owned(), Ok(value));
        }
        drop(state);
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Sets the rows of a function that gives pages of them.
    pub(crate) fn set_rows(&self, path: &str, rows: impl IntoIterator<Item = u32>) {
        let mut state = self.lock();
        state.ts += 1;
        state
            .rows
            .insert(path.to_owned(), rows.into_iter().collect());
        drop(state);
        self.0.changed.send_modify(|count| *count += 1);
    }

    pub(crate) fn fail(&self, path: &str, message: &str) {
        let message = message.to_owned();
        self.set_result(
            path,
            Err(FunctionError {
                message,
                data: None,
            }),
        );
    }

    fn set_result(&self, path: &str, result: QueryResult) {
        let mut state = self.lock();
        state.ts += 1;
        state.values.insert(path.to_owned(), result);
        drop(state);
        self.0.changed.send_modify(|count| *count += 1);
    }

    /// Spoils what is sent from now on.
    pub(crate) fn spoil(&self, spoil: impl FnMut(String) -> Vec<Sent> + Send + 'static) {
        self.lock().spoil = Some(Box::new(spoil));
    }

    pub(crate) fn spoil_no_more(&self) {
        self.lock().spoil = None;
    }

    /// Ends all sockets.
    pub(crate) fn cut(&self) {
        self.0.cut.send_modify(|count| *count += 1);
    }

    /// What a function gives.
    pub(crate) fn value(&self, path: &str) -> Value {
        let state = self.lock();
        let value = state.values[path].as_ref().unwrap();
        value.read().unwrap()
    }

    fn result(&self, path: &str, args: &Json, journal: &mut Option<String>) -> QueryResult {
        let mut state = self.lock();
        if let Some(rows) = state.rows.get(path) {
            let page = page(rows, &state.name, args, journal);
            state.foreign_cursors += usize::from(page.is_err());
            return page;
        }
        let nothing = || Ok(Json::parse("null").unwrap());
        state.values.get(path).cloned().unwrap_or_else(nothing)
    }

    /// Serves one socket to its end.
    pub(crate) async fn serve(&self, io: impl AsyncRead + AsyncWrite + Unpin) {
        let Ok(socket) = tokio_tungstenite::accept_async(io).await else {
            return;
        };
        {
            let mut state = self.lock();
            state.opened += 1;
            state.open += 1;
        }
        let mut served = Served {
            of: self.clone(),
            version: Version::default(),
            sent: Version::default(),
            watched: BTreeMap::new(),
        };
        served.run(socket).await;
        let mut state = self.lock();
        state.open -= 1;
        for Watched { path, .. } in served.watched.values() {
            let position = state.watched.iter().position(|watched| watched == path);
            state.watched.remove(position.unwrap());
        }
    }
}

struct Served {
    of: Watchable,
    /// What the client has asked for.
    version: Version,
    sent: Version,
    watched: BTreeMap<QueryId, Watched>,
}

struct Watched {
    path: String,
    args: Json,
    journal: Option<String>,
    known: Option<QueryResult>,
}

/// A page of rows, up to where the journal says that it ended.
fn page(rows: &[u32], name: &str, args: &Json, journal: &mut Option<String>) -> QueryResult {
    let args: Value = args.read().unwrap();
    let options = &args[0]["paginationOpts"];
    let position = |cursor: &str| -> Result<u32, FunctionError> {
        let position = cursor
            .strip_prefix(name)
            .and_then(|cursor| cursor.strip_prefix(':'));
        let invalid = || FunctionError {
            message: "InvalidCursor: of another deployment".to_owned(),
            data: None,
        };
        position
            .ok_or_else(invalid)
            .map(|position| position.parse().unwrap())
    };
    let begin = options["cursor"].as_str().map(position).transpose()?;
    let end = options["endCursor"].as_str().or(journal.as_deref());
    let end = end.map(position).transpose()?;
    let count = options["numItems"].as_u64().unwrap() as usize;
    let after: Vec<u32> = rows
        .iter()
        .copied()
        .filter(|row| begin.is_none_or(|begin| *row > begin))
        .collect();
    let page: Vec<u32> = match end {
        Some(end) => after.iter().copied().filter(|row| *row <= end).collect(),
        None => after.iter().copied().take(count).collect(),
    };
    let end = match end {
        Some(end) => end,
        None if page.len() < count => u32::MAX,
        None => *page.last().unwrap(),
    };
    *journal = Some(format!("{name}:{end}"));
    let value = serde_json::json!({"page": page, "isDone": end == u32::MAX, "continueCursor": format!("{name}:{end}")});
    Ok(Json::parse(value.to_string()).unwrap())
}

impl Served {
    async fn run<S: AsyncRead + AsyncWrite + Unpin>(&mut self, mut socket: WebSocketStream<S>) {
        let mut changed = self.of.0.changed.subscribe();
        let mut cut = self.of.0.cut.subscribe();
        loop {
            tokio::select! {
                _ = cut.changed() => return,
                _ = changed.changed() => {}
                message = socket.next() => {
                    let Some(Ok(message)) = message else { return };
                    let Ok(text) = message.to_text() else { continue };
                    if text.is_empty() {
                        continue;
                    }
                    if let Some(refusal) = self.take(ClientMessage::parse(text).unwrap()) {
                        self.send(&mut socket, refusal.to_text()).await;
                        return;
                    }
                }
            }
            if let Some(transition) = self.transition()
                && !self.send(&mut socket, transition.to_text()).await
            {
                return;
            }
        }
    }

    fn take(&mut self, message: ClientMessage) -> Option<ServerMessage> {
        let mut state = self.of.lock();
        match message {
            ClientMessage::Connect { .. } => state.connects.push(message),
            ClientMessage::ModifyQuerySet {
                base_version,
                new_version,
                changes,
            } => {
                assert_eq!(base_version, self.version.query_set);
                self.version.query_set = new_version;
                for change in changes {
                    match change {
                        QuerySetChange::Add(Query {
                            id,
                            path,
                            args,
                            journal,
                            ..
                        }) => {
                            state.watched.push(path.clone());
                            let watched = Watched {
                                path,
                                args,
                                journal: journal.flatten(),
                                known: None,
                            };
                            self.watched.insert(id, watched);
                        }
                        QuerySetChange::Remove(id) => {
                            let Watched { path, .. } = self.watched.remove(&id).unwrap();
                            let position =
                                state.watched.iter().position(|watched| *watched == path);
                            state.watched.remove(position.unwrap());
                        }
                    }
                }
            }
            ClientMessage::Authenticate {
                base_version,
                token,
            } => {
                assert_eq!(base_version, self.version.identity);
                let secret = match token {
                    Token::User(token) => token,
                    Token::Admin { key, .. } => key,
                    Token::None => String::new(),
                };
                state.tokens.push(secret.clone());
                if state.refused.contains(&secret) {
                    return Some(ServerMessage::AuthError {
                        message: format!("{secret} is not believed"),
                        base_version: Some(base_version),
                        update_attempted: Some(true),
                    });
                }
                self.version.identity += 1;
            }
            other => panic!("{other:?}"),
        }
        None
    }

    fn transition(&mut self) -> Option<ServerMessage> {
        // As on real deployments, the first one is of what was asked for.
        if self.version.query_set == 0 {
            return None;
        }
        let mut end = self.version;
        end.ts = Timestamp(self.of.lock().ts);
        let mut modifications = Vec::new();
        for (id, watched) in &mut self.watched {
            let result = self
                .of
                .result(&watched.path, &watched.args, &mut watched.journal);
            if watched.known.as_ref() != Some(&result) {
                watched.known = Some(result.clone());
                modifications.push(Modification::Result {
                    id: *id,
                    result,
                    log_lines: Vec::new(),
                    journal: watched.journal.clone(),
                });
            }
        }
        let start = std::mem::replace(&mut self.sent, end);
        (start != end || !modifications.is_empty()).then_some(ServerMessage::Transition {
            start,
            end,
            modifications,
            client_clock_skew: None,
            server_ts: None,
        })
    }

    /// Whether the socket goes on.
    async fn send<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        socket: &mut WebSocketStream<S>,
        text: String,
    ) -> bool {
        let sent = match &mut self.of.lock().spoil {
            Some(spoil) => spoil(text),
            None => vec![Sent::Text(text)],
        };
        for sent in sent {
            let sent = match sent {
                Sent::Text(text) => socket.send(Message::text(text)).await,
                Sent::Frames(text, count, pause) => frames(socket, &text, count, pause).await,
                // Many of them, as fast as may be.
                Sent::Ping => socket.feed(Message::Ping(Vec::new().into())).await,
                Sent::Wait(time) => {
                    tokio::time::sleep(time).await;
                    Ok(())
                }
                Sent::Cut => return false,
                Sent::Silence => std::future::pending().await,
            };
            if sent.is_err() {
                return false;
            }
        }
        socket.flush().await.is_ok()
    }
}

/// Sends a message in so many frames.
async fn frames<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    text: &str,
    count: usize,
    pause: Duration,
) -> Result<(), Error> {
    let size = text.len().div_ceil(count).max(1);
    let parts: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
    for (index, part) in parts.iter().enumerate() {
        let kind = if index == 0 {
            Data::Text
        } else {
            Data::Continue
        };
        let is_last = index + 1 == parts.len();
        let frame = Frame::message(part.to_vec(), OpCode::Data(kind), is_last);
        socket.send(Message::Frame(frame)).await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}
