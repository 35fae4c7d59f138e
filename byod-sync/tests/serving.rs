//! A whole socket, served to a client that counts what it is sent.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use byod_sync::server::{
    Answer, Ended, Mistake, Moment, Settings, Stop, Updated, View, serve, serve_until,
};
use byod_sync::{
    ClientMessage, Json, Modification, Query, QueryId, QuerySetChange, Request, RequestId,
    ServerMessage, SessionId, Timestamp, Token,
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::DuplexStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

/// A number that every query gives, as a text of so many bytes.
#[derive(Clone)]
struct Counter {
    number: Arc<watch::Sender<u64>>,
    seen: watch::Receiver<u64>,
    queries: Arc<Mutex<Vec<QueryId>>>,
    bytes: usize,
    added: bool,
    /// When its client's token runs out.
    ends: Option<Instant>,
}

impl Counter {
    fn new(bytes: usize) -> Self {
        let number = watch::Sender::new(1);
        Self {
            seen: number.subscribe(),
            number: Arc::new(number),
            queries: Arc::default(),
            bytes,
            added: false,
            ends: None,
        }
    }
}

impl View for Counter {
    fn latest(&self) -> Timestamp {
        Timestamp(*self.seen.borrow())
    }

    async fn authenticate(&mut self, token: Token) -> Result<(), Stop> {
        match token {
            Token::User(token) if token == "wrong" => Err(Stop::Refused("who?".to_owned())),
            _ => Ok(()),
        }
    }

    fn add(&mut self, query: Query) {
        self.queries.lock().unwrap().push(query.id);
        self.added = true;
    }

    fn remove(&mut self, id: QueryId) {
        self.queries.lock().unwrap().retain(|held| *held != id);
    }

    async fn ready(&mut self, owed: Option<Timestamp>) -> Result<(), Stop> {
        if owed.is_none() && !self.added {
            self.seen.changed().await.unwrap();
            self.added = true;
        }
        Ok(())
    }

    async fn ends(&mut self) -> Stop {
        match self.ends {
            Some(ends) => sleep_until(ends).await,
            None => pending().await,
        }
        Stop::Refused("it has run out".to_owned())
    }

    async fn advance(&mut self) -> Moment {
        self.added = false;
        let number = *self.seen.borrow_and_update();
        let text = format!("{number}{}", " ".repeat(self.bytes));
        let queries = self.queries.lock().unwrap();
        let updated = queries.iter().map(|id| Updated {
            id: *id,
            result: Ok(Json::of(&text).unwrap()),
            log_lines: Vec::new(),
            journal: None,
        });
        Moment {
            ts: Timestamp(number),
            results: updated.collect(),
        }
    }

    fn mutate(
        &mut self,
        _: SessionId,
        request: Request,
    ) -> impl Future<Output = Result<Answer, Stop>> + Send + 'static {
        let number = self.number.clone();
        async move {
            match &*request.path {
                "sleep" => sleep(Duration::from_secs(3600)).await,
                "nap" => sleep(Duration::from_secs(1)).await,
                "lost" => {
                    let (code, reason) = (1011, "InternalServerError");
                    return Err(Stop::Close { code, reason });
                }
                _ => number.send_modify(|number| *number += 1),
            }
            Ok(Answer {
                id: request.id,
                result: Ok(Json::parse("null").unwrap()),
                ts: Timestamp(*number.borrow()),
                log_lines: Vec::new(),
            })
        }
    }

    fn act(
        &mut self,
        session: SessionId,
        request: Request,
    ) -> impl Future<Output = Result<Answer, Stop>> + Send + 'static {
        self.mutate(session, request)
    }
}

struct Client {
    socket: WebSocketStream<DuplexStream>,
    server: JoinHandle<Ended>,
    /// Dropping it hands the client over to another server.
    hold: Option<oneshot::Sender<()>>,
}

impl Client {
    async fn of(view: Counter, settings: Settings) -> Self {
        let mut client = Self::silent(view, settings).await;
        client
            .say(ClientMessage::Connect {
                session: SessionId::from_random([1; 16]),
                connection_count: 0,
                last_close_reason: None,
                max_observed_timestamp: None,
                client_ts: None,
            })
            .await;
        client
    }

