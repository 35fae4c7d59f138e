//! A client against a model of a deployment: whatever is subscribed to, written and cut, at rest each query's result is
//! what the deployment has, and each mutation has run once.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use byod_sync::{
    Client, ClientMessage, Completion, Json, Modification, Query, QueryId, QuerySetChange, Request,
    RequestId, ServerMessage, SessionId, Timestamp, Token, Version,
};
use proptest::prelude::*;

/// What a deployment keeps beyond sockets.
#[derive(Default)]
struct Deployment {
    ts: u64,
    rows: BTreeMap<u8, u32>,
    /// Mutations that were committed, and when.
    committed: HashMap<(SessionId, RequestId), Timestamp>,
    mutations: u32,
    actions: HashMap<RequestId, u32>,
}

impl Deployment {
    fn write(&mut self, key: u8) -> Timestamp {
        self.ts += 1;
        *self.rows.entry(key).or_default() += 1;
        Timestamp(self.ts)
    }

    fn value(&self, key: u8, who: &str) -> Json {
        let row = self.rows.get(&key).copied().unwrap_or_default();
        Json::of(&(key, row, who)).unwrap()
    }
}

/// A deployment's side of one socket.
#[derive(Default)]
struct Served {
    session: Option<SessionId>,
    version: Version,
    query_set: u32,
    identity: u32,
    who: String,
    watched: BTreeMap<QueryId, (u8, Option<Json>)>,
    /// Whether a transition is due: something was asked for, or written.
    due: bool,
    to_client: VecDeque<String>,
    to_server: VecDeque<String>,
    chunks: u32,
}

fn key(args: &Json) -> u8 {
    let [key]: [u8; 1] = args.read().unwrap();
    key
}

fn journal(key: u8) -> Option<String> {
    key.is_multiple_of(2).then(|| format!("journal of {key}"))
}

impl Served {
    fn take(&mut self, deployment: &mut Deployment) {
        let Some(text) = self.to_server.pop_front() else {
            return;
        };
        let message = ClientMessage::parse(&text).unwrap();
        if let ClientMessage::Connect {
            session,
            max_observed_timestamp,
            ..
        } = &message
        {
            assert!(self.session.is_none(), "said first, and once");
            assert!(max_observed_timestamp.unwrap_or_default().0 <= deployment.ts);
            self.session = Some(*session);
            return;
        }
        let session = self.session.expect("a socket begins with `Connect`");
        match message {
            ClientMessage::ModifyQuerySet {
                base_version,
                new_version,
                changes,
            } => {
                assert_eq!(
                    (base_version, new_version),
                    (self.query_set, self.query_set + 1)
                );
                self.query_set = new_version;
                for change in changes {
                    match change {
                        QuerySetChange::Add(Query {
                            id,
                            args,
                            journal: said,
                            ..
                        }) => {
                            let key = key(&args);
                            assert!(said.is_none_or(|said| said == journal(key)));
                            assert!(self.watched.insert(id, (key, None)).is_none());
                        }
                        QuerySetChange::Remove(id) => {
                            self.watched.remove(&id).expect("a query that is watched");
                        }
                    }
                }
            }
            ClientMessage::Authenticate {
                base_version,
                token,
            } => {
                assert_eq!(base_version, self.identity);
                self.identity += 1;
                let Token::User(who) = token else {
                    panic!("{token:?}")
                };
                self.who = who;
            }
            ClientMessage::Mutation(Request { id, args, .. }) => {
                let key = key(&args);
                let ts = *deployment
                    .committed
                    .get(&(session, id))
                    .unwrap_or(&Timestamp(0));
                let ts = match ts {
                    Timestamp(0) => {
                        deployment.mutations += 1;
                        deployment.write(key)
                    }
                    ts => ts,
                };
                deployment.committed.insert((session, id), ts);
                let answer = ServerMessage::MutationResponse {
                    id,
                    result: Ok(Json::parse("null").unwrap()),
                    ts: Some(ts),
                    log_lines: Vec::new(),
                };
                self.to_client.push_back(answer.to_text());
            }
            ClientMessage::Action(Request { id, .. }) => {
                *deployment.actions.entry(id).or_default() += 1;
                let result = Ok(Json::parse("null").unwrap());
                let answer = ServerMessage::ActionResponse {
                    id,
                    result,
                    log_lines: Vec::new(),
                };
                self.to_client.push_back(answer.to_text());
            }
            ClientMessage::Connect { .. } | ClientMessage::Event => unreachable!(),
        }
        self.due = true;
    }

