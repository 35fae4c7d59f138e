//! A client, message by message.

use byod_sync::{
    Broken, Client, ClientMessage, Completion, Json, Query, QueryId, QuerySetChange, Request,
    RequestId, SessionId, Subscription, Timestamp, Token,
};
use serde_json::{Value, json};

fn client() -> Client {
    Client::new(SessionId::from_random([9; 16]))
}

fn args(text: &str) -> Json {
    Json::parse(text).unwrap()
}

fn said(client: &mut Client) -> Vec<ClientMessage> {
    std::iter::from_fn(|| client.next_message()).collect()
}

fn ts(ts: u64) -> String {
    Timestamp(ts).to_base64()
}

type At = (u32, u32, u64);

fn transition(start: At, end: At, modifications: &Value) -> String {
    let version = |(query_set, identity, at): At| json!({"querySet": query_set, "identity": identity, "ts": ts(at)});
    json!({
        "type": "Transition",
        "startVersion": version(start),
        "endVersion": version(end),
        "modifications": modifications,
    })
    .to_string()
}

fn updated(id: u32, value: &Value) -> Value {
    json!({"type": "QueryUpdated", "queryId": id, "value": value, "logLines": [], "journal": format!("j{id}")})
}

fn added(message: &ClientMessage) -> Vec<&Query> {
    let ClientMessage::ModifyQuerySet { changes, .. } = message else {
        panic!("{message:?}")
    };
    let added = changes.iter().map(|change| match change {
        QuerySetChange::Add(query) => query,
        QuerySetChange::Remove(id) => panic!("{id:?}"),
    });
    added.collect()
}

fn mutation(client: &mut Client) -> RequestId {
    let id = client.next_request();
    client.mutate(Request {
        id,
        path: "a:write".to_owned(),
        args: args("[{}]"),
        component_path: None,
    });
    id
}

#[test]
fn a_socket_begins_with_all_that_there_is_to_say() {
    let mut client = client();
    client.set_token(Token::User("jwt".to_owned()));
    client.subscribe("a:b", args("[{}]"));
    assert_eq!(said(&mut client), []);
    client.connected(5);
    let messages = said(&mut client);
    let [
        ClientMessage::Connect {
            connection_count: 0,
            last_close_reason: Some(reason),
            max_observed_timestamp: None,
            ..
        },
        ClientMessage::Authenticate {
            base_version: 0, ..
        },
        set,
    ] = &*messages
    else {
        panic!("{messages:?}")
    };
    assert_eq!(reason, "InitialConnect");
    assert_eq!(added(set)[0].journal, None);
    client
        .receive(&transition(
            (0, 0, 0),
            (1, 1, 7),
            &json!([updated(0, &json!(1))]),
        ))
        .unwrap();
    assert!(client.is_confirmed());

    assert!(client.is_current(QueryId(0)));
    client.disconnected("Reset");
    assert!(
        !client.is_current(QueryId(0)),
        "between two sockets none is"
    );
    client.connected(6);
    let messages = said(&mut client);
    let [
        ClientMessage::Connect {
            connection_count: 1,
            last_close_reason: Some(reason),
            max_observed_timestamp,
            ..
        },
        _,
        set,
    ] = &*messages
    else {
        panic!("{messages:?}")
    };
    assert_eq!(
        (&**reason, *max_observed_timestamp),
        ("Reset", Some(Timestamp(7)))
    );
    assert_eq!(
        added(set)[0].journal,
        Some(Some("j0".to_owned())),
        "its page ends where it did"
    );
    assert!(!client.is_confirmed() && !client.is_current(QueryId(0)));
    let again = transition((0, 0, 0), (1, 1, 8), &json!([updated(0, &json!(1))]));
    let received = client.receive(&again).unwrap();
    assert_eq!(
        (received.changed, received.caught_up),
        (vec![], vec![QueryId(0)])
    );
}

