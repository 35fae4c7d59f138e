//! What comes of one more than a gateway allows: of every limit of its settings, how it is set, what a client does then,
//! and what it is told. The others are answered as before.
//!
//! `cargo test --workspace --test across faults::front_end -- --nocapture` prints it as a table.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use byod_gateway::Settings;
use byod_local::{Ctx, FunctionError, Local, Object};
use byod_sync::ClientMessage;
use futures_util::future::BoxFuture;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::gateway::raw::{Heard, Raw};
use crate::gateway::{Gateway, start_with, web};
use crate::support::Service;

/// One limit.
struct Row {
    /// As `Settings` has it.
    limit: &'static str,
    set: fn(Settings) -> Settings,
    /// What is otherwise on main.
    main: fn(Local) -> Local,
    /// One more; what came of it.
    act: for<'a> fn(&'a Gateway) -> BoxFuture<'a, String>,
    told: &'static str,
    /// Whether there is room for others by then.
    others: bool,
}

macro_rules! rows {
    ($($limit:ident, $set:expr, $main:expr, $act:expr => $told:literal, $others:literal;)*) => {
        &[$(Row {
            limit: stringify!($limit),
            set: $set,
            main: $main,
            act: |gateway| Box::pin($act(gateway)),
            told: $told,
            others: $others,
        }),*]
    };
}

const SOON: Duration = Duration::from_millis(300);

/// Enough for whoever does something, on a busy machine as well.
const LATER: Duration = Duration::from_secs(2);

/// The limit, as it is set; what main has otherwise; what a client does => what it is told, and whether others are answered.
#[rustfmt::skip]
const ROWS: &[Row] = rows! {
    sockets, |set| set.sockets(1), same, another_socket => "HTTP 503", true;
    sockets_per_user, |set| set.sockets_per_user(1), same, another_socket_of_alice => "1013 TooManyClients", true;
    sockets_of_nobody, |set| set.sockets_of_nobody(0).authentication_time(LATER), same, is_nobody => "1013 TooManyClients", true;
    queries_per_socket, |set| set.queries_per_socket(2), same, watches_three => "FatalError TooManyQueries: a socket has at most 2 queries", true;
    mutations_per_socket, |set| set.mutations_per_socket(0), same, mutates => "1013 TooManyConcurrentMutations", true;
    actions_per_socket, |set| set.actions_per_socket(0), same, acts => "1013 TooManyConcurrentActions", true;
    mutation_time, |set| set.mutation_time(Duration::from_millis(1)), slow, mutates => "1013 MutationTimedOut", true;
    request_limit, |set| set.request_limit(1), slow, acts_twice => "1013 TooManyBytesWaiting", true;
    request_limit, |set| set.request_limit(1), same, watches_three => "FatalError QueriesTooLarge: the queries of a socket have at most 1 bytes together", true;
    message_limit, |set| set.message_limit(1000), same, says_much => "1009 MessageTooLarge", true;
    message_rate, |set| set.message_rate(5, 1), same, says_often => "1013 TooManyMessages", true;
    token_rate, |set| set.token_rate(1, 0), same, is_alice_twice => "1013 TooManyIdentities", true;
    waiting_limit, |set| set.waiting_limit(1), same, acts => "1013 SlowClient", true;
    send_time, |set| set.send_time(SOON), large, takes_nothing => "the connection is gone", true;
    authentication_time, |set| set.authentication_time(SOON), same, says_nothing => "1013 ConnectTimedOut", true;
    authentication_time, |set| set.authentication_time(LATER), knows_nobody_soon, is_alice => "1013 AuthenticationTimedOut", false;
    silence, |set| set.silence(Duration::ZERO), same, connects => "1000 Inactive", true;
    calls_at_once, |set| set.calls_at_once(0), same, calls => "HTTP 503 TooManyConcurrentRequests", false;
    calls_per_user, |set| set.calls_per_user(1), slow, calls_twice => "HTTP 429 TooManyConcurrentRequests", true;
    calls_of_nobody, |set| set.calls_of_nobody(0), same, calls_as_nobody => "HTTP 503 TooManyConcurrentRequests", true;
    body_limit, |set| set.body_limit(100), same, calls_with_much => "HTTP 413 RequestTooLarge", true;
    body_time, |set| set.body_time(LATER), same, sends_no_body => "HTTP 408 RequestTimedOut", true;
    connects_per_minute, |set| set.connects_per_minute(NonZeroU32::MIN), same, tests_twice => "HTTP 429 rate_limited", true;
    connects_at_once, |set| set.connects_at_once(0), same, asks_how_it_is => "HTTP 503 too_many_requests", true;
    connects_per_user, |set| set.connects_per_user(0), same, asks_how_it_is => "HTTP 429 too_many_requests", false;
    events_per_user, |set| set.events_per_user(1), same, follows_twice => "HTTP 429 too_many_streams", true;
};

