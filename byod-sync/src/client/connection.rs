//! One client of one deployment, with one identity, over all its sockets.

use std::collections::VecDeque;
use std::sync::Arc;

use super::broken::Broken;
use super::chunks::{Chunk, Chunks};
use super::queries::{Queries, Subscription};
use super::received::{Completion, Received};
use super::requests::Requests;
use crate::error::ProtocolError;
use crate::json::Json;
use crate::message::{
    ClientMessage, Modification, QueryId, QueryResult, Request, RequestId, ServerMessage,
    SessionId, Token, Version,
};
use crate::timestamp::Timestamp;

/// How large a transition that comes in pieces may be, where nothing else is said.
const LARGEST: usize = 64 << 20;

/// How long a journal may be, in bytes: it holds the place in an index where a page ends. It is copied.
const LONGEST_JOURNAL: usize = 64 << 10;

/// One client of one deployment, with one identity, over all its sockets.
///
/// It does no I/O: whoever has a socket gives it what came ([`receive`](Self::receive)) and sends what it has to say
/// ([`next_message`](Self::next_message)), after every call. Journals and moments are a deployment's own, so another
/// deployment gets another client.
///
/// ```
/// use byod_sync::{Client, Json, SessionId};
///
/// let mut client = Client::new(SessionId::from_random([7; 16]));
/// let open = client.subscribe("tasks:open", Json::parse("[{}]").unwrap());
/// client.connected(1_700_000_000_000);
/// while let Some(message) = client.next_message() {
///     println!("{}", message.to_text());
/// }
/// client.receive(r#"{"type": "Transition",
///     "startVersion": {"querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA="},
///     "endVersion": {"querySet": 1, "identity": 0, "ts": "AQAAAAAAAAA="},
///     "modifications": [
///         {"type": "QueryUpdated", "queryId": 0, "value": 3.0, "logLines": [], "journal": null}
///     ]}"#).unwrap();
/// let result = client.result(open).unwrap().as_ref().unwrap();
/// assert_eq!(result.read::<f64>().unwrap(), 3.0);
/// ```
#[derive(Debug)]
pub struct Client {
    session: SessionId,
    queries: Queries,
    requests: Requests,
    token: Token,
    latest: Timestamp,
    sockets: u32,
    last_close: Option<String>,
    largest: usize,
    largest_results: usize,
    /// How many moments were asked for, and how many of these have passed.
    asked: u64,
    passed: u64,
    socket: Option<Socket>,
}

/// What is known of the present socket.
#[derive(Debug)]
struct Socket {
    /// What is said first.
    connect: Option<ClientMessage>,
    /// Whether the token is still to be said.
    authenticate: bool,
    /// The versions that were sent.
    query_set: u32,
    identity: u32,
    /// The versions with which all is said that was watched before this socket, and who the client is; `None` while it is
    /// being said.
    all_said: Option<(u32, u32)>,
    /// The version that came last.
    version: Version,
    /// How many of them were to something that was asked for.
    answers: u64,
    /// How many moments had been asked for when a version of the query set was said.
    asked: VecDeque<(u32, u64)>,
    /// How many that were with the last one.
    said: u64,
    chunks: Option<Chunks>,
}

impl Socket {
    /// Whether all came that was watched before this socket.
    fn has_all(&self) -> bool {
        let all = self.all_said;
        all.is_some_and(|(query_set, _)| query_set <= self.version.query_set)
    }
}

impl Client {
    /// A client that has no socket yet.
    pub fn new(session: SessionId) -> Self {
        Self {
            session,
            queries: Queries::default(),
            requests: Requests::default(),
            token: Token::None,
            latest: Timestamp::ZERO,
            sockets: 0,
            last_close: None,
            largest: LARGEST,
            largest_results: usize::MAX,
            asked: 0,
            passed: 0,
            socket: None,
        }
    }

    /// The same, where what comes in pieces may be as large as that.
    #[must_use]
    pub fn with_largest_message(self, bytes: usize) -> Self {
        Self {
            largest: bytes,
            ..self
        }
    }

