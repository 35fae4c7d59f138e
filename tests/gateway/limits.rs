//! What a gateway allows, and what comes of one more.

use std::time::Duration;

use byod_gateway::Settings;
use byod_local::LocalDeployment;
use byod_runtime::Credentials;
use byod_sync::{ClientMessage, Token};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::raw::{Heard, Raw};
use super::{Gateway, start, start_with, web};
use crate::support::{Service, Setup};

async fn service() -> Service {
    Service::with(|mut setup| {
        setup.byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup
    })
    .await
}

async fn limited(set: impl FnOnce(Settings) -> Settings) -> Gateway {
    start_with(service().await, set).await
}

fn closed(code: u16, reason: &str) -> Heard {
    Heard::Closed(code, reason.to_owned())
}

#[tokio::test]
async fn one_more_ends_the_socket_and_says_why() {
    // The limit, as it is set, what the client does, and how its socket ends.
    type Set = fn(Settings) -> Settings;
    let rows: [(&str, Set, u16, &str); 6] = [
        (
            "queries",
            |set| set.queries_per_socket(2),
            0,
            "TooManyQueries: a socket has at most 2 queries",
        ),
        (
            "size",
            |set| set.message_limit(1000),
            1009,
            "MessageTooLarge",
        ),
        (
            "rate",
            |set| set.message_rate(5, 1),
            1013,
            "TooManyMessages",
        ),
        ("waiting", |set| set.waiting_limit(1), 1013, "SlowClient"),
        (
            "authentication",
            |set| set.authentication_time(Duration::ZERO),
            1013,
            "AuthenticationTimedOut",
        ),
        (
            "silence",
            |set| set.silence(Duration::ZERO),
            1000,
            "Inactive",
        ),
    ];
    for (limit, set, code, reason) in rows {
        let gateway = limited(set).await;
        let mut raw = Raw::open(&gateway).await.unwrap();
        match limit {
            "queries" => raw.watch(&["a:a", "b:b", "c:c"]).await,
            "size" => raw.act("a:a", json!({"text": "x".repeat(2000)})).await,
            "rate" => {
                for _ in 0..6 {
                    raw.say(ClientMessage::Event).await;
                }
            }
            "waiting" => raw.act("ai:embed", json!({})).await,
            "authentication" => raw.is(&gateway.alices_token).await,
            _ => {}
        }
        assert_eq!(raw.end().await, closed(code, reason), "{limit}");
    }
}

#[tokio::test]
async fn there_are_so_many_sockets_and_closing_one_makes_room() {
    let gateway = limited(|set| set.sockets(2).sockets_per_user(1)).await;
    let mut alices = Raw::open(&gateway).await.unwrap();
    alices.is(&gateway.alices_token).await;
    alices.watch(&["conversations:list"]).await;
    alices.until("QueryUpdated").await;
    // Of each user …
    let mut second = Raw::open(&gateway).await.unwrap();
    second.is(&gateway.alices_token).await;
    assert_eq!(second.end().await, closed(1013, "TooManyClients"));
    drop(second);
    // … and in all. Where one has gone shows a moment later.
    let mut bobs = loop {
        match Raw::open(&gateway).await {
            Ok(bobs) => break bobs,
            Err(status) => assert_eq!(status, 503),
        }
    };
    bobs.is(&gateway.bobs_token).await;
    bobs.watch(&["conversations:list"]).await;
    bobs.until("QueryUpdated").await;
    assert_eq!(Raw::open(&gateway).await.err(), Some(503));
}

#[tokio::test]
async fn calls_over_http_are_bounded_in_number_and_in_size_and_refused_as_convex_does_it() {
    for (set, status, code) in [
        (
            (|set| set.calls_at_once(0)) as fn(Settings) -> Settings,
            503,
            "TooManyConcurrentRequests",
        ),
        (|set| set.body_limit(100), 413, "RequestTooLarge"),
    ] {
        let gateway = limited(set).await;
        let body = json!({"path": "a:a", "args": {"text": "x".repeat(200)}});
        let url = format!("{}/api/query", gateway.url);
        let answer = web().post(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["code"], code);
        assert!(answer["message"].is_string());
    }
}