fn same(main: Local) -> Local {
    main.function("ai:embed", |_, _| Ok(json!([1.0])))
}

fn slow(main: Local) -> Local {
    fn slowly(_: &mut Ctx<'_>, _: Object) -> Result<Value, FunctionError> {
        std::thread::sleep(LATER);
        Ok(json!([1.0]))
    }
    main.function("ai:embed", slowly)
        .function("shares:create", slowly)
}

/// More than the system's buffers take.
fn large(main: Local) -> Local {
    main.function("shares:list", |_, _| Ok(json!(["x".repeat(12 << 20)])))
}

fn knows_nobody_soon(main: Local) -> Local {
    main.function("byod/credentials:whoAmI", |_, _| {
        std::thread::sleep(2 * LATER);
        Ok(json!(null))
    })
}

async fn open(gateway: &Gateway) -> Raw {
    Raw::open(gateway).await.unwrap()
}

async fn ended(mut raw: Raw) -> String {
    let end = tokio::time::timeout(Duration::from_secs(60), raw.end()).await;
    match end.expect("it ends") {
        Heard::Closed(0, message) => format!("FatalError {message}"),
        Heard::Closed(code, reason) => format!("{code} {reason}"),
        Heard::Gone => "the connection is gone".to_owned(),
        Heard::Message(message) => panic!("{message:?}"),
    }
}

async fn another_socket(gateway: &Gateway) -> String {
    let _first = open(gateway).await;
    let status = Raw::open(gateway).await.err();
    format!("HTTP {}", status.unwrap())
}

async fn another_socket_of_alice(gateway: &Gateway) -> String {
    let mut first = open(gateway).await;
    first.is("alice", &gateway.alices_token).await;
    first.watch(&["shares:list"]).await;
    first.until("QueryUpdated").await;
    is_alice(gateway).await
}

async fn is_alice(gateway: &Gateway) -> String {
    let mut raw = open(gateway).await;
    raw.is("alice", &gateway.alices_token).await;
    ended(raw).await
}

async fn is_alice_twice(gateway: &Gateway) -> String {
    let mut raw = open(gateway).await;
    raw.is("alice", &gateway.alices_token).await;
    raw.is("alice", &gateway.alices_token).await;
    ended(raw).await
}

async fn is_nobody(gateway: &Gateway) -> String {
    let mut raw = open(gateway).await;
    raw.watch(&["shares:list"]).await;
    ended(raw).await
}

async fn connects(gateway: &Gateway) -> String {
    ended(open(gateway).await).await
}

async fn says_nothing(gateway: &Gateway) -> String {
    let address = gateway.url.trim_start_matches("http://");
    ended(Raw::silent(address).await.unwrap()).await
}

async fn watches_three(gateway: &Gateway) -> String {
    let mut raw = open(gateway).await;
    raw.watch(&["a:a", "b:b", "c:c"]).await;
    ended(raw).await
}

async fn mutates(gateway: &Gateway) -> String {
    let mut raw = open(gateway).await;
    let share = json!({"conversationId": "c", "title": "T", "messages": []});
    raw.mutate("shares:create", share).await;
    ended(raw).await
}

async fn acts(gateway: &Gateway) -> String {
    let mut raw = open(gateway).await;
    raw.act("ai:embed", json!({"text": "T"})).await;
    ended(raw).await
}

async fn acts_twice(gateway: &Gateway) -> String {
    let mut raw = open(gateway).await;
    raw.act("ai:embed", json!({"text": "T"})).await;
    raw.act("ai:embed", json!({"text": "T"})).await;
    ended(raw).await
}

async fn says_much(gateway: &Gateway) -> String {
    let mut raw = open(gateway).await;
    raw.act("a:a", json!({"text": "x".repeat(2000)})).await;
    ended(raw).await
}

async fn says_often(gateway: &Gateway) -> String {
    let mut raw = open(gateway).await;
    for _ in 0..6 {
        raw.say(ClientMessage::Event).await;
    }
    ended(raw).await
}

async fn takes_nothing(gateway: &Gateway) -> String {
    let mut raw = Raw::narrow(gateway).await;
    raw.is("alice", &gateway.alices_token).await;
    raw.watch(&["shares:list"]).await;
    // It takes a while until that much is here.
    tokio::time::sleep(Duration::from_secs(10)).await;
    ended(raw).await
}

async fn refused(response: Response) -> String {
    let status = response.status().as_u16();
    let retry = response.headers().contains_key("retry-after");
    assert!(retry || !matches!(status, 429 | 503), "{status}");
    let answer: Value = response.json().await.unwrap();
    let text = |name: &str| answer[name].as_str();
    // Convex's way of saying it, or that of problems.
    assert!(text("message").or(text("detail")).is_some(), "{answer}");
    format!("HTTP {status} {}", text("code").unwrap())
}

