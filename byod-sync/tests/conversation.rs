//! A deployment's side of a socket, against a client that is as strict as Convex's own.

use std::collections::BTreeMap;

use byod_sync::server::{
    Answer, Asked, Conversation, Mistake, Moment, Updated, chunks, takes_chunks,
};
use byod_sync::{
    ClientMessage, FunctionError, Json, Modification, Query, QueryId, QuerySetChange, Request,
    RequestId, ServerMessage, SessionId, Timestamp, Token, Version,
};
use proptest::prelude::*;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// The client watches a row.
    Add(u8),
    /// It watches one of its queries no more.
    Remove(usize),
    /// It is somebody else.
    Authenticate,
    /// Its mutation sets a row, or fails.
    Mutate(u8, bool),
    /// Somebody else sets a row.
    Write(u8),
    /// The deployment brings the client to the present, or to a moment a little before it.
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u8..4).prop_map(Step::Add),
        any::<usize>().prop_map(Step::Remove),
        Just(Step::Authenticate),
        (0u8..4, any::<bool>()).prop_map(|(row, fails)| Step::Mutate(row, fails)),
        (0u8..4).prop_map(Step::Write),
        (0u64..3).prop_map(Step::Advance),
    ]
}

/// Rows, each with the moments at which it was set: its value is the last of them.
#[derive(Default)]
struct Database {
    now: u64,
    rows: BTreeMap<u8, Vec<u64>>,
}

impl Database {
    fn write(&mut self, row: u8) -> Timestamp {
        self.now += 1;
        self.rows.entry(row).or_default().push(self.now);
        Timestamp(self.now)
    }

    fn value(&self, row: u8, at: Timestamp) -> u64 {
        let writes = self.rows.get(&row).into_iter().flatten();
        writes.copied().filter(|ts| *ts <= at.0).max().unwrap_or(0)
    }
}

/// What the client knows, by what it was told.
#[derive(Default)]
struct Client {
    version: Version,
    results: BTreeMap<QueryId, u64>,
    /// Successes whose writes no transition had so far.
    uncovered: Vec<Timestamp>,
    /// Whether an answer came that no transition came after.
    unfollowed: bool,
    answered: Vec<RequestId>,
}

