//! What a call may cost, and how often it is sent.

// Linux alone has a whole network of addresses that are this machine.
#[cfg(target_os = "linux")]
#[path = "limits/silent.rs"]
mod silent;

use std::future::{Future, IntoFuture as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::world::{World, create, encryption_key, list};
use crate::support::{Reply, Server, slow_way_to, success, tls, until};
use byod_runtime::{Byod, ByodBuilder, Client, ConnectionStatus, Error, Outcome};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

fn overloaded(retry_after: &str) -> Reply {
    let body = r#"{"code": "Overloaded", "message": ""}"#;
    let length = body.len();
    let head = format!("HTTP/1.1 503 X\r\nretry-after: {retry_after}\r\ncontent-length: {length}");
    Reply::Bytes(format!("{head}\r\n\r\n{body}").into())
}

/// A server that fails this often before it answers.
async fn failing(times: usize, failure: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        count if count < times => failure(),
        _ => success(json!("done")),
    })
    .await
}

async fn connected(configure: impl FnOnce(ByodBuilder) -> ByodBuilder) -> World {
    let world = World::with(configure).await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world
}

#[tokio::test]
async fn a_query_is_sent_again_and_a_mutation_only_if_it_did_not_run() {
    let plain = || Reply::Status(503, String::new());
    let server = failing(3, plain).await;
    let client = Client::new(&server.url).unwrap();
    let value: String = client.query("a:b", &json!({})).await.unwrap();
    assert_eq!((value.as_str(), server.take_count()), ("done", 4));

    let server = failing(4, plain).await;
    let client = Client::new(&server.url).unwrap();
    let error = client.query::<String>("a:b", &json!({})).await.unwrap_err();
    assert!(matches!(error, Error::Status { .. }), "{error}");
    assert_eq!(server.take_count(), 4, "three retries are the default");

    let server = failing(1, plain).await;
    let client = Client::new(&server.url).unwrap();
    let sent = client.mutation::<String>("a:b", &json!({})).await;
    assert_eq!(sent.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(server.take_count(), 1);

    let rejected = || {
        let body = json!({"code": "RejectedBeforeExecution", "message": ""});
        Reply::Status(503, body.to_string())
    };
    let server = failing(1, rejected).await;
    let client = Client::new(&server.url).unwrap();
    let value: String = client.mutation("a:b", &json!({})).await.unwrap();
    assert_eq!((value.as_str(), server.take_count()), ("done", 2));
}

#[tokio::test]
async fn a_batch_is_sent_again() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::Status(503, String::new()),
        _ => Reply::Status(
            200,
            json!({"results": [{"status": "success", "value": 7}]}).to_string(),
        ),
    })
    .await;
    let client = Client::new(&server.url).unwrap();
    let queries = [("a:b", json!({}))];
    let results = client.query_batch::<u8>(&queries).await.unwrap();
    assert_eq!(*results[0].as_ref().unwrap(), 7);
    assert_eq!(server.take_count(), 2);
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let server = failing(1, || overloaded("1")).await;
    // The pause that is asked for doesn't fit into the time, one of its own would.
    let short = Client::new(&server.url)
        .unwrap()
        .with_timeout(Duration::from_millis(900));
    let error = short.query::<String>("a:b", &json!({})).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    assert_eq!(server.take_count(), 1);

    let server = failing(1, || overloaded("1")).await;
    let client = Client::new(&server.url).unwrap();
    let value: String = client.query("a:b", &json!({})).await.unwrap();
    assert_eq!((value.as_str(), server.take_count()), ("done", 2));

    // A date that has passed asks for no pause.
    let server = failing(1, || overloaded("Sun, 06 Nov 1994 08:49:37 GMT")).await;
    let client = Client::new(&server.url).unwrap();
    let value: String = client.query("a:b", &json!({})).await.unwrap();
    assert_eq!((value.as_str(), server.take_count()), ("done", 2));
}

#[tokio::test]
async fn a_pause_beyond_the_time_limit_is_not_waited_for() {
    let server = failing(1, || overloaded("3600")).await;
    let client = Client::new(&server.url).unwrap();
    let args = json!({});
    let call = client.query::<String>("a:b", &args);
    let error = tokio::time::timeout(Duration::from_secs(20), call).await;
    let error = error.unwrap().unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(server.take_count(), 1);
}

#[tokio::test]
async fn a_call_has_limits_of_its_own() {
    let world = connected(|byod| byod.retries(3)).await;
    let session = world.session("a");
    list(&session).await.unwrap();
    world.cost();

    let small = list(&session).answer_limit(10).await.unwrap_err();
    assert!(
        matches!(small, Error::TooLarge { limit: 10, .. }),
        "{small}"
    );
    list(&session).await.unwrap();
    world.cost();

    world.at_users.status(503);
    list(&session).retries(1).await.unwrap_err();
    assert_eq!(world.cost(), (0, 2));
    list(&session).retries(0).await.unwrap_err();
    assert_eq!(world.cost(), (0, 1));

    world.at_users.set(|_| Some(Reply::Hang));
    let limit = Duration::from_millis(50);
    let error = create(&session).timeout(limit).await.unwrap_err();
    let Error::Timeout { limit: passed, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*passed, limit);
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn a_client_has_limits_of_its_own() {
    let server = Server::start(|_| success(json!("0123456789"))).await;
    let client = Client::new(&server.url).unwrap();
    let small = client.with_answer_limit(20);
    let error = small.query::<String>("a:b", &json!({})).await.unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { limit: 20, .. }),
        "{error}"
    );
    let silent = Server::start(|_| Reply::Hang).await;
    let limit = Duration::from_millis(50);
    let short = Client::new(&silent.url).unwrap().with_timeout(limit);
    let error = short.query::<String>("a:b", &json!({})).await.unwrap_err();
    assert!(
        matches!(error, Error::Timeout { limit: passed, .. } if passed == limit),
        "{error}"
    );
}