#[test]
fn a_journal_of_null_is_one() {
    let mut client = client();
    client.subscribe_to(Subscription {
        path: "a:b".to_owned(),
        args: args("[{}]"),
        component_path: Some("part".to_owned()),
        journal: Some(None),
    });
    client.connected(0);
    let messages = said(&mut client);
    assert!(messages[1].to_text().contains(r#""journal":null"#));
    assert_eq!(
        added(&messages[1])[0].component_path.as_deref(),
        Some("part")
    );
}

#[test]
fn what_came_and_went_is_not_said() {
    let mut client = client();
    client.connected(0);
    said(&mut client);
    let query = client.subscribe("a:b", args("[{}]"));
    assert!(client.unsubscribe(query));
    assert_eq!(said(&mut client), []);
    assert!(!client.unsubscribe(query));
}

#[test]
fn a_mutation_is_over_when_results_are_of_its_time() {
    let mut client = client();
    client.connected(0);
    let id = mutation(&mut client);
    said(&mut client);
    client
        .receive(&transition((0, 0, 0), (1, 0, 1), &json!([])))
        .unwrap();
    let answer = json!({"type": "MutationResponse", "requestId": 0, "success": true, "result": 4, "ts": ts(5), "logLines": []});
    assert_eq!(client.receive(&answer.to_string()).unwrap().completed, []);
    assert_eq!(client.max_observed_timestamp(), Timestamp(5));
    let early = transition((1, 0, 1), (1, 0, 4), &json!([]));
    assert_eq!(client.receive(&early).unwrap().completed, []);

    // It is sent again though it was answered, for nothing has shown what it wrote.
    client.disconnected("Cut");
    client.connected(1);
    assert!(matches!(&said(&mut client)[2], ClientMessage::Mutation(request) if request.id == id));
    let received = client
        .receive(&transition((0, 0, 0), (1, 0, 5), &json!([])))
        .unwrap();
    let done = Completion::Done {
        result: Ok(args("4")),
        ts: Some(Timestamp(5)),
        log_lines: Vec::new(),
    };
    assert_eq!(received.completed, [(id, done)]);
    assert_eq!(client.receive(&answer.to_string()).unwrap().completed, []);
}

#[test]
fn a_mutation_that_fails_is_over_at_once() {
    let mut client = client();
    client.connected(0);
    let id = mutation(&mut client);
    said(&mut client);
    let answer = json!({"type": "MutationResponse", "requestId": 0, "success": false, "result": "no", "ts": null, "logLines": []});
    let completed = client.receive(&answer.to_string()).unwrap().completed;
    assert!(
        matches!(&*completed, [(over, Completion::Done { result: Err(_), ts: None, .. })] if *over == id)
    );
}

#[test]
fn an_action_that_was_sent_is_not_sent_again() {
    let mut client = client();
    client.connected(0);
    let act = |client: &mut Client| {
        let id = client.next_request();
        let path = "a:act".to_owned();
        client.act(Request {
            id,
            path,
            args: args("[{}]"),
            component_path: None,
        });
        id
    };
    let sent = act(&mut client);
    said(&mut client);
    let unsent = act(&mut client);
    assert_eq!(client.disconnected("Cut"), [(sent, Completion::Lost)]);
    client.connected(1);
    assert!(
        matches!(said(&mut client).last(), Some(ClientMessage::Action(request)) if request.id == unsent)
    );
}

#[test]
fn what_is_lost_or_out_of_order_needs_another_socket() {
    let chunk = |part: u32, parts: u32, id: &str| {
        json!({"type": "TransitionChunk", "chunk": "{", "partNumber": part, "totalParts": parts, "transitionId": id}).to_string()
    };
    let ping = r#"{"type":"Ping"}"#.to_owned();
    let other =
        r#"{"type":"ActionResponse","requestId":1,"success":true,"result":1,"logLines":[]}"#;
    let removed = json!([{"type": "QueryRemoved", "queryId": 0}]);
    let unknown = json!([{"type": "QueryMoved", "queryId": 0}]);
    let cases = [
        (
            vec![transition((1, 0, 1), (1, 0, 2), &json!([]))],
            "a transition is missing",
        ),
        (
            vec![transition((0, 0, 0), (2, 0, 2), &json!([]))],
            "a transition to what was never asked for",
        ),
        (
            vec![transition((0, 0, 0), (1, 0, 2), &removed)],
            "the deployment forgot a query that is watched",
        ),
        (
            vec![transition((0, 0, 0), (1, 0, 2), &unknown)],
            "a message can't be read",
        ),
        (vec!["{".to_owned()], "a message can't be read"),
        (
            vec![chunk(1, 2, "a")],
            "pieces of a transition are out of order",
        ),
        (
            vec![chunk(0, 3, "a"), ping.clone(), chunk(0, 3, "a")],
            "pieces of a transition are out of order",
        ),
        (
            vec![chunk(0, 3, "a"), chunk(1, 3, "b")],
            "pieces of a transition are out of order",
        ),
        (
            vec![chunk(0, 3, "a"), chunk(1, 2, "a")],
            "pieces of a transition are out of order",
        ),
        (
            vec![chunk(0, 0, "a")],
            "pieces of a transition are out of order",
        ),
        (
            vec![chunk(0, 3, "a"), other.to_owned()],
            "another message came between pieces of one",
        ),
        (vec![chunk(0, 1, "a")], "pieces make no transition"),
    ];
    for (messages, reason) in cases {
        let mut client = client();
        client.subscribe("a:b", args("[{}]"));
        client.connected(0);
        said(&mut client);
        let (last, before) = messages.split_last().unwrap();
        for message in before {
            client.receive(message).unwrap();
        }
        assert_eq!(client.receive(last), Err(Broken::Reconnect(reason)));
    }
}

#[test]
fn pieces_are_no_larger_than_a_message_may_be() {
    let mut client = client().with_largest_message(10);
    client.connected(0);
    said(&mut client);
    let chunk = |part: u32| {
        json!({"type": "TransitionChunk", "chunk": "123456", "partNumber": part, "totalParts": 9, "transitionId": "a"}).to_string()
    };
    client.receive(&chunk(0)).unwrap();
    let error = client.receive(&chunk(1)).unwrap_err();
    assert_eq!(error, Broken::Reconnect("a transition is too large"));
}

#[test]
fn results_are_no_larger_together_than_they_may_be() {
    let mut client = Client::new(SessionId::from_random([7; 16])).with_largest_results(110);
    let queries = ["a:a", "a:b", "a:c"].map(|path| client.subscribe(path, args("[{}]")));
    client.connected(0);
    said(&mut client);
    let large = json!("x".repeat(46));
    let two = json!([updated(0, &large), updated(1, &large)]);
    client
        .receive(&transition((0, 0, 0), (1, 0, 1), &two))
        .unwrap();
    // In the place of another there is room for it, and for what is short.
    let again = json!([updated(0, &json!("y".repeat(46))), updated(2, &json!(7))]);
    client
        .receive(&transition((1, 0, 1), (1, 0, 2), &again))
        .unwrap();
    let third = json!([updated(2, &large)]);
    let broken = client
        .receive(&transition((1, 0, 2), (1, 0, 3), &third))
        .unwrap_err();
    assert!(matches!(broken, Broken::Reconnect(_)));
    assert!(client.result(queries[0]).is_some() && client.result(queries[2]).is_none());
    // Nor for an error; and there is again where one has ended.
    client.connected(0);
    said(&mut client);
    let failed = json!({"type": "QueryFailed", "queryId": 2, "errorMessage": "z".repeat(48), "logLines": [], "journal": null});
    let failed = transition((0, 0, 0), (1, 0, 4), &json!([failed]));
    assert!(client.receive(&failed).is_err());
    client.unsubscribe(queries[1]);
    client.connected(0);
    said(&mut client);
    client.receive(&failed).unwrap();
    assert!(client.result(queries[2]).is_some());
}

#[test]
fn a_refusal_counts_unless_a_newer_token_was_sent() {
    let refused = |base: Option<u32>, attempted: Option<bool>| {
        json!({"type": "AuthError", "error": "no", "baseVersion": base, "authUpdateAttempted": attempted}).to_string()
    };
    let auth = Err(Broken::Auth("no".to_owned()));
    let connected = || {
        let mut client = client();
        client.set_token(Token::User("old".to_owned()));
        client.connected(0);
        said(&mut client);
        client
    };
    assert_eq!(connected().receive(&refused(Some(0), Some(true))), auth);
    assert_eq!(connected().receive(&refused(None, None)), auth);

    let mut confirmed = connected();
    confirmed
        .receive(&transition((0, 0, 0), (1, 1, 2), &json!([])))
        .unwrap();
    // The token ran out, and a newer one is under way.
    confirmed.set_token(Token::User("new".to_owned()));
    assert!(confirmed.receive(&refused(Some(1), Some(false))).is_ok());
    said(&mut confirmed);
    assert!(confirmed.receive(&refused(Some(0), Some(true))).is_ok());
    assert!(confirmed.receive(&refused(Some(1), Some(false))).is_ok());
    assert_eq!(confirmed.receive(&refused(Some(1), Some(true))), auth);
}

#[test]
fn what_is_not_known_is_passed_over_and_what_is_fatal_said() {
    let mut client = client();
    client.connected(0);
    assert_eq!(
        client.receive(r#"{"type":"Later","more":1}"#),
        Ok(Default::default())
    );
    let fatal = client.receive(r#"{"type":"FatalError","error":"BaseVersionMismatch"}"#);
    assert_eq!(fatal, Err(Broken::Fatal("BaseVersionMismatch".to_owned())));
}

#[test]
fn thousands_of_queries_are_said_in_messages_of_bounded_size() {
    let mut client = client();
    for which in 0..5_000 {
        client.subscribe(
            "a:b",
            Json::of(&[json!({"which": which, "more": "x".repeat(500)})]).unwrap(),
        );
    }
    let id = mutation(&mut client);
    client.connected(0);
    let messages = said(&mut client);
    let texts: Vec<_> = messages.iter().map(ClientMessage::to_text).collect();
    assert!(texts.len() > 3 && texts.iter().all(|text| text.len() < 2 << 20));
    let answer = json!({"type": "MutationResponse", "requestId": id, "success": true, "result": 4, "ts": ts(5), "logLines": []});
    client.receive(&answer.to_string()).unwrap();
    // Of a later time, but not of all queries yet.
    let part = client
        .receive(&transition((0, 0, 0), (1, 0, 6), &json!([])))
        .unwrap();
    assert_eq!(part.completed, []);
    let sets = u32::try_from(texts.len() - 2).unwrap();
    let all = client
        .receive(&transition((1, 0, 6), (sets, 0, 6), &json!([])))
        .unwrap();
    assert_eq!(all.completed.len(), 1);
}

#[test]
fn a_moment_that_was_asked_for_passes_with_a_transition_to_what_asked_for_it() {
    let mut client = client();
    client.subscribe("a:b", args("[{}]"));
    client.connected(5);
    said(&mut client);
    let first = transition((0, 0, 0), (1, 0, 4), &json!([updated(0, &json!(1))]));
    client.receive(&first).unwrap();
    let asked = client.ask_moment();
    let messages = said(&mut client);
    assert!(
        matches!(
            &messages[..],
            [ClientMessage::ModifyQuerySet { base_version: 1, new_version: 2, changes }]
                if changes.is_empty()
        ),
        "{messages:?}"
    );
    assert_eq!(said(&mut client), [], "it is asked for once");
    // One that was on its way says nothing of it.
    client
        .receive(&transition((1, 0, 4), (1, 0, 5), &json!([])))
        .unwrap();
    assert!(client.passed() < asked);
    client
        .receive(&transition((1, 0, 5), (2, 0, 6), &json!([])))
        .unwrap();
    assert_eq!(client.passed(), asked);

    // What a socket was asked and did not answer, the next one is; its first moment is as good as any.
    let asked = client.ask_moment();
    said(&mut client);
    client.disconnected("Cut");
    client.connected(6);
    said(&mut client);
    assert!(client.passed() < asked);
    let first = transition((0, 0, 0), (1, 0, 9), &json!([updated(0, &json!(1))]));
    client.receive(&first).unwrap();
    assert_eq!(client.passed(), asked);
}

#[test]
fn a_socket_is_a_good_one_though_others_are_watched_all_the_time() {
    let mut client = client();
    client.subscribe("a:b", args("[{}]"));
    client.connected(5);
    said(&mut client);
    assert!(!client.has_begun());
    for which in 0..10 {
        // One more is said before the last one was answered.
        client.subscribe("a:b", Json::of(&[which]).unwrap());
        said(&mut client);
        let (version, ts) = (which, u64::from(which));
        let answer = transition((version, 0, ts), (version + 1, 0, ts + 1), &json!([]));
        client.receive(&answer).unwrap();
        assert!(client.has_begun() && !client.is_up_to_date());
        assert_eq!(client.answers(), u64::from(which) + 1);
    }
    // What it tells by itself is no answer.
    client
        .receive(&transition((10, 0, 10), (10, 0, 11), &json!([])))
        .unwrap();
    assert_eq!(client.answers(), 10);
    client.disconnected("Cut");
    assert!(!client.has_begun());
}

#[test]
fn pages_that_end_elsewhere_are_other_queries() {
    let mut client = client();
    let begun = |journal: Option<&str>| Subscription {
        path: "a:page".to_owned(),
        args: args("[{}]"),
        component_path: None,
        journal: journal.map(|journal| Some(journal.to_owned())),
    };
    let plain = client.subscribe_to(begun(None));
    let other = client.subscribe_to(begun(Some("j")));
    assert_ne!(plain, other);
    assert_eq!(client.subscribe_to(begun(Some("j"))), other);
    client.connected(5);
    let messages = said(&mut client);
    let journals: Vec<_> = added(&messages[1])
        .iter()
        .map(|query| query.journal.clone())
        .collect();
    assert_eq!(journals, [None, Some(Some("j".to_owned()))]);
    // One that ends there by now is that one, also after it has ended elsewhere.
    let changes = json!([updated(0, &json!(1)), updated(1, &json!(2))]);
    client
        .receive(&transition((0, 0, 0), (1, 0, 4), &changes))
        .unwrap();
    assert_eq!(client.subscribe_to(begun(Some("j0"))), plain);
    let mut moved = updated(0, &json!(3));
    moved["journal"] = "j9".into();
    client
        .receive(&transition((1, 0, 4), (1, 0, 5), &json!([moved])))
        .unwrap();
    assert_eq!(client.subscribe_to(begun(Some("j0"))), plain);
    for _ in 0..2 {
        assert!(!client.unsubscribe(plain));
    }
    assert!(client.unsubscribe(plain));
    assert_ne!(client.subscribe_to(begun(Some("j0"))), plain);
}

#[test]
fn where_a_page_is_to_end_counts_from_the_start() {
    let mut client = Client::new(SessionId::from_random([7; 16])).with_largest_results(110);
    let page = |end: &str| Subscription {
        path: "a:page".to_owned(),
        args: args("[{}]"),
        component_path: None,
        journal: Some(Some(end.to_owned())),
    };
    let [gone, kept] = ["a longer journal than the first result's", "another"]
        .map(|end| client.subscribe_to(page(end)));
    client.unsubscribe(gone);
    client.connected(0);
    said(&mut client);
    let value = json!([updated(kept.0, &json!(7))]);
    client
        .receive(&transition((0, 0, 0), (1, 0, 1), &value))
        .unwrap();
    assert!(client.result(kept).is_some());
}