    /// One that has a socket, and says nothing.
    async fn silent(view: Counter, settings: Settings) -> Self {
        let (near, far) = tokio::io::duplex(64 << 10);
        let config = Some(settings.websocket());
        let server = WebSocketStream::from_raw_socket(far, Role::Server, config).await;
        let (hold, dropped) = oneshot::channel();
        let handed_over = async { drop(dropped.await) };
        let server = tokio::spawn(serve_until(server, view, settings, handed_over));
        let socket = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        Self {
            socket,
            server,
            hold: Some(hold),
        }
    }

    async fn say(&mut self, message: ClientMessage) {
        let text = Message::text(message.to_text());
        self.socket.send(text).await.unwrap();
    }

    async fn watch(&mut self, base: u32) {
        let query = Query {
            id: QueryId(base),
            path: "number".to_owned(),
            args: Json::parse("[{}]").unwrap(),
            journal: None,
            component_path: None,
        };
        self.say(ClientMessage::ModifyQuerySet {
            base_version: base,
            new_version: base + 1,
            changes: vec![QuerySetChange::Add(query)],
        })
        .await;
    }

    async fn mutate(&mut self, id: u32, path: &str) {
        self.say(ClientMessage::Mutation(request(id, path))).await;
    }

    /// The next message, or the code and reason by which the socket was closed.
    async fn next(&mut self) -> Result<ServerMessage, Option<(u16, String)>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(ServerMessage::parse(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map(|frame| (frame.code.into(), frame.reason.to_string())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The number of the next transition, for its queries.
    async fn transition(&mut self) -> Vec<u64> {
        let message = self.next().await.unwrap();
        let ServerMessage::Transition { modifications, .. } = message else {
            panic!("{message:?}");
        };
        let number = |modification: Modification| match modification {
            Modification::Result { result, .. } => {
                let text: String = result.unwrap().read().unwrap();
                text.trim().parse().unwrap()
            }
            Modification::Removed(_) => 0,
        };
        modifications.into_iter().map(number).collect()
    }
}

fn request(id: u32, path: &str) -> Request {
    Request {
        id: RequestId(id),
        path: path.to_owned(),
        args: Json::parse("[{}]").unwrap(),
        component_path: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_mutations_value_comes_with_its_answer() {
    let mut client = Client::of(Counter::new(1), Settings::default()).await;
    client.watch(0).await;
    assert_eq!(client.transition().await, [1]);
    client.mutate(0, "add").await;
    let answer = client.next().await.unwrap();
    assert!(matches!(
        answer,
        ServerMessage::MutationResponse {
            ts: Some(Timestamp(2)),
            ..
        }
    ));
    assert_eq!(client.transition().await, [2]);
    client.say(ClientMessage::Action(request(1, "add"))).await;
    let mut kinds = [client.next().await.unwrap(), client.next().await.unwrap()];
    kinds.sort_by_key(|message| matches!(message, ServerMessage::Transition { .. }));
    assert!(matches!(kinds[0], ServerMessage::ActionResponse { .. }));
}

#[tokio::test(start_paused = true)]
async fn who_is_handed_over_has_the_answer_to_what_runs_and_says_the_rest_again() {
    let mut client = Client::of(Counter::new(1), Settings::default()).await;
    client.watch(0).await;
    assert_eq!(client.transition().await, [1]);
    client.mutate(0, "nap").await;
    client.mutate(1, "add").await;
    client.say(ClientMessage::Action(request(2, "nap"))).await;
    sleep(Duration::from_millis(100)).await;
    client.hold = None;
    sleep(Duration::from_millis(100)).await;
    client.mutate(3, "add").await;
    let mut answered = Vec::new();
    let ended = loop {
        match client.next().await {
            Ok(ServerMessage::MutationResponse { id, .. })
            | Ok(ServerMessage::ActionResponse { id, .. }) => answered.push(id.0),
            Ok(_) => {}
            Err(ended) => break ended,
        }
    };
    answered.sort_unstable();
    assert_eq!(answered, [0, 2]);
    assert_eq!(ended, Some((1012, "ServiceRestart".to_owned())));

    let mut idle = Client::of(Counter::new(1), Settings::default()).await;
    idle.hold = None;
    assert_eq!(idle.next().await, Err(ended));
}

#[tokio::test(start_paused = true)]
async fn a_silent_socket_is_kept_alive_and_ends_after_two_minutes() {
    let mut client = Client::of(Counter::new(1), Settings::default()).await;
    let begun = Instant::now();
    assert_eq!(client.next().await, Ok(ServerMessage::Ping));
    assert_eq!(begun.elapsed().as_secs(), 15);
    // The client of this test answers pings while it reads. It reads no more.
    sleep(Duration::from_secs(100)).await;
    assert!(!client.server.is_finished());
    sleep(Duration::from_secs(60)).await;
    let ended = timeout(Duration::from_secs(30), &mut client.server).await;
    assert_eq!(ended.unwrap().unwrap(), Ended::Silent);
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_gets_the_last_value_alone_and_in_the_end_none() {
    let counter = Counter::new(100 << 10);
    let number = counter.number.clone();
    let mut client = Client::of(counter, Settings::default()).await;
    client.watch(0).await;
    assert_eq!(client.transition().await, [1]);
    for _ in 0..50 {
        number.send_modify(|number| *number += 1);
        sleep(Duration::from_millis(10)).await;
    }
    let mut seen = Vec::new();
    while seen.last() != Some(&51) {
        seen.extend(client.transition().await);
    }
    assert!(seen.len() <= 4, "{seen:?}");

    for _ in 0..4 {
        number.send_modify(|number| *number += 1);
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(
        timeout(Duration::from_secs(60), &mut client.server)
            .await
            .unwrap()
            .unwrap(),
        Ended::ByClient
    );
}

#[tokio::test(start_paused = true)]
async fn one_transition_alone_waits_above_the_limit_of_bytes() {
    let counter = Counter::new(100 << 10);
    let number = counter.number.clone();
    let settings = Settings {
        waiting_bytes: 50 << 10,
        ..Settings::default()
    };
    let mut client = Client::of(counter, settings).await;
    client.watch(0).await;
    assert_eq!(client.transition().await, [1]);
    for _ in 0..50 {
        number.send_modify(|number| *number += 1);
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(client.transition().await, [2]);
    assert_eq!(client.transition().await, [51]);
}

#[tokio::test(start_paused = true)]
async fn a_large_transition_comes_in_pieces_to_who_takes_them() {
    for (version, most) in [("1.48.0", 5), ("", 1)] {
        let settings = Settings::default().for_version(version);
        let mut client = Client::of(Counter::new(11_000_000), settings).await;
        client.watch(0).await;
        let mut text = String::new();
        let mut pieces = 0;
        loop {
            pieces += 1;
            match client.next().await.unwrap() {
                ServerMessage::TransitionChunk {
                    chunk, part, parts, ..
                } => {
                    text.push_str(&chunk);
                    if part + 1 == parts {
                        break;
                    }
                }
                whole => {
                    text = whole.to_text();
                    break;
                }
            }
        }
        assert!(matches!(
            ServerMessage::parse(&text),
            Ok(ServerMessage::Transition { .. })
        ));
        assert!(pieces <= most && (pieces > 1) == (most > 1), "{pieces}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_limit_and_mistake_has_its_end() {
    async fn end(
        settings: Settings,
        say: Vec<ClientMessage>,
    ) -> (Vec<ServerMessage>, Option<(u16, String)>, Ended) {
        let mut client = Client::of(Counter::new(1), settings).await;
        for message in say {
            client.say(message).await;
        }
        let mut told = Vec::new();
        let close = loop {
            match client.next().await {
                Ok(ServerMessage::Ping | ServerMessage::Transition { .. }) => {}
                Ok(message) => told.push(message),
                Err(close) => break close,
            }
        };
        (told, close, client.server.await.unwrap())
    }
    let closed = |code, reason: &str| Some((code, reason.to_owned()));
    let few = || Settings {
        mutations: 2,
        actions: 2,
        message_bytes: 1000,
        ..Settings::default()
    };
    let mutations = |path: &'static str, count| -> Vec<ClientMessage> {
        (0..count)
            .map(|id| ClientMessage::Mutation(request(id, path)))
            .collect()
    };

    let (_, close, _) = end(few(), mutations("sleep", 3)).await;
    assert_eq!(close, closed(1013, "TooManyConcurrentMutations"));
    let actions = (0..3).map(|id| ClientMessage::Action(request(id, "sleep")));
    let (_, close, _) = end(few(), actions.collect()).await;
    assert_eq!(close, closed(1013, "TooManyConcurrentActions"));
    let (_, close, _) = end(Settings::default(), mutations("lost", 1)).await;
    assert_eq!(close, closed(1011, "InternalServerError"));
    let light = Settings {
        request_bytes: 1,
        ..Settings::default()
    };
    let (_, close, _) = end(light.clone(), mutations("sleep", 2)).await;
    assert_eq!(close, closed(1013, "TooManyBytesWaiting"));
    // One alone always may; once it has ended, another one.
    let (_, close, _) = end(light, mutations("lost", 1)).await;
    assert_eq!(close, closed(1011, "InternalServerError"));
    let once = Settings {
        identities: (1, 0),
        ..Settings::default()
    };
    let is = |base_version| ClientMessage::Authenticate {
        base_version,
        token: Token::None,
    };
    let (_, close, _) = end(once, vec![is(0), is(1)]).await;
    assert_eq!(close, closed(1013, "TooManyIdentities"));
    let large = "a".repeat(2000);
    let large = ClientMessage::Mutation(request(0, &large));
    let (_, close, _) = end(few(), vec![large]).await;
    assert_eq!(close, closed(1009, "MessageTooLarge"));

    let (told, close, ended) = end(
        Settings::default(),
        vec![ClientMessage::ModifyQuerySet {
            base_version: 3,
            new_version: 4,
            changes: Vec::new(),
        }],
    )
    .await;
    assert!(
        matches!(&*told, [ServerMessage::FatalError { .. }]),
        "{told:?}"
    );
    assert_eq!(close, None);
    assert!(matches!(
        ended,
        Ended::Mistaken(Mistake::BaseVersionMismatch { .. })
    ));

    let token = Token::User("wrong".to_owned());
    let wrong = ClientMessage::Authenticate {
        base_version: 0,
        token,
    };
    let (told, close, _) = end(Settings::default(), vec![wrong]).await;
    let refused = ServerMessage::AuthError {
        message: "who?".to_owned(),
        base_version: Some(0),
        update_attempted: Some(true),
    };
    assert_eq!((told, close), (vec![refused], None));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_seen_the_future_is_of_another_database() {
    let (near, far) = tokio::io::duplex(64 << 10);
    let server = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
    let server = tokio::spawn(serve(server, Counter::new(1), Settings::default()));
    let socket = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
    let mut client = Client {
        socket,
        server,
        hold: None,
    };
    client
        .say(ClientMessage::Connect {
            session: SessionId::from_random([1; 16]),
            connection_count: 3,
            last_close_reason: None,
            max_observed_timestamp: Some(Timestamp(2)),
            client_ts: None,
        })
        .await;
    let close = Some((1011, "InternalServerError".to_owned()));
    assert_eq!(client.next().await, Err(close));
}

#[tokio::test(start_paused = true)]
async fn who_opens_a_socket_and_does_not_say_who_is_there_is_sent_away() {
    let mut client = Client::silent(Counter::new(1), Settings::default()).await;
    let begun = Instant::now();
    let close = loop {
        match client.next().await {
            Ok(message) => assert_eq!(message, ServerMessage::Ping),
            Err(close) => break close,
        }
    };
    assert_eq!(close, Some((1013, "ConnectTimedOut".to_owned())));
    assert_eq!(begun.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_token_runs_out_also_where_the_client_takes_nothing() {
    let mut counter = Counter::new(100 << 10);
    counter.ends = Some(Instant::now() + Duration::from_secs(3));
    let number = counter.number.clone();
    let mut client = Client::of(counter, Settings::default()).await;
    client.watch(0).await;
    for _ in 0..20 {
        number.send_modify(|number| *number += 1);
        sleep(Duration::from_millis(200)).await;
    }
    let refused = Stop::Refused("it has run out".to_owned());
    let ended = timeout(Duration::from_secs(3), &mut client.server).await;
    assert_eq!(ended.unwrap().unwrap(), Ended::Stopped(refused));
}

#[tokio::test(start_paused = true)]
async fn what_mutations_gave_counts_while_the_client_takes_nothing() {
    let settings = Settings {
        waiting_bytes: 50 << 10,
        ..Settings::default()
    };
    let mut client = Client::of(Counter::new(100 << 10), settings).await;
    client.watch(0).await;
    sleep(Duration::from_millis(100)).await;
    // Each is owed a transition, for which there is no room.
    for id in 0..4 {
        client.mutate(id, "add").await;
        sleep(Duration::from_millis(100)).await;
    }
    let ended = timeout(Duration::from_secs(5), &mut client.server).await;
    let (code, reason) = (1013, "SlowClient");
    assert_eq!(
        ended.unwrap().unwrap(),
        Ended::Stopped(Stop::Close { code, reason })
    );
}