    fn transition(&mut self, deployment: &Deployment, chunked: bool) {
        let end = Version {
            query_set: self.query_set,
            identity: self.identity,
            ts: Timestamp(deployment.ts),
        };
        if self.session.is_none() || (end == self.version && !self.due) {
            return;
        }
        let mut modifications = Vec::new();
        for (id, (key, known)) in &mut self.watched {
            let value = deployment.value(*key, &self.who);
            if known.as_ref() != Some(&value) {
                *known = Some(value.clone());
                modifications.push(Modification::Result {
                    id: *id,
                    result: Ok(value),
                    log_lines: Vec::new(),
                    journal: journal(*key),
                });
            }
        }
        let start = std::mem::replace(&mut self.version, end);
        self.due = false;
        let text = ServerMessage::Transition {
            start,
            end,
            modifications,
            client_clock_skew: None,
            server_ts: None,
        }
        .to_text();
        if !chunked {
            self.to_client.push_back(text);
            return;
        }
        self.chunks += 1;
        let (first, second) = text.split_at(text.len() / 2);
        for (part, chunk) in [(0, first), (1, second)] {
            let chunk = ServerMessage::TransitionChunk {
                chunk: chunk.to_owned(),
                part,
                parts: 2,
                transition: self.chunks.to_string(),
            };
            self.to_client.push_back(chunk.to_text());
            self.to_client.push_back(ServerMessage::Ping.to_text());
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Subscribe(u8),
    Unsubscribe(usize),
    Mutate(u8),
    Act,
    WriteElsewhere(u8),
    Authenticate(u8),
    /// The client says so many messages.
    Say(u8),
    /// The deployment takes so many of them.
    Take(u8),
    Transition {
        chunked: bool,
    },
    /// The client receives so many messages.
    Receive(u8),
    Cut,
    Connect,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..6u8).prop_map(Step::Subscribe),
        2 => any::<usize>().prop_map(Step::Unsubscribe),
        2 => (0..6u8).prop_map(Step::Mutate),
        1 => Just(Step::Act),
        2 => (0..6u8).prop_map(Step::WriteElsewhere),
        1 => (0..3u8).prop_map(Step::Authenticate),
        4 => (0..5u8).prop_map(Step::Say),
        4 => (0..5u8).prop_map(Step::Take),
        3 => any::<bool>().prop_map(|chunked| Step::Transition { chunked }),
        4 => (0..5u8).prop_map(Step::Receive),
        1 => Just(Step::Cut),
        2 => Just(Step::Connect),
    ]
}

struct World {
    client: Client,
    deployment: Deployment,
    socket: Option<Served>,
    subscriptions: Vec<(QueryId, u8)>,
    mutations: BTreeMap<RequestId, u8>,
    actions: BTreeSet<RequestId>,
    who: String,
}

impl World {
    fn new() -> Self {
        Self {
            client: Client::new(SessionId::from_random([3; 16])),
            deployment: Deployment::default(),
            socket: None,
            subscriptions: Vec::new(),
            mutations: BTreeMap::new(),
            actions: BTreeSet::new(),
            who: String::new(),
        }
    }