/// The URL of a server that takes connections, and then never says a word of TLS.
async fn mute() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let held = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok(connection) = listener.accept().await {
            connections.push(connection);
        }
    });
    (format!("https://localhost:{port}"), held)
}

/// The limit that a call without a connection ends with, surely without being sent.
async fn ended(call: impl Future<Output = Result<String, Error>>) -> Duration {
    // Far beyond the limit: that it ends at all is what counts.
    let error = tokio::time::timeout(Duration::from_secs(20), call).await;
    let error = error.unwrap().unwrap_err();
    let Error::Timeout {
        limit,
        connecting: true,
        ..
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    limit
}

#[tokio::test]
async fn a_call_has_its_own_limit_on_connecting() {
    let world = connected(|byod| byod.retries(0).failure_threshold(1)).await;
    let (url, _mute) = mute().await;
    let connected = ConnectionStatus::Connected;
    world.save_at("a", &url, "local|key", connected).await;
    let session = world.session("a");
    let own = Duration::from_millis(50);
    let query = list(&session).connect_timeout(own);
    assert_eq!(ended(query.into_future()).await, own);
    let mutation = create(&session).connect_timeout(own);
    assert_eq!(ended(mutation.into_future()).await, own);
    let batch = session.batch((list(&session).connect_timeout(own),));
    let batch = async { batch.await.map(|(value,)| value) };
    assert_eq!(ended(Box::pin(batch)).await, own);
    // Who is in a hurry says nothing about the deployment.
    assert_eq!(world.field("a", "connectionStatus"), "connected");

    let client = Client::new(&url).unwrap().with_retries(0);
    let short = client.with_connect_timeout(own);
    let call = async move { short.query("a:b", &json!({})).await };
    assert_eq!(ended(Box::pin(call)).await, own);
    // The limit on the whole call comes first: still, nothing was sent.
    let short = client.with_timeout(own);
    let call = async move { short.query("a:b", &json!({})).await };
    assert_eq!(ended(Box::pin(call)).await, own);
}

#[tokio::test]
async fn calls_that_connect_at_once_have_a_limit_each() {
    let (server, pem) = tls::server("localhost", |_| success(json!("done"))).await;
    let port = slow_way_to(server.port, Duration::from_millis(500)).await;
    let byod = Byod::builder()
        .main_url(format!("https://localhost:{port}"))
        .deploy_key("local|key")
        .encryption_key(encryption_key())
        .root_certificate(pem)
        .retries(0)
        .build();
    let patient = byod.unwrap().main_client().clone();
    let own = Duration::from_millis(50);
    let hurried = patient.with_connect_timeout(own);
    let args = json!({});
    let (first, limit, last) = tokio::join!(
        patient.query::<String>("a:b", &args),
        ended(hurried.query("a:b", &args)),
        patient.query::<String>("a:b", &args),
    );
    assert_eq!(
        (first.unwrap(), limit, last.unwrap()),
        ("done".into(), own, "done".into())
    );
    // With a connection that is there, the limit is none.
    let value: String = hurried.query("a:b", &args).await.unwrap();
    assert_eq!((value.as_str(), server.take_count()), ("done", 3));
}

#[tokio::test]
async fn a_deployment_that_hangs_has_few_calls_under_way() {
    let world = connected(|byod| byod.concurrency(2).retries(0)).await;
    list(&world.session("a")).await.unwrap();
    world.cost();
    world.at_users.set(|_| Some(Reply::Hang));
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let session = world.session("a");
            tokio::spawn(async move { list(&session).await })
        })
        .collect();
    until(|| world.users.requests().len() == 2).await;
    let error = create(&world.session("a")).await.unwrap_err();
    assert!(matches!(error, Error::Busy { limit: 2, .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert!(error.is_retryable());
    assert_eq!(
        world.cost(),
        (0, 2),
        "neither it nor those who wait are sent"
    );

    // Main and others are not held up.
    assert_eq!(list(&world.session("nobody")).await.unwrap(), "main's");
    world.at_users.clear();
    for call in calls {
        call.abort();
        // Its place is free once it has ended.
        call.await.unwrap_err();
    }
    assert_eq!(list(&world.session("a")).await.unwrap(), "the user's");
}

#[tokio::test]
async fn who_waits_for_a_place_waits_no_longer_than_the_time_limit() {
    let world = connected(|byod| byod.concurrency(1).retries(0)).await;
    list(&world.session("a")).await.unwrap();
    world.cost();
    world.at_users.set(|_| Some(Reply::Hang));
    let session = world.session("a");
    let first = tokio::spawn(async move { list(&session).await });
    until(|| world.users.requests().len() == 1).await;
    let session = world.session("a");
    let second = create(&session).timeout(Duration::from_millis(50));
    let error = second.await.unwrap_err();
    assert!(matches!(error, Error::Busy { limit: 1, .. }), "{error}");
    first.abort();
}

#[tokio::test]
async fn a_deployment_that_fails_for_long_gets_few_retries() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = count.clone();
    let server = Server::start(move |_| {
        seen.fetch_add(1, Ordering::Relaxed);
        overloaded("0")
    })
    .await;
    let client = Client::new(&server.url).unwrap();
    for _ in 0..40 {
        client.query::<String>("a:b", &json!({})).await.unwrap_err();
    }
    // Each of them once, and the 20 retries that a deployment begins with.
    assert_eq!(count.load(Ordering::Relaxed), 60);
}