impl Client {
    fn receive(&mut self, messages: Vec<ServerMessage>) {
        for message in messages {
            match message {
                ServerMessage::MutationResponse { id, ts, .. } => {
                    self.answered.push(id);
                    self.unfollowed = true;
                    self.uncovered.extend(ts);
                }
                ServerMessage::Transition {
                    start,
                    end,
                    modifications,
                    ..
                } => {
                    assert_eq!(start, self.version);
                    assert!(end.ts >= start.ts);
                    // The crate takes the next transition for the one with the writes.
                    assert!(self.uncovered.iter().all(|ts| *ts <= end.ts));
                    self.uncovered.clear();
                    self.unfollowed = false;
                    self.version = end;
                    for modification in modifications {
                        match modification {
                            Modification::Removed(id) => {
                                self.results.remove(&id);
                            }
                            Modification::Result { id, result, .. } => {
                                let value = result.unwrap().read().unwrap();
                                let before = self.results.insert(id, value);
                                assert_ne!(before, Some(value), "told twice");
                            }
                        }
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

fn request(id: u32) -> Request {
    Request {
        id: RequestId(id),
        path: "rows:set".to_owned(),
        args: Json::parse("[{}]").unwrap(),
        component_path: None,
    }
}

fn query(id: QueryId) -> Query {
    Query {
        id,
        path: "rows:get".to_owned(),
        args: Json::parse("[{}]").unwrap(),
        journal: None,
        component_path: None,
    }
}

fn connect() -> ClientMessage {
    ClientMessage::Connect {
        session: SessionId::from_random([7; 16]),
        connection_count: 0,
        last_close_reason: None,
        max_observed_timestamp: None,
        client_ts: None,
    }
}

fn connected(most_queries: usize) -> Conversation {
    let mut conversation = Conversation::new(most_queries);
    let asked = conversation.receive(connect()).unwrap();
    assert!(matches!(
        asked[..],
        [Asked::Connected {
            max_observed: None,
            ..
        }]
    ));
    conversation
}

fn add(base: u32, ids: &[u32]) -> ClientMessage {
    let changes = ids
        .iter()
        .map(|id| QuerySetChange::Add(query(QueryId(*id))));
    ClientMessage::ModifyQuerySet {
        base_version: base,
        new_version: base + 1,
        changes: changes.collect(),
    }
}

fn value(of: u64) -> Json {
    Json::of(&of).unwrap()
}

fn answer(id: u32, ts: Option<u64>) -> Answer {
    let failed = FunctionError {
        message: "no".to_owned(),
        data: None,
    };
    Answer {
        id: RequestId(id),
        result: ts.map(|_| value(0)).ok_or(failed),
        ts: Timestamp(ts.unwrap_or(0)),
        log_lines: Vec::new(),
    }
}

fn moment(ts: u64, results: &[(u32, u64)]) -> Moment {
    let results = results.iter().map(|(id, of)| Updated {
        id: QueryId(*id),
        result: Ok(value(*of)),
        log_lines: Vec::new(),
        journal: None,
    });
    Moment {
        ts: Timestamp(ts),
        results: results.collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_a_client_is_brought_to_the_present(
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let mut conversation = connected(100);
        let mut database = Database::default();
        let mut client = Client::default();
        let mut watched = BTreeMap::new();
        let (mut query_set, mut identity, mut next, mut mutations) = (0, 0, 0, 0);
        for step in steps.into_iter().chain([Step::Advance(0)]) {
            match step {
                Step::Add(row) => {
                    conversation.receive(add(query_set, &[next])).unwrap();
                    watched.insert(QueryId(next), row);
                    (query_set, next) = (query_set + 1, next + 1);
                }
                Step::Remove(index) => {
                    let Some(id) = watched.keys().nth(index % watched.len().max(1)).copied() else {
                        continue;
                    };
                    watched.remove(&id);
                    let message = ClientMessage::ModifyQuerySet {
                        base_version: query_set,
                        new_version: query_set + 1,
                        changes: vec![QuerySetChange::Remove(id)],
                    };
                    conversation.receive(message).unwrap();
                    query_set += 1;
                }
                Step::Authenticate => {
                    let token = Token::None;
                    let message = ClientMessage::Authenticate { base_version: identity, token };
                    conversation.receive(message).unwrap();
                    identity += 1;
                }
                Step::Mutate(row, fails) => {
                    let message = ClientMessage::Mutation(request(mutations));
                    conversation.receive(message).unwrap();
                    let ts = (!fails).then(|| database.write(row).0);
                    let message = conversation.answered(answer(mutations, ts));
                    client.receive(message.into_iter().collect());
                    mutations += 1;
                }
                Step::Write(row) => {
                    database.write(row);
                }
                Step::Advance(behind) => {
                    prop_assert!(!client.unfollowed || conversation.owed().is_some());
                    let ts = database.now.saturating_sub(behind).max(client.version.ts.0);
                    let results = watched
                        .iter()
                        .map(|(id, row)| (id.0, database.value(*row, Timestamp(ts))));
                    let results: Vec<_> = results.collect();
                    client.receive(conversation.advanced(moment(ts, &results)));
                }
            }
        }
        prop_assert_eq!(conversation.owed(), None);
        let now = Timestamp(database.now);
        prop_assert_eq!(client.version, Version { query_set, identity, ts: now });
        let present: BTreeMap<_, _> =
            watched.into_iter().map(|(id, row)| (id, database.value(row, now))).collect();
        prop_assert_eq!(client.results, present);
        let all: Vec<_> = (0..mutations).map(RequestId).collect();
        prop_assert_eq!(client.answered, all);
    }

    #[test]
    fn pieces_of_a_transition_are_the_whole(text in "\\PC{1,200}", bytes in 1usize..50) {
        let mut whole = String::new();
        let messages = chunks(&text, bytes, "1");
        let count = messages.len() as u32;
        for (index, message) in messages.into_iter().enumerate() {
            let ServerMessage::TransitionChunk { chunk, part, parts, transition } = message else {
                panic!("another message");
            };
            prop_assert_eq!((part, parts, &*transition), (index as u32, count, "1"));
            prop_assert!(chunk.len() <= bytes.max(4));
            whole.push_str(&chunk);
        }
        prop_assert_eq!(whole, text);
    }
}

#[test]
fn several_changes_become_one_transition() {
    let mut conversation = connected(100);
    conversation.receive(add(0, &[0])).unwrap();
    conversation.receive(add(1, &[1, 2])).unwrap();
    assert_eq!(conversation.owed(), Some(Timestamp::ZERO));
    let messages = conversation.advanced(moment(5, &[(0, 1), (1, 1), (2, 1)]));
    let [
        ServerMessage::Transition {
            start,
            end,
            modifications,
            ..
        },
    ] = &*messages
    else {
        panic!("{messages:?}");
    };
    assert_eq!(*start, Version::default());
    assert_eq!((end.query_set, end.identity, end.ts), (2, 0, Timestamp(5)));
    assert_eq!(modifications.len(), 3);
    assert_eq!(conversation.owed(), None);
}

#[test]
fn a_success_is_told_with_the_transition_that_has_its_writes() {
    let mut conversation = connected(100);
    conversation.receive(add(0, &[])).unwrap();
    assert_eq!(conversation.answered(answer(0, Some(7))), None);
    // What comes after it waits too, so that answers come in order.
    assert_eq!(conversation.answered(answer(1, None)), None);
    assert_eq!(conversation.owed(), Some(Timestamp(7)));
    let kinds = |messages: Vec<ServerMessage>| -> Vec<_> {
        let kind = |message: &ServerMessage| match message {
            ServerMessage::MutationResponse { .. } => 'm',
            ServerMessage::Transition { .. } => 't',
            _ => '?',
        };
        messages.iter().map(kind).collect()
    };
    assert_eq!(kinds(conversation.advanced(moment(6, &[]))), ['t']);
    assert_eq!(
        kinds(conversation.advanced(moment(7, &[]))),
        ['m', 'm', 't']
    );
    // A failure is told at once, and has a transition after it all the same.
    assert_eq!(conversation.owed(), None);
    assert!(conversation.answered(answer(2, None)).is_some());
    assert_eq!(conversation.owed(), Some(Timestamp::ZERO));
}

#[test]
fn what_a_client_must_not_do_ends_its_socket() {
    let mut conversation = Conversation::new(2);
    assert_eq!(
        conversation.receive(add(0, &[])),
        Err(Mistake::NotConnected)
    );
    let mistake = |messages: &[ClientMessage]| {
        let mut conversation = connected(2);
        let mut outcomes = messages.iter().map(|m| conversation.receive(m.clone()));
        outcomes.find_map(Result::err).unwrap().to_string()
    };
    assert_eq!(
        mistake(&[add(0, &[1]), add(0, &[2])]),
        "BaseVersionMismatch: the query set is at version 1, not at 0"
    );
    let authenticate = ClientMessage::Authenticate {
        base_version: 1,
        token: Token::None,
    };
    assert_eq!(
        mistake(&[authenticate]),
        "BaseVersionMismatch: the identity is at version 0, not at 1"
    );
    assert_eq!(
        mistake(&[connect()]),
        "ConnectedTwice: `Connect` is the first message of a socket alone"
    );
    assert_eq!(
        mistake(&[add(0, &[1, 1])]),
        "DuplicateQuery: query 1 is there already"
    );
    assert_eq!(
        mistake(&[add(0, &[1, 2, 3])]),
        "TooManyQueries: a socket has at most 2 queries"
    );
    // One alone may be as large as it likes.
    let mut small = connected(3).with_query_bytes(1);
    assert!(small.receive(add(0, &[1])).is_ok());
    let too_large = small.receive(add(1, &[2])).unwrap_err();
    assert_eq!(
        too_large.to_string(),
        "QueriesTooLarge: the queries of a socket have at most 1 bytes together"
    );
    let remove = ClientMessage::ModifyQuerySet {
        base_version: 0,
        new_version: 1,
        changes: vec![QuerySetChange::Remove(QueryId(4))],
    };
    assert_eq!(mistake(&[remove]), "UnknownQuery: there is no query 4");
    assert_eq!(
        Mistake::NotConnected.to_message().to_text(),
        r#"{"type":"FatalError","error":"NotConnected: the first message of a socket is `Connect`"}"#
    );
}

#[test]
fn who_is_refused_is_told_which_identity_it_was() {
    let mut conversation = connected(2);
    let authenticate = |base_version| ClientMessage::Authenticate {
        base_version,
        token: Token::None,
    };
    let base = |message| match message {
        ServerMessage::AuthError {
            base_version,
            update_attempted,
            ..
        } => (base_version, update_attempted),
        other => panic!("{other:?}"),
    };
    conversation.receive(authenticate(0)).unwrap();
    let refused = conversation.refused("no".to_owned(), true);
    assert_eq!(base(refused), (Some(0), Some(true)));
    conversation.advanced(moment(1, &[]));
    let expired = conversation.refused("expired".to_owned(), false);
    assert_eq!(base(expired), (Some(1), Some(false)));
}

#[test]
fn only_clients_of_npm_from_1_28_on_take_pieces() {
    assert!(takes_chunks("1.28.0") && takes_chunks("1.48.0") && takes_chunks("2.0.0-alpha.1"));
    assert!(!takes_chunks("1.27.5") && !takes_chunks("0.30.0") && !takes_chunks(""));
}