    fn request(&mut self, key: u8) -> Request {
        Request {
            id: self.client.next_request(),
            path: "a:b".to_owned(),
            args: Json::of(&[key]).unwrap(),
            component_path: None,
        }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Subscribe(key) => {
                let id = self.client.subscribe("a:b", Json::of(&[key]).unwrap());
                let equal = self.subscriptions.iter().find(|(_, other)| *other == key);
                assert!(equal.is_none_or(|(equal, _)| *equal == id));
                self.subscriptions.push((id, key));
            }
            Step::Unsubscribe(which) => {
                if !self.subscriptions.is_empty() {
                    let which = which % self.subscriptions.len();
                    let (id, key) = self.subscriptions.swap_remove(which);
                    let last = self.subscriptions.iter().all(|(_, other)| *other != key);
                    assert_eq!(self.client.unsubscribe(id), last);
                }
            }
            Step::Mutate(key) => {
                let request = self.request(key);
                self.mutations.insert(request.id, key);
                self.client.mutate(request);
            }
            Step::Act => {
                let request = self.request(0);
                self.actions.insert(request.id);
                self.client.act(request);
            }
            Step::WriteElsewhere(key) => {
                self.deployment.write(key);
            }
            Step::Authenticate(who) => {
                self.who = format!("user {who}");
                self.client.set_token(Token::User(self.who.clone()));
            }
            Step::Say(messages) => {
                if let Some(socket) = &mut self.socket {
                    for _ in 0..messages {
                        let said = self.client.next_message();
                        socket
                            .to_server
                            .extend(said.map(|message| message.to_text()));
                    }
                }
            }
            Step::Take(messages) => {
                if let Some(socket) = &mut self.socket {
                    (0..messages).for_each(|_| socket.take(&mut self.deployment));
                }
            }
            Step::Transition { chunked } => {
                if let Some(socket) = &mut self.socket {
                    socket.transition(&self.deployment, chunked);
                }
            }
            Step::Receive(messages) => (0..messages).for_each(|_| self.receive()),
            Step::Cut => {
                if self.socket.take().is_some() {
                    for (id, completion) in self.client.disconnected("Cut") {
                        assert_eq!(completion, Completion::Lost);
                        assert!(self.actions.remove(&id));
                    }
                }
            }
            Step::Connect => {
                if self.socket.is_none() {
                    self.client.connected(0);
                    self.socket = Some(Served::default());
                }
            }
        }
    }

    fn receive(&mut self) {
        let Some(socket) = &mut self.socket else {
            return;
        };
        let Some(text) = socket.to_client.pop_front() else {
            return;
        };
        let received = self.client.receive(&text).unwrap();
        for (id, completion) in received.completed {
            assert!(matches!(completion, Completion::Done { result: Ok(_), .. }));
            let Some(key) = self.mutations.remove(&id) else {
                assert!(self.actions.remove(&id));
                continue;
            };
            // What it wrote is seen by then, wherever the key is watched and said to be.
            let ts = self.deployment.committed[&(self.client.session(), id)];
            assert!(received.moment.unwrap() >= ts);
            let watched = self.subscriptions.iter().find(|(_, other)| *other == key);
            if let Some((query, _)) = watched
                && self.client.is_current(*query)
            {
                let result = self.client.result(*query).unwrap().as_ref().unwrap();
                let (_, rows, _): (u8, u32, String) = result.read().unwrap();
                assert!(rows >= 1);
            }
        }
    }

    /// All that is under way comes to its end.
    fn rest(&mut self) {
        self.run(Step::Connect);
        for _ in 0..200 {
            self.run(Step::Say(200));
            self.run(Step::Take(200));
            self.run(Step::Transition { chunked: false });
            self.run(Step::Receive(200));
        }
        assert!(self.client.is_confirmed());
        for (id, key) in &self.subscriptions {
            let expected = self.deployment.value(*key, &self.who);
            assert_eq!(self.client.result(*id), Some(&Ok(expected)));
            assert!(self.client.is_current(*id));
        }
        assert!(self.mutations.is_empty() && self.actions.is_empty());
        assert_eq!(
            self.deployment.mutations as usize,
            self.deployment.committed.len()
        );
        assert!(self.deployment.actions.values().all(|times| *times == 1));
        let distinct: BTreeSet<u8> = self.subscriptions.iter().map(|(_, key)| *key).collect();
        assert_eq!(self.client.queries(), distinct.len());
        let watched = self.socket.as_ref().map(|socket| socket.watched.len());
        assert_eq!(
            watched,
            Some(distinct.len()),
            "nothing goes on that nobody watches"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn at_rest_a_client_has_what_the_deployment_has(
        steps in prop::collection::vec(step(), 0..120),
        more in prop::collection::vec(step(), 0..40),
    ) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.run(step));
        world.rest();
        more.into_iter().for_each(|step| world.run(step));
        world.rest();
    }

    #[test]
    fn no_deployment_makes_a_client_panic(texts in prop::collection::vec(hostile(), 0..20)) {
        let mut client = Client::new(SessionId::from_random([3; 16])).with_largest_message(100);
        client.subscribe("a:b", Json::parse("[{}]").unwrap());
        client.connected(0);
        while client.next_message().is_some() {}
        for text in texts {
            if client.receive(&text).is_err() {
                client.disconnected("Broken");
                client.connected(0);
                while client.next_message().is_some() {}
            }
        }
    }
}

/// What a deployment could say that means harm.
fn hostile() -> impl Strategy<Value = String> {
    let version = || {
        (0..3u32, 0..2u32, 0..3u64).prop_map(|(query_set, identity, ts)| Version {
            query_set,
            identity,
            ts: Timestamp(ts),
        })
    };
    let modification = (0..2u32, any::<bool>()).prop_map(|(id, removed)| {
        let id = QueryId(id);
        match removed {
            true => Modification::Removed(id),
            false => Modification::Result {
                id,
                result: Ok(Json::parse("1").unwrap()),
                log_lines: Vec::new(),
                journal: None,
            },
        }
    });
    let modifications = prop::collection::vec(modification, 0..3);
    let transition =
        (version(), version(), modifications).prop_map(|(start, end, modifications)| {
            ServerMessage::Transition {
                start,
                end,
                modifications,
                client_clock_skew: None,
                server_ts: None,
            }
        });
    let chunk = (".{0,60}", 0..3u32, 0..3u32).prop_map(|(chunk, part, parts)| {
        ServerMessage::TransitionChunk {
            chunk,
            part,
            parts,
            transition: "1".to_owned(),
        }
    });
    let auth = (prop::option::of(0..3u32), prop::option::of(any::<bool>())).prop_map(
        |(base_version, update_attempted)| ServerMessage::AuthError {
            message: "no".to_owned(),
            base_version,
            update_attempted,
        },
    );
    prop_oneof![
        4 => transition.prop_map(|message| message.to_text()),
        2 => chunk.prop_map(|message| message.to_text()),
        1 => auth.prop_map(|message| message.to_text()),
        1 => any::<String>(),
        1 => Just(r#"{"type":"Later"}"#.to_owned()),
    ]
}