async fn call(gateway: &Gateway, what: &str, token: &str, body: &Value) -> Response {
    let url = format!("{}/{what}", gateway.url);
    let request = web().post(url).bearer_auth(token).json(body);
    request.send().await.unwrap()
}

async fn calls(gateway: &Gateway) -> String {
    let list = json!({"path": "shares:list", "args": {}});
    refused(call(gateway, "api/query", &gateway.alices_token, &list).await).await
}

async fn calls_twice(gateway: &Gateway) -> String {
    let embed = json!({"path": "ai:embed", "args": {"text": "T"}});
    let token = &gateway.alices_token;
    let (one, other) = tokio::join!(
        call(gateway, "api/action", token, &embed),
        call(gateway, "api/action", token, &embed),
    );
    let (answered, more) = match one.status().as_u16() {
        200 => (one, other),
        _ => (other, one),
    };
    assert_eq!(answered.status(), 200);
    refused(more).await
}

async fn calls_as_nobody(gateway: &Gateway) -> String {
    let list = json!({"path": "shares:list", "args": {}});
    let url = format!("{}/api/query", gateway.url);
    refused(web().post(url).json(&list).send().await.unwrap()).await
}

async fn calls_with_much(gateway: &Gateway) -> String {
    let much = json!({"path": "a:a", "args": {"text": "x".repeat(200)}});
    refused(call(gateway, "api/query", &gateway.alices_token, &much).await).await
}

async fn sends_no_body(gateway: &Gateway) -> String {
    let (host, path) = gateway.url["http://".len()..].split_once('/').unwrap();
    let mut slow = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /{path}/api/query HTTP/1.1\r\nhost: {host}\r\ncontent-length: 10\r\nconnection: close\r\n\r\n{{"
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut heard = String::new();
    slow.read_to_string(&mut heard).await.unwrap();
    let status = heard.split(' ').nth(1).unwrap_or_default();
    let body: Value = serde_json::from_str(heard.lines().last().unwrap_or_default()).unwrap();
    format!("HTTP {status} {}", body["code"].as_str().unwrap())
}

async fn tests_twice(gateway: &Gateway) -> String {
    let token = &gateway.alices_token;
    let first = call(gateway, "byod/test", token, &json!({})).await;
    assert_eq!(first.status(), 404, "she has none");
    refused(call(gateway, "byod/test", token, &json!({})).await).await
}

async fn asks_how_it_is(gateway: &Gateway) -> String {
    let url = format!("{}/byod/status", gateway.url);
    let status = web().get(url).bearer_auth(&gateway.alices_token);
    refused(status.send().await.unwrap()).await
}

async fn follows_twice(gateway: &Gateway) -> String {
    let url = format!("{}/byod/events", gateway.url);
    let open = || web().get(&url).bearer_auth(&gateway.alices_token).send();
    let _first = open().await.unwrap();
    refused(open().await.unwrap()).await
}

/// What comes of a row, and of Bob meanwhile.
async fn outcome(row: &Row) -> String {
    let service = Service::with(|mut setup| {
        setup.byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup.main = (row.main)(setup.main);
        setup
    });
    let gateway = start_with(service.await, row.set).await;
    let told = (row.act)(&gateway).await;
    if row.others {
        let list = json!({"path": "conversations:list", "args": {}});
        let others = call(&gateway, "api/query", &gateway.bobs_token, &list).await;
        assert_eq!(others.status(), 200, "{}: Bob", row.limit);
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn one_more_than_a_gateway_allows_is_told_so_and_others_are_answered() {
    println!("{:<22} one more", "limit");
    let mut wrong = Vec::new();
    for row in ROWS {
        let told = outcome(row).await;
        println!("{:<22} {told}", row.limit);
        if told != row.told {
            wrong.push(format!("{}: {told}, not {}", row.limit, row.told));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_limit_of_the_book_has_a_row_and_a_flag() {
    let book = include_str!("../../docs/front-end.md");
    let (_, limits) = book.split_once("| `Settings` |").unwrap();
    let (limits, _) = limits.split_once("\n\n").unwrap();
    let rows = limits.lines().filter_map(|line| line.strip_prefix("| `"));
    let names = rows.map(|row| {
        let (name, rest) = row.split_once('`').unwrap();
        let flag = format!(" (`--{}`)", name.replace('_', "-"));
        assert!(rest.starts_with(&flag), "{name}: its flag is missing");
        name
    });
    let limits: BTreeSet<_> = names.collect();
    let rows = ROWS.iter().map(|row| row.limit);
    assert_eq!(rows.collect::<BTreeSet<_>>(), limits);
}
