//! What a gateway allows, and what comes of one more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use byod_gateway::{Caller, Resolve, Settings};
use byod_local::LocalDeployment;
use byod_runtime::{Byod, Credentials, Error};
use byod_sync::{ClientMessage, Token};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::raw::{Heard, MARKS, Raw};
use super::{Gateway, start, start_with, web};
use crate::support::{Service, Setup};

async fn service() -> Service {
    let service = Service::with(|mut setup| {
        setup.byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup
    });
    let service = service.await;
    // Whoever is told any of it whose it isn't has been told too much.
    let ids = [&service.alice_id, &service.bob_id];
    for ((_, mark), user) in MARKS.into_iter().zip(ids) {
        let title = format!("{mark} plans");
        let theirs = json!({
            "title": title, "userId": user, "model": "m", "createdAt": 0.0, "updatedAt": 0.0,
        });
        service.main.insert("conversations", theirs).unwrap();
    }
    service
}

/// How many conversations there are beside those of before.
fn count(deployment: &LocalDeployment) -> usize {
    let all = deployment.documents("conversations");
    let is_of_before = |title: &str| MARKS.iter().any(|(_, mark)| title.starts_with(mark));
    let new = all
        .iter()
        .filter(|one| !one.str("title").is_some_and(is_of_before));
    new.count()
}

async fn limited(set: impl FnOnce(Settings) -> Settings) -> Gateway {
    start_with(service().await, set).await
}

fn closed(code: u16, reason: &str) -> Heard {
    Heard::Closed(code, reason.to_owned())
}

#[tokio::test]
async fn there_are_so_many_sockets_and_closing_one_makes_room() {
    let gateway = limited(|set| set.sockets(2).sockets_per_user(1)).await;
    let mut alices = Raw::open(&gateway).await.unwrap();
    alices.is("alice", &gateway.alices_token).await;
    alices.watch(&["conversations:list"]).await;
    alices.until("QueryUpdated").await;
    // Of each user …
    let mut second = Raw::open(&gateway).await.unwrap();
    second.is("alice", &gateway.alices_token).await;
    assert_eq!(second.end().await, closed(1013, "TooManyClients"));
    drop(second);
    // … and in all. Where one has gone shows a moment later.
    let mut bobs = loop {
        match Raw::open(&gateway).await {
            Ok(bobs) => break bobs,
            Err(status) => assert_eq!(status, 503),
        }
    };
    bobs.is("bob", &gateway.bobs_token).await;
    bobs.watch(&["conversations:list"]).await;
    bobs.until("QueryUpdated").await;
    assert_eq!(Raw::open(&gateway).await.err(), Some(503));
}