    /// The same, where the results that are kept may be as large as that together. A socket that gives more is of no use.
    #[must_use]
    pub fn with_largest_results(self, bytes: usize) -> Self {
        Self {
            largest_results: bytes,
            ..self
        }
    }

    /// Watches a query. Equal ones are one, which ends with the last of its subscriptions.
    pub fn subscribe(&mut self, path: impl Into<String>, args: Json) -> QueryId {
        self.subscribe_to(Subscription {
            path: path.into(),
            args,
            component_path: None,
            journal: None,
        })
    }

    /// Watches a query of a component, or one that was watched before. Where equal ones have pages that end elsewhere, they
    /// are not one.
    pub fn subscribe_to(&mut self, subscription: Subscription) -> QueryId {
        self.queries.subscribe(subscription)
    }

    /// Ends one subscription; says whether it was the query's last.
    pub fn unsubscribe(&mut self, query: QueryId) -> bool {
        self.queries.unsubscribe(query)
    }

    /// How many different queries are watched.
    pub fn queries(&self) -> usize {
        self.queries.len()
    }

    /// The query's latest result; `None` before the first one. Cloning it shares its text.
    pub fn result(&self, query: QueryId) -> Option<&QueryResult> {
        self.queries.result(query)
    }

    /// Whether the result is of this socket's moment. Between two sockets none is.
    pub fn is_current(&self, query: QueryId) -> bool {
        self.queries.is_current(query)
    }

    /// What the deployment said of the query's last run: where its page ends.
    pub fn journal(&self, query: QueryId) -> Option<&Option<String>> {
        self.queries.journal(query)
    }

    /// What the query's last run logged.
    pub fn log_lines(&self, query: QueryId) -> Arc<[String]> {
        self.queries.log_lines(query)
    }

    /// Who the client is from now on.
    pub fn set_token(&mut self, token: Token) {
        if self.token == token {
            return;
        }
        self.token = token;
        if let Some(socket) = &mut self.socket {
            socket.authenticate = true;
        }
    }

    /// A number for a mutation or an action.
    pub fn next_request(&mut self) -> RequestId {
        self.requests.id()
    }

    /// Runs a mutation: once, though it may be sent again with later sockets. One whose number is under way already is
    /// that one.
    pub fn mutate(&mut self, request: Request) {
        self.requests.mutate(request);
    }

    /// Runs an action, which is sent once.
    pub fn act(&mut self, request: Request) {
        self.requests.act(request);
    }

    /// There is a socket. `clock` is the time in ms since 1970.
    pub fn connected(&mut self, clock: i64) {
        let _ = self.disconnected("Replaced");
        let reason = self.last_close.take();
        let connect = ClientMessage::Connect {
            session: self.session,
            connection_count: self.sockets,
            last_close_reason: Some(reason.unwrap_or_else(|| "InitialConnect".to_owned())),
            max_observed_timestamp: (self.latest > Timestamp::ZERO).then_some(self.latest),
            client_ts: Some(clock),
        };
        self.sockets = self.sockets.saturating_add(1);
        self.queries.restart();
        self.socket = Some(Socket {
            connect: Some(connect),
            authenticate: self.token != Token::None,
            query_set: 0,
            identity: 0,
            all_said: None,
            version: Version::default(),
            answers: 0,
            asked: VecDeque::new(),
            said: 0,
            chunks: None,
        });
    }

    /// The socket has ended; which actions nobody knows the end of. The reason is for the deployment's logs.
    pub fn disconnected(&mut self, reason: &str) -> Vec<(RequestId, Completion)> {
        if self.socket.take().is_none() {
            return Vec::new();
        }
        self.last_close = Some(reason.to_owned());
        self.queries.are_past();
        self.requests.restart()
    }

