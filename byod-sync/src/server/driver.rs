//! Holds one socket.

use std::collections::VecDeque;
use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{Stream, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::chunks::chunks;
use super::conversation::{Asked, Conversation};
use super::mistake::Mistake;
use super::moment::Answer;
use super::outgoing::{Outgoing, outgoing};
use super::pace::Pace;
use super::settings::Settings;
use super::view::{Ended, Stop, View};
use super::weight::{Weighed, Weights};
use crate::message::{ClientMessage, ServerMessage};

/// How long a client may take to agree that the socket ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// Mutations and actions that run.
type Running = Pin<Box<dyn Future<Output = Result<Answer, Stop>> + Send>>;

/// Serves one socket to its end. The socket is to be made by [`Settings::websocket`].
///
/// Dropping it ends the socket, as a process does that dies.
pub async fn serve<S, V>(socket: WebSocketStream<S>, view: V, settings: Settings) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    V: View,
{
    serve_until(socket, view, settings, pending()).await
}

/// Serves one socket to its end, or until somebody else is to serve the client: after `handed_over` the client is heard no
/// more, what runs is answered, and the socket is closed with 1012. The client comes back by itself, and says again what
/// it has no answer to.
pub async fn serve_until<S, V>(
    socket: WebSocketStream<S>,
    view: V,
    settings: Settings,
    handed_over: impl Future<Output = ()>,
) -> Ended
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    V: View,
{
    let (sink, mut frames) = socket.split();
    let (outgoing, mut written) = outgoing();
    let patience = settings.send_time;
    let identities = Pace::new(settings.identities);
    let mut driver = Driver {
        conversation: Conversation::new(settings.queries).with_query_bytes(settings.request_bytes),
        view,
        settings,
        outgoing,
        mutations: VecDeque::new(),
        actions: FuturesUnordered::new(),
        requests: Weights::default(),
        transitions: 0,
        connected: false,
        authenticating: false,
        identities,
        last_message: Instant::now(),
    };
    let writing = written.write(sink, patience);
    tokio::pin!(writing);
    let ended = tokio::select! {
        // What was made is written at once.
        biased;
        ended = driver.run(&mut frames, handed_over) => ended,
        // Whoever can't be written to has gone, or is too slow.
        _ = &mut writing => return Ended::ByClient,
    };
    driver.farewell(&ended);
    drop(driver);
    // Closing before the other side has read all would take the last messages from it.
    let farewell = async {
        if writing.await.is_ok() {
            while let Some(Ok(_)) = frames.next().await {}
        }
    };
    let _ = timeout(FAREWELL, farewell).await;
    ended
}

struct Driver<V> {
    conversation: Conversation,
    view: V,
    settings: Settings,
    outgoing: Outgoing,
    /// The first one runs.
    mutations: VecDeque<Running>,
    actions: FuturesUnordered<Running>,
    /// What all of them weigh.
    requests: Weights,
    /// How many transitions were sent.
    transitions: u64,
    /// Whether the client has said `Connect`.
    connected: bool,
    /// Whether the client has just said who it is.
    authenticating: bool,
    identities: Pace,
    last_message: Instant,
}

impl<V: View> Driver<V> {
    async fn run(
        &mut self,
        frames: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
        handed_over: impl Future<Output = ()>,
    ) -> Ended {
        match self.converse(frames, handed_over).await {
            Err(ended) => ended,
            Ok(never) => match never {},
        }
    }

    async fn converse(
        &mut self,
        frames: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
        handed_over: impl Future<Output = ()>,
    ) -> Result<std::convert::Infallible, Ended> {
        let connecting = sleep(self.settings.connect_time);
        tokio::pin!(handed_over, connecting);
        let mut ending = false;
        let mut last_frame = Instant::now();
        let mut pace = Pace::new(self.settings.messages);
        let ping = self.settings.ping;
        let mut pings = interval_at(last_frame + ping, ping);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Looks then whether anything was said: a timer for each message would cost more than the message.
        let quiet = self.settings.ping_message;
        let silence = sleep_until(self.last_message + quiet);
        tokio::pin!(silence);
        loop {
            let owed = self.conversation.owed();
            let is_idle = self.mutations.is_empty() && self.actions.is_empty() && owed.is_none();
            if ending && is_idle {
                return Err(closed(1012, "ServiceRestart"));
            }
            tokio::select! {
                () = &mut handed_over, if !ending => {
                    ending = true;
                    // Those behind it haven't begun, and come again.
                    self.mutations.truncate(1);
                }
                () = &mut connecting, if !self.connected => {
                    return Err(closed(1013, "ConnectTimedOut"));
                }
                frame = frames.next() => {
                    last_frame = Instant::now();
                    if pace.is_exceeded() {
                        return Err(closed(1013, "TooManyMessages"));
                    }
                    match frame {
                        // It comes again, to who takes over.
                        Some(Ok(Message::Text(_))) if ending => {}
                        Some(Ok(Message::Text(text))) => self.said(&text).await?,
                        Some(Ok(Message::Binary(_))) => {
                            let unknown = crate::error::ProtocolError::Unknown;
                            return Err(Mistake::Malformed(unknown).into());
                        }
                        Some(Ok(Message::Close(_))) | None => return Err(Ended::ByClient),
                        Some(Ok(_)) => {}
                        Some(Err(Error::Capacity(_))) => return Err(closed(1009, "MessageTooLarge")),
                        Some(Err(_)) => return Err(Ended::ByClient),
                    }
                }
                answer = first(&mut self.mutations) => {
                    self.mutations.pop_front();
                    if let Some(message) = self.conversation.answered(answer?) {
                        self.send(&message)?;
                    }
                    // Others wait for a transition as long as the client is slow to take the last ones.
                    let waiting = self.outgoing.bytes() + self.conversation.unsaid_bytes();
                    if self.conversation.unsaid() > 1 && waiting > self.settings.waiting_bytes {
                        return Err(closed(1013, "SlowClient"));
                    }
                }
                Some(answer) = self.actions.next() => {
                    let Answer { id, result, log_lines, .. } = answer?;
                    self.send(&ServerMessage::ActionResponse { id, result, log_lines })?;
                }
                ready = ready(&mut self.view, owed, &self.outgoing, &self.settings) => {
                    ready?;
                    let moment = self.view.advance().await;
                    for message in self.conversation.advanced(moment) {
                        self.send(&message)?;
                    }
                }
                () = &mut silence => {
                    if self.last_message.elapsed() >= quiet {
                        self.send(&ServerMessage::Ping)?;
                    }
                    silence.as_mut().reset(self.last_message + quiet);
                }
                now = pings.tick() => {
                    if now.duration_since(last_frame) >= self.settings.silence {
                        return Err(Ended::Silent);
                    }
                    self.outgoing.send(Message::Ping(Default::default()), false);
                }
            }
        }
    }

    async fn said(&mut self, text: &str) -> Result<(), Ended> {
        let message = ClientMessage::parse(text).map_err(Mistake::Malformed)?;
        for asked in self.conversation.receive(message)? {
            match asked {
                Asked::Connected {
                    session,
                    max_observed,
                } => {
                    self.connected = true;
                    self.view.connected(session, max_observed);
                    if max_observed > Some(self.view.latest()) {
                        return Err(closed(1011, "InternalServerError"));
                    }
                }
                Asked::Add(query) => self.view.add(query),
                Asked::Remove(id) => self.view.remove(id),
                Asked::Authenticate(token) => {
                    if self.identities.is_exceeded() {
                        return Err(closed(1013, "TooManyIdentities"));
                    }
                    self.authenticating = true;
                    self.view.authenticate(token).await?;
                    self.authenticating = false;
                }
                Asked::Mutate(session, request) => {
                    let waiting = self.mutations.len() + self.conversation.unsaid();
                    if waiting >= self.settings.mutations {
                        return Err(closed(1013, "TooManyConcurrentMutations"));
                    }
                    let weighed = self.weighed(text.len())?;
                    let running = self.view.mutate(session, request);
                    let time = self.settings.mutation_time;
                    self.mutations.push_back(Box::pin(async move {
                        let too_long = |_| stop(1013, "MutationTimedOut");
                        let ended = timeout(time, running).await.map_err(too_long)?;
                        drop(weighed);
                        ended
                    }));
                }
                Asked::Act(session, request) => {
                    if self.actions.len() >= self.settings.actions {
                        return Err(closed(1013, "TooManyConcurrentActions"));
                    }
                    let weighed = self.weighed(text.len())?;
                    let running = self.view.act(session, request);
                    self.actions.push(Box::pin(async move {
                        let ended = running.await;
                        drop(weighed);
                        ended
                    }));
                }
            }
        }
        Ok(())
    }

    /// A mutation or an action of that size, if there is room for it.
    fn weighed(&self, bytes: usize) -> Result<Weighed, Ended> {
        let weighed = self.requests.add(bytes, self.settings.request_bytes);
        weighed.ok_or_else(|| closed(1013, "TooManyBytesWaiting"))
    }

    fn send(&mut self, message: &ServerMessage) -> Result<(), Ended> {
        self.last_message = Instant::now();
        let text = message.to_text();
        let is_transition = matches!(message, ServerMessage::Transition { .. });
        match self.settings.chunk_bytes {
            Some(most) if is_transition && text.len() > most => {
                self.transitions += 1;
                let pieces = chunks(&text, most, &self.transitions.to_string());
                let last = pieces.len() - 1;
                for (index, piece) in pieces.iter().enumerate() {
                    let piece = Message::text(piece.to_text());
                    self.outgoing.send(piece, index == last);
                }
            }
            _ => self.outgoing.send(Message::text(text), is_transition),
        }
        // One that is larger than the limit is sent all the same, if nothing else waits.
        match self.outgoing.bytes() > self.settings.waiting_bytes && !is_transition {
            true => Err(closed(1013, "SlowClient")),
            false => Ok(()),
        }
    }

    /// The last that the client hears.
    fn farewell(&mut self, ended: &Ended) {
        let close = match ended {
            Ended::ByClient => return,
            Ended::Silent => Some((1000, "Inactive")),
            Ended::Mistaken(mistake) => {
                let _ = self.send(&mistake.to_message());
                None
            }
            Ended::Stopped(Stop::Refused(message)) => {
                let updating = self.authenticating;
                let refused = self.conversation.refused(message.clone(), updating);
                let _ = self.send(&refused);
                None
            }
            Ended::Stopped(Stop::Close { code, reason }) => Some((*code, *reason)),
        };
        let frame = close.map(|(code, reason)| CloseFrame {
            code: code.into(),
            reason: reason.into(),
        });
        self.outgoing.send(Message::Close(frame), false);
    }
}

/// Once there is something new, and room for a transition.
async fn ready<V: View>(
    view: &mut V,
    owed: Option<crate::timestamp::Timestamp>,
    outgoing: &Outgoing,
    settings: &Settings,
) -> Result<(), Stop> {
    let (transitions, bytes) = (settings.transitions, settings.waiting_bytes);
    tokio::select! {
        () = outgoing.room(transitions, bytes) => {}
        // Who takes nothing is somebody no longer than others.
        stop = view.ends() => return Err(stop),
    }
    view.ready(owed).await
}

async fn first(mutations: &mut VecDeque<Running>) -> Result<Answer, Stop> {
    match mutations.front_mut() {
        Some(running) => running.await,
        None => pending().await,
    }
}

fn stop(code: u16, reason: &'static str) -> Stop {
    Stop::Close { code, reason }
}

fn closed(code: u16, reason: &'static str) -> Ended {
    stop(code, reason).into()
}