#[tokio::test]
async fn who_is_nobody_leaves_sockets_to_users() {
    let time = Duration::from_secs(2);
    let set = |set: Settings| set.sockets_of_nobody(1).authentication_time(time);
    let gateway = limited(set).await;
    let mut one = Raw::open(&gateway).await.unwrap();
    let mut other = Raw::open(&gateway).await.unwrap();
    let mut alices = Raw::open(&gateway).await.unwrap();
    alices.is("alice", &gateway.alices_token).await;
    alices.watch(&["conversations:list"]).await;
    alices.until("ALICES plans").await;
    let ended = tokio::select! {
        ended = one.end() => ended,
        ended = other.end() => ended,
    };
    assert_eq!(ended, closed(1013, "TooManyClients"));
    // Whoever is a user has a place, then and later.
    let mut bobs = Raw::open(&gateway).await.unwrap();
    bobs.is("bob", &gateway.bobs_token).await;
    bobs.watch(&["conversations:list"]).await;
    bobs.until("BOBS plans").await;
    for socket in [&mut alices, &mut bobs] {
        let silent = tokio::time::timeout(2 * time, socket.hear()).await;
        assert!(silent.is_err(), "{silent:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_that_began_before_another_token_is_told_with_what_it_wrote() {
    let service = Service::with(|mut setup| {
        setup.byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup.main = setup.main.function("conversations:create", |ctx, args| {
            std::thread::sleep(Duration::from_millis(500));
            let user = ctx.user("users")?;
            let conversation = json!({
                "title": args.str("title"), "userId": user.id(), "model": "m",
                "createdAt": 0.0, "updatedAt": 0.0,
            });
            ctx.insert("conversations", conversation)
        });
        setup
    });
    let gateway = start(service.await).await;
    let mut raw = Raw::open(&gateway).await.unwrap();
    raw.is("bob", &gateway.bobs_token).await;
    raw.watch(&["conversations:list"]).await;
    raw.until("QueryUpdated").await;
    let slow = json!({"title": "BOBS slow one", "model": "m"});
    raw.mutate("conversations:create", slow).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    raw.is("bob", &gateway.lasting_token("bob")).await;
    let mut seen = false;
    let mut answered = false;
    while !answered || !seen {
        let message = raw.until("\"type\"").await;
        seen |= message.contains("BOBS slow one");
        // The first after the answer is taken to have what was written.
        assert!(!answered || seen, "{message}");
        answered |= message.contains("MutationResponse");
    }
}

#[tokio::test]
async fn each_user_has_so_many_calls_at_once_and_others_have_theirs() {
    let gateway = limited(|set| set.calls_per_user(0)).await;
    let body = json!({"path": "conversations:list", "args": {}});
    let url = format!("{}/api/query", gateway.url);
    for token in [&gateway.alices_token, &gateway.bobs_token] {
        let call = web().post(&url).bearer_auth(token).json(&body);
        assert_eq!(call.send().await.unwrap().status(), 429);
    }
    // Who is nobody has places of their own.
    let call = web().post(&url).json(&body).send().await.unwrap();
    assert_ne!(call.status(), 429);
}

/// Of requests about one's own deployment, of all and of one user.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_holds_a_place_until_they_are_answered_or_leave() {
    type Set = fn(Settings) -> Settings;
    let limits: [(Set, u16); 2] = [
        (|set| set.connects_at_once(1), 503),
        (|set| set.connects_per_user(1), 429),
    ];
    for (set, status) in limits {
        let is_slow = Arc::new(AtomicBool::new(false));
        let is_asked = Arc::new(AtomicBool::new(false));
        let (slow, asked) = (is_slow.clone(), is_asked.clone());
        let service = Service::with(|mut setup| {
            let read = "byod/credentials:getConfigInternal";
            setup.main = setup.main.function(read, move |_, _| {
                tokio::task::block_in_place(|| {
                    while slow.load(Ordering::Relaxed) {
                        asked.store(true, Ordering::Relaxed);
                        std::thread::sleep(Duration::from_millis(10));
                    }
                });
                Ok(Value::Null)
            });
            setup
        });
        let service = service.await;
        let alice = Alice(Caller {
            user_id: service.alice_id.as_str().into(),
            subject: "alice".into(),
        });
        let gateway = start_with(service, |all| set(all).resolve_with(alice)).await;
        let ask = || {
            let url = format!("{}/byod/status", gateway.url);
            let asked = web().get(url).bearer_auth("alice").send();
            async { asked.await.unwrap().status().as_u16() }
        };
        is_slow.store(true, Ordering::Relaxed);
        let first = tokio::spawn(ask());
        while !is_asked.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let second = tokio::time::timeout(Duration::from_secs(30), ask()).await;
        first.abort();
        is_slow.store(false, Ordering::Relaxed);
        assert_eq!(second.ok(), Some(status), "at once");
        let answered = async {
            while ask().await != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let answered = tokio::time::timeout(Duration::from_secs(60), answered);
        answered.await.expect("who leaves makes room");
    }
}

/// Says who calls while main answers nobody.
#[derive(Debug)]
struct Alice(Caller);

impl Resolve for Alice {
    fn resolve<'a>(
        &'a self,
        _: &'a Byod,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Option<Caller>, Error>> {
        async { Ok(Some(self.0.clone())) }.boxed()
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
    assert!(bobs.to_string().contains("BOBS") && !bobs.to_string().contains("ALICES"));
    assert_eq!(count(bobs), 1, "as it was on main");
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
    raw.is("carol", &main.token("carol").unwrap()).await;
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
    raw.is("carol", &main.token("carol").unwrap()).await;
    raw.watch(&["conversations:list"]).await;
    raw.until("QueryFailed").await;
    carol_signs_up_and_connects(&gateway).await;
    let conversation = json!({"title": "hers", "model": "m"});
    raw.mutate("conversations:create", conversation).await;
    // Her queries are there by then, too.
    raw.until("hers").await;
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
    raw.is("carol", &gateway.service.main.token("carol").unwrap())
        .await;
    raw.watch(&["conversations:list"]).await;
    raw.until("QueryFailed").await;
    carol_signs_up_and_connects(&gateway).await;
    raw.act("ai:embed", json!({"text": "T"})).await;
    raw.until("QueryUpdated").await;
}