    /// The next message to send.
    pub fn next_message(&mut self) -> Option<ClientMessage> {
        let socket = self.socket.as_mut()?;
        if let Some(connect) = socket.connect.take() {
            return Some(connect);
        }
        if std::mem::take(&mut socket.authenticate) {
            let base_version = socket.identity;
            socket.identity += 1;
            let token = self.token.clone();
            return Some(ClientMessage::Authenticate {
                base_version,
                token,
            });
        }
        // A socket's first query set is sent though it be empty: the deployment answers it.
        let asks = socket.said < self.asked;
        if socket.all_said.is_none() || self.queries.has_changes() || asks {
            let changes = self.queries.changes();
            if socket.all_said.is_none() || !changes.is_empty() || asks {
                let base_version = socket.query_set;
                socket.query_set += 1;
                if asks {
                    socket.said = self.asked;
                    socket.asked.push_back((socket.query_set, self.asked));
                }
                if socket.all_said.is_none() && !self.queries.has_changes() {
                    socket.all_said = Some((socket.query_set, socket.identity));
                }
                return Some(ClientMessage::ModifyQuerySet {
                    base_version,
                    new_version: socket.query_set,
                    changes,
                });
            }
        }
        self.requests.next_message()
    }

    /// Asks for a moment that is not before the present, by the deployment's own reckoning; all results are of such a one
    /// once so many have [passed](Self::passed). It is how to wait for what was written there by another way.
    pub fn ask_moment(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// How many of the moments that were asked for have passed.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// Whether the deployment has confirmed all that this socket said: queries, requests, and who the client is. Then
    /// the socket is a good one.
    pub fn is_confirmed(&self) -> bool {
        self.is_up_to_date() && self.requests.are_answered()
    }

    /// Whether the deployment has brought this socket to all that is watched, by who the client is. That takes no longer
    /// than queries do; requests may. Where others are watched all the time, there may always be one of which it was only
    /// just told: see [`has_begun`](Self::has_begun) and [`answers`](Self::answers).
    pub fn is_up_to_date(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| {
            let Socket {
                version, all_said, ..
            } = socket;
            all_said.is_some()
                && version.query_set == socket.query_set
                && version.identity == socket.identity
        })
    }