#[tokio::test]
async fn who_sends_no_body_holds_no_place_of_the_calls_and_is_told_in_time() {
    let gateway = limited(|set| set.calls_at_once(1).body_time(Duration::from_secs(1))).await;
    let (host, path) = gateway.url["http://".len()..].split_once('/').unwrap();
    let mut slow = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /{path}/api/query HTTP/1.1\r\nhost: {host}\r\ncontent-length: 10\r\nconnection: close\r\n\r\n{{"
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let body = json!({"path": "conversations:list", "args": {}});
    let call = web()
        .post(format!("{}/api/query", gateway.url))
        .bearer_auth(&gateway.bobs_token)
        .json(&body);
    let answer: Value = call.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["status"], "success", "{answer}");
    let mut heard = String::new();
    slow.read_to_string(&mut heard).await.unwrap();
    assert!(
        heard.starts_with("HTTP/1.1 408") && heard.contains("RequestTimedOut"),
        "{heard}"
    );
}

#[tokio::test]
async fn a_deploy_key_is_nobodys_on_a_socket() {
    let gateway = start(service().await).await;
    let mut raw = Raw::open(&gateway).await.unwrap();
    raw.say(ClientMessage::Authenticate {
        base_version: 0,
        token: Token::Admin {
            key: gateway.service.main.deploy_key(),
            impersonating: None,
        },
    })
    .await;
    let refused = raw.until("AuthError").await;
    assert!(refused.contains("no deploy keys"), "{refused}");
}

#[tokio::test]
async fn queries_of_one_moment_are_mains_and_the_users_deployment_is_asked_as_it_is() {
    let service = service().await;
    service
        .save(byod_runtime::ConnectionStatus::Connected)
        .await;
    let gateway = start(service).await;
    let post = async |what: &str, token: &str, body: Value| -> Value {
        let url = format!("{}/api/{what}", gateway.url);
        let request = web().post(url).bearer_auth(token).json(&body);
        request.send().await.unwrap().json().await.unwrap()
    };
    let Gateway {
        alices_token,
        bobs_token,
        ..
    } = &gateway;
    let moment = post("query_ts", alices_token, json!({})).await;
    let ts = &moment["ts"];
    for token in [alices_token, bobs_token] {
        let create = json!({"path": "conversations:create", "args": {"title": "T", "model": "m"}});
        let made = post("mutation", token, create).await;
        assert_eq!(made["status"], "success", "{made}");
    }
    let list = json!({"path": "conversations:list", "args": {}, "ts": ts});
    let count = |answer: Value| answer["value"].as_array().unwrap().len();
    let bobs = post("query_at_ts", bobs_token, list.clone()).await;
    assert_eq!(count(bobs), 0, "as it was on main");
    let alices = post("query_at_ts", alices_token, list).await;
    assert_eq!(count(alices), 1, "as it is on hers");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_up_on_a_socket_is_followed_from_then_on() {
    let gateway = start(service().await).await;
    let Service {
        main, alices, byod, ..
    } = &gateway.service;
    let mut raw = Raw::open(&gateway).await.unwrap();
    raw.is(&main.token("carol").unwrap()).await;
    raw.watch(&["conversations:list"]).await;
    raw.until("QueryFailed").await;
    // As a mutation that signs up does it; the next one is the first that changes anything in her name.
    let carol = json!({
        "subject": "carol", "name": "Carol", "email": "carol@example.org", "createdAt": 0.0, "updatedAt": 0.0,
    });
    let carol = main.insert("users", carol).unwrap();
    let share = json!({"conversationId": "c", "title": "T", "messages": []});
    raw.mutate("shares:create", share).await;
    raw.until("MutationResponse").await;
    // She connects a deployment: without another token, her queries go there.
    let credentials = Credentials::new(alices.url(), alices.deploy_key());
    byod.connect(&*carol, "carol", &credentials).await.unwrap();
    let hers = json!({
        "title": "hers", "userId": "carol", "model": "m", "createdAt": 0.0, "updatedAt": 0.0,
    });
    alices.insert("conversations", hers).unwrap();
    raw.until("hers").await;
}

/// As a webhook of the auth provider signs her up: nothing is heard of it here.
async fn carol_signs_up_and_connects(gateway: &Gateway) {
    let Service {
        main, alices, byod, ..
    } = &gateway.service;
    let carol = json!({
        "subject": "carol", "name": "Carol", "email": "carol@example.org", "createdAt": 0.0, "updatedAt": 0.0,
    });
    let carol = main.insert("users", carol).unwrap();
    let credentials = Credentials::new(alices.url(), alices.deploy_key());
    byod.connect(&*carol, "carol", &credentials).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_who_signed_up_elsewhere_is_not_written_to_main() {
    let gateway = start(service().await).await;
    let Service { main, alices, .. } = &gateway.service;
    let mut raw = Raw::open(&gateway).await.unwrap();
    raw.is(&main.token("carol").unwrap()).await;
    raw.watch(&["conversations:list"]).await;
    raw.until("QueryFailed").await;
    carol_signs_up_and_connects(&gateway).await;
    let conversation = json!({"title": "hers", "model": "m"});
    raw.mutate("conversations:create", conversation).await;
    // Her queries are there by then, too.
    raw.until("hers").await;
    let count = |deployment: &LocalDeployment| deployment.count("conversations");
    assert_eq!((count(main), count(alices)), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_up_by_an_action_is_followed_from_then_on() {
    let signs_up = |mut setup: Setup| {
        setup.byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup.main = setup.main.function("ai:embed", |_, _| Ok(json!([1.0])));
        setup
    };
    let gateway = start(Service::with(signs_up).await).await;
    let mut raw = Raw::open(&gateway).await.unwrap();
    raw.is(&gateway.service.main.token("carol").unwrap()).await;
    raw.watch(&["conversations:list"]).await;
    raw.until("QueryFailed").await;
    carol_signs_up_and_connects(&gateway).await;
    raw.act("ai:embed", json!({"text": "T"})).await;
    raw.until("QueryUpdated").await;
}
