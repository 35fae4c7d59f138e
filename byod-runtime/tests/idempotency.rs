//! Mutations with an idempotency key: sent again like queries where the user's
//! deployment answers, and nowhere else.

use crate::support::world::{World, create as create_without};
use crate::support::{Reply, Request};
use byod_runtime::codec::Injection;
use byod_runtime::{
    ConnectionStatus, Error, FunctionInfo, FunctionType, Mutation, Outcome, Runs, Session,
};
use serde_json::{Value, json};

const CREATE: FunctionInfo = FunctionInfo {
    table: "notes",
    kind: FunctionType::Mutation,
    runs: Runs::User,
    switches: &["notes"],
    path: "notes:create",
    head: r#"{"path":"notes:create","format":"convex_encoded_json","args":"#,
    inject: &[
        ("idempotencyKey", Injection::IdempotencyKey),
        ("userId", Injection::Subject),
    ],
    mirror: &[],
    outbox: false,
    schema_version: 0,
    takes: &[],
};

fn create(session: &Session) -> Mutation<String> {
    Mutation::__new(session, &CREATE, &())
}

/// A world in which Alice has connected a deployment.
async fn connected() -> World {
    let world = World::new().await;
    world
        .save("alice", "key", ConnectionStatus::Connected)
        .await;
    world
}

/// The same, but the first answer to `notes:create` is lost.
async fn with_a_lost_answer() -> World {
    let world = connected().await;
    let first = std::sync::atomic::AtomicBool::new(true);
    let is_first = move |request: &Request| {
        request.path() == "notes:create" && first.swap(false, std::sync::atomic::Ordering::Relaxed)
    };
    world
        .at_users
        .set(move |request| is_first(request).then(|| Reply::Bytes(Vec::new())));
    world
}

fn calls_of_create(requests: &[Request]) -> Vec<Value> {
    let calls = requests.iter().filter(|r| r.path() == "notes:create");
    calls.map(|request| request.body["args"].clone()).collect()
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_key() {
    let world = with_a_lost_answer().await;
    let session = world.session("alice");
    let answer = create(&session).idempotency_key("order 7").await.unwrap();
    assert_eq!(answer, "the user's");
    let sent = json!({"userId": "alice", "idempotencyKey": "notes:create order 7"});
    assert_eq!(
        calls_of_create(&world.users.requests()),
        [sent.clone(), sent]
    );
}

#[tokio::test]
async fn without_a_key_the_caller_learns_that_it_may_have_run() {
    let world = with_a_lost_answer().await;
    let error = create(&world.session("alice")).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(!error.is_retryable());
    let calls = calls_of_create(&world.users.requests());
    assert_eq!(calls, [json!({"userId": "alice"})]);
}

#[tokio::test]
async fn after_the_last_attempt_it_can_still_be_made_again() {
    let world = connected().await;
    world.at_users.status(500);
    let session = world.session("alice");
    let call = create(&session).idempotency_key("order 7").retries(1);
    let error = call.await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(world.users.take_count(), 2);
}

#[tokio::test]
async fn what_may_have_run_before_is_not_said_not_to_have_run() {
    let world = connected().await;
    let session = world.session("alice");
    // The answer of the first attempt is lost, the second one is turned away.
    let lost = std::sync::atomic::AtomicBool::new(false);
    world.at_users.set(move |request| {
        let first = !lost.swap(true, std::sync::atomic::Ordering::Relaxed);
        (request.path() == "notes:create").then(|| match first {
            true => Reply::Bytes(Vec::new()),
            false => Reply::Status(429, String::new()),
        })
    });
    let call = create(&session).idempotency_key("order 7").retries(1);
    let error = call.await.unwrap_err();
    assert!(
        matches!(error, Error::Status { status: 429, .. }),
        "{error}"
    );
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(error.is_retryable());
    assert_eq!(calls_of_create(&world.users.requests()).len(), 2);
}

#[tokio::test]
async fn main_gets_no_key_and_the_call_once() {
    let world = World::new().await;
    world.at_main.set(|request| {
        let is_create = request.path() == "notes:create";
        is_create.then(|| Reply::Status(500, String::new()))
    });
    let session = world.session("bob");
    let error = create(&session)
        .idempotency_key("order 7")
        .await
        .unwrap_err();
    assert!(!error.is_retryable());
    assert_eq!(calls_of_create(&world.main.requests()), [json!({})]);
}

#[tokio::test]
async fn a_key_that_can_not_be_kept_is_refused_before_anything_is_sent() {
    let world = connected().await;
    let session = world.session("alice");
    for (call, reason) in [
        (
            create(&session).idempotency_key(""),
            "has 0 bytes; it must have 1 to 256",
        ),
        (
            create(&session).idempotency_key("k".repeat(257)),
            "has 257 bytes",
        ),
        (
            create_without(&session).idempotency_key("k"),
            "`notes:create` takes no idempotency key",
        ),
    ] {
        let error = call.await.unwrap_err();
        // A key is the caller's; whether there may be one is not.
        let status = if reason.contains("takes no") {
            500
        } else {
            400
        };
        assert_eq!(error.http_status(), status, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
    }
    assert_eq!(world.cost(), (0, 0));
    create(&session)
        .idempotency_key("k".repeat(256))
        .await
        .unwrap();
}