    /// Whether the deployment has brought this socket to all that was watched before it, and took who the client is: the
    /// socket is a good one, whatever was said since.
    pub fn has_begun(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| {
            let identity = |(_, identity)| identity <= socket.version.identity;
            socket.has_all() && socket.all_said.is_some_and(identity)
        })
    }

    /// How often this socket's deployment has answered what was said of queries, or of who the client is.
    pub fn answers(&self) -> u64 {
        self.socket.as_ref().map_or(0, |socket| socket.answers)
    }

    /// Takes a message.
    ///
    /// # Errors
    ///
    /// Where the socket is of no use any more: it is to be closed, and [`disconnected`](Self::disconnected) called.
    pub fn receive(&mut self, text: &str) -> Result<Received, Broken> {
        let Some(socket) = &mut self.socket else {
            return Ok(Received::default());
        };
        let message = match ServerMessage::parse(text) {
            Ok(message) => message,
            // What came later than this side was written.
            Err(ProtocolError::Unknown) => return Ok(Received::default()),
            Err(_) => return Err(Broken::Reconnect("a message can't be read")),
        };
        if socket.chunks.is_some()
            && !matches!(
                message,
                ServerMessage::TransitionChunk { .. } | ServerMessage::Ping
            )
        {
            return Err(Broken::Reconnect(
                "another message came between pieces of one",
            ));
        }
        let message = match message {
            ServerMessage::TransitionChunk {
                chunk,
                part,
                parts,
                transition,
            } => {
                let chunk = Chunk {
                    transition,
                    part,
                    parts,
                    text: chunk,
                };
                let Some(whole) = Chunks::add(&mut socket.chunks, chunk, self.largest)? else {
                    return Ok(Received::default());
                };
                match ServerMessage::parse(&whole) {
                    Ok(whole @ ServerMessage::Transition { .. }) => whole,
                    _ => return Err(Broken::Reconnect("pieces make no transition")),
                }
            }
            message => message,
        };
        self.take(message)
    }

    fn take(&mut self, message: ServerMessage) -> Result<Received, Broken> {
        let mut received = Received::default();
        match message {
            ServerMessage::Transition {
                start,
                end,
                modifications,
                ..
            } => return self.transition(start, end, modifications),
            ServerMessage::MutationResponse {
                id,
                result,
                ts,
                log_lines,
            } => {
                if let (Ok(_), None) = (&result, ts) {
                    return Err(Broken::Reconnect("a mutation was committed at no time"));
                }
                // What failed was committed never, whatever is said.
                let ts = ts.filter(|_| result.is_ok());
                self.latest = self.latest.max(ts.unwrap_or_default());
                let over = self.requests.mutation_answered(id, result, ts, log_lines);
                received.completed.extend(over);
            }
            ServerMessage::ActionResponse {
                id,
                result,
                log_lines,
            } => {
                let over = self.requests.action_answered(id, result, log_lines);
                received.completed.extend(over);
            }
            ServerMessage::AuthError {
                message,
                base_version,
                update_attempted,
            } => {
                if !self.is_overtaken(base_version, update_attempted) {
                    return Err(Broken::Auth(message));
                }
            }
            ServerMessage::FatalError { message } => return Err(Broken::Fatal(message)),
            ServerMessage::Ping | ServerMessage::TransitionChunk { .. } => {}
        }
        Ok(received)
    }

    /// Whether a newer identity was sent than the one that is refused: that decides. The deployment closes the socket
    /// all the same, and the next one says the newer.
    fn is_overtaken(&self, base_version: Option<u32>, update_attempted: Option<bool>) -> bool {
        self.socket.as_ref().is_some_and(|socket| {
            let older = base_version.is_some_and(|base| base.saturating_add(1) < socket.identity);
            let awaited = socket.version.identity < socket.identity;
            older || socket.authenticate || (update_attempted == Some(false) && awaited)
        })
    }

    fn transition(
        &mut self,
        start: Version,
        end: Version,
        modifications: Vec<Modification>,
    ) -> Result<Received, Broken> {
        let Some(socket) = &mut self.socket else {
            return Ok(Received::default());
        };
        if start != socket.version {
            return Err(Broken::Reconnect("a transition is missing"));
        }
        if end.query_set > socket.query_set || end.identity > socket.identity {
            return Err(Broken::Reconnect(
                "a transition to what was never asked for",
            ));
        }
        let before = (start.query_set, start.identity);
        socket.answers += u64::from((end.query_set, end.identity) != before);
        socket.version = end;
        self.latest = self.latest.max(end.ts);
        let has_all = socket.has_all();
        let mut received = Received {
            moment: Some(end.ts),
            ..Received::default()
        };
        for modification in modifications {
            match modification {
                Modification::Result {
                    id,
                    result,
                    log_lines,
                    journal,
                } => {
                    if journal
                        .as_ref()
                        .is_some_and(|end| end.len() > LONGEST_JOURNAL)
                    {
                        return Err(Broken::Reconnect("a journal is longer than any is"));
                    }
                    let Some(news) = self.queries.set(id, result, journal, log_lines) else {
                        continue;
                    };
                    if self.queries.bytes() > self.largest_results {
                        self.queries.forget_result(id);
                        return Err(Broken::Reconnect("results are too large together"));
                    }
                    if news.changed {
                        received.changed.push(id);
                    }
                    if news.caught_up {
                        received.caught_up.push(id);
                    }
                }
                Modification::Removed(id) if self.queries.contains(id) => {
                    return Err(Broken::Reconnect(
                        "the deployment forgot a query that is watched",
                    ));
                }
                Modification::Removed(_) => {}
            }
        }
        if has_all {
            while let Some(&(version, asked)) = socket.asked.front()
                && version <= end.query_set
            {
                socket.asked.pop_front();
                self.passed = self.passed.max(asked);
            }
            received.completed = self.requests.covered(end.ts);
        }
        Ok(received)
    }

    /// The latest moment that was seen.
    pub fn max_observed_timestamp(&self) -> Timestamp {
        self.latest
    }

    /// The client, as deployments know it.
    pub fn session(&self) -> SessionId {
        self.session
    }
}
