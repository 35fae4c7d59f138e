//! Users' deployments that fail: blocked, reported to main, and back by themselves.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::world::{World, create, list};
use crate::support::{Reply, Server, success, until};
use byod_runtime::FunctionType::Query;
use byod_runtime::{Byod, ByodBuilder, ConnectionStatus, Credentials, Error, Outcome};
use serde_json::json;

/// Without retries, and with the first try of a blocked deployment in a moment.
fn soon(byod: ByodBuilder) -> ByodBuilder {
    byod.retries(0)
        .recovery_pauses(Duration::from_millis(20), Duration::from_millis(40))
}

/// Without a try of a blocked deployment in the time of a test.
fn late(byod: ByodBuilder) -> ByodBuilder {
    byod.retries(0)
        .recovery_pauses(Duration::from_secs(600), Duration::from_secs(600))
}

async fn connected(configure: impl FnOnce(ByodBuilder) -> ByodBuilder) -> World {
    let world = World::with(configure).await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world
}

async fn recorded(world: &World, status: &str) {
    until(|| world.field("a", "connectionStatus") == status).await;
}

#[tokio::test]
async fn a_deployment_that_fails_often_is_blocked_and_main_is_told() {
    let world = connected(|byod| late(byod).failure_threshold(3)).await;
    let session = world.session("a");
    world.at_users.status(500);
    for _ in 0..3 {
        let error = list(&session).await.unwrap_err();
        assert!(matches!(error, Error::Status { .. }), "{error}");
    }
    world.users.take_count();
    let error = create(&session).await.unwrap_err();
    let Error::Blocked { reason, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(&**reason, "the deployment fails with HTTP status 500");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert_eq!(world.users.take_count(), 0);
    recorded(&world, "error").await;
    assert_eq!(world.field("a", "connectionError"), **reason);
    assert_eq!(world.call("a", "users", Query).await.unwrap(), "main's");
}

#[tokio::test]
async fn calls_through_a_client_for_a_table_count_as_well() {
    let world = connected(|byod| late(byod).failure_threshold(2)).await;
    let routed = || world.byod.client_for_table("notes", "a", Query);
    let client = routed().await.unwrap().client;
    world.at_users.status(500);
    for _ in 0..2 {
        let call = client.query::<String>("notes:list", &json!({})).await;
        assert!(matches!(call, Err(Error::Status { .. })));
    }
    let error = routed().await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
    recorded(&world, "error").await;
}

#[tokio::test]
async fn a_redirect_is_a_failure() {
    let world = connected(|byod| late(byod).failure_threshold(1)).await;
    world.at_users.status(301);
    let error = list(&world.session("a")).await.unwrap_err();
    assert!(
        matches!(error, Error::Status { status: 301, .. }),
        "{error}"
    );
    recorded(&world, "error").await;
}

#[tokio::test]
async fn retries_count_as_failures() {
    let world = connected(|byod| late(byod).retries(3).failure_threshold(4)).await;
    world.at_users.status(503);
    let error = list(&world.session("a")).await.unwrap_err();
    assert!(matches!(error, Error::Status { .. }), "{error}");
    assert_eq!(world.users.take_count(), 4);
    let error = list(&world.session("a")).await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
}

#[tokio::test]
async fn what_a_function_throws_is_no_failure_of_the_deployment() {
    let world = connected(|byod| late(byod).failure_threshold(2)).await;
    world
        .at_users
        .set(|_| Some(crate::support::world::thrown("no such note")));
    for _ in 0..5 {
        let error = list(&world.session("a")).await.unwrap_err();
        assert!(matches!(error, Error::Function { .. }), "{error}");
    }
    // Too many calls say nothing against it, either.
    world.at_users.status(429);
    for _ in 0..5 {
        let error = list(&world.session("a")).await.unwrap_err();
        assert!(matches!(error, Error::Status { .. }), "{error}");
    }
    assert_eq!(world.field("a", "connectionStatus"), "connected");
}

#[tokio::test]
async fn a_caller_in_a_hurry_blocks_nobody() {
    let world = connected(|byod| late(byod).failure_threshold(1)).await;
    list(&world.session("a")).await.unwrap();
    world.at_users.set(|_| Some(Reply::Hang));
    for _ in 0..3 {
        let call = list(&world.session("a")).timeout(Duration::from_millis(50));
        let error = call.await.unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_key_that_is_refused_blocks_at_once() {
    for status in [401, 403] {
        let world = connected(late).await;
        world.at_users.status(status);
        let error = list(&world.session("a")).await.unwrap_err();
        assert!(matches!(error, Error::Rejected { .. }), "{error}");
        world.users.take_count();
        let error = list(&world.session("a")).await.unwrap_err();
        assert!(matches!(error, Error::Blocked { .. }), "{error}");
        assert_eq!(world.users.take_count(), 0);
        recorded(&world, "error").await;
        let reason = world.field("a", "connectionError");
        assert!(reason.as_str().unwrap().contains("deploy key"), "{reason}");
    }
}

#[tokio::test]
async fn a_batch_blocks_too() {
    let world = connected(late).await;
    world.at_users.status(401);
    let session = world.session("a");
    let error = session.batch(vec![list(&session)]).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    let error = session.batch(vec![list(&session)]).await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
}

#[tokio::test]
async fn other_users_notice_nothing() {
    let world = connected(late).await;
    let other = Server::start(|_| success(json!("the other's"))).await;
    let status = ConnectionStatus::Connected;
    world.save_at("b", &other.url, "local|key", status).await;
    world.at_users.status(401);
    list(&world.session("a")).await.unwrap_err();
    recorded(&world, "error").await;
    assert_eq!(list(&world.session("b")).await.unwrap(), "the other's");
    assert_eq!(list(&world.session("nobody")).await.unwrap(), "main's");
    assert_eq!(world.field("b", "connectionStatus"), "connected");
}

#[tokio::test]
async fn a_deployment_that_works_again_is_used_again() {
    for status in [401, 404] {
        let world = connected(|byod| soon(byod).failure_threshold(1)).await;
        world.at_users.status(status);
        list(&world.session("a")).await.unwrap_err();
        recorded(&world, "error").await;
        // It is tried more than once while it fails.
        world.users.take_count();
        until(|| world.users.requests().len() >= 3).await;
        let error = list(&world.session("a")).await.unwrap_err();
        assert!(matches!(error, Error::Blocked { .. }), "{error}");
        world.at_users.clear();
        recorded(&world, "connected").await;
        assert_eq!(world.field("a", "connectionError"), json!(null));
        until_used(&world).await;
        // And then it is left in peace.
        world.users.take_count();
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(world.users.take_count(), 0);
    }
}

/// The record is written a moment before the route is.
async fn until_used(world: &World) {
    let used = async {
        while list(&world.session("a")).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    let used = tokio::time::timeout(Duration::from_secs(20), used).await;
    used.unwrap();
}

#[tokio::test]
async fn a_deployment_whose_record_says_error_comes_back_too() {
    let world = World::with(soon).await;
    world.save("a", "local|key", ConnectionStatus::Error).await;
    let error = list(&world.session("a")).await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
    recorded(&world, "connected").await;
    until_used(&world).await;
}

#[tokio::test]
async fn a_status_that_is_not_known_is_left_alone() {
    let world = connected(soon).await;
    world.change("a", "connectionStatus", json!("paused"));
    list(&world.session("a")).await.unwrap_err();
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(world.users.take_count(), 0);
    assert_eq!(world.field("a", "connectionStatus"), "paused");
}

#[tokio::test]
async fn where_main_cant_be_told_the_user_is_blocked_and_comes_back_all_the_same() {
    let world = connected(soon).await;
    list(&world.session("a")).await.unwrap();
    world.at_users.status(401);
    world.at_main.status(500);
    list(&world.session("a")).await.unwrap_err();
    let error = list(&world.session("a")).await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
    world.at_users.clear();
    world.at_main.clear();
    until_used(&world).await;
    recorded(&world, "connected").await;
}

#[tokio::test]
async fn a_disconnected_user_is_not_reported() {
    let world = connected(late).await;
    list(&world.session("a")).await.unwrap();
    // Another process disconnects the user, whose key is revoked then.
    world.change("a", "connectionStatus", json!("disconnected"));
    world.at_users.status(401);
    world.main.take_count();
    list(&world.session("a")).await.unwrap_err();
    until(|| !world.main.requests().is_empty()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(world.field("a", "connectionStatus"), "disconnected");
}

#[tokio::test]
async fn new_credentials_end_the_block() {
    let world = connected(late).await;
    world.at_users.set(|request| {
        let old = request.headers["authorization"] == "Convex local|key";
        old.then(|| Reply::Status(401, String::new()))
    });
    list(&world.session("a")).await.unwrap_err();
    recorded(&world, "error").await;
    let url = world.users.url.clone();
    world
        .byod
        .connect("a", "a", &Credentials::new(url, "local|new"))
        .await
        .unwrap();
    assert_eq!(list(&world.session("a")).await.unwrap(), "the user's");
}

#[tokio::test]
async fn credentials_that_come_while_main_is_told_are_not_marked_as_failing() {
    let world = connected(late).await;
    list(&world.session("a")).await.unwrap();
    world.at_users.set(|request| {
        let old = request.headers["authorization"] == "Convex local|key";
        old.then(|| Reply::Status(401, String::new()))
    });
    // The record is read before it changes, but the answer takes its time.
    let (records, asked) = (world.records.clone(), AtomicUsize::new(0));
    world.at_main.set(move |request| {
        let reads = request.path() == "byod/credentials:getConfigInternal";
        let first = reads && asked.fetch_add(1, Ordering::Relaxed) == 0;
        first.then(|| {
            let record = success(records.lock().unwrap()[0].clone());
            Reply::Later(Duration::from_millis(300), Box::new(record))
        })
    });
    world.main.take_count();
    list(&world.session("a")).await.unwrap_err();
    until(|| !world.main.requests().is_empty()).await;
    world
        .save("a", "local|new", ConnectionStatus::Connected)
        .await;
    assert_eq!(list(&world.session("a")).await.unwrap(), "the user's");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(world.field("a", "connectionStatus"), "connected");
}

#[tokio::test]
async fn the_tries_end_with_the_byod() {
    let world = connected(soon).await;
    world.at_users.status(401);
    list(&world.session("a")).await.unwrap_err();
    until(|| world.users.requests().len() >= 3).await;
    let World { byod, users, .. } = world;
    drop::<Byod>(byod);
    // One that was under way may end.
    tokio::time::sleep(Duration::from_millis(100)).await;
    users.take_count();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(users.take_count(), 0);
}

#[tokio::test]
async fn a_schema_that_is_too_old_is_refused_until_it_is_new() {
    let world = World::with(|byod| soon(byod).minimum_schema_version(2)).await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world.change("a", "schemaVersion", json!(1));
    world.at_users.set(|_| Some(success(json!({"version": 1}))));
    let outdated = |error: Error| {
        let Error::SchemaOutdated { found, minimum, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!((found, minimum), (1, 2));
    };
    let error = create(&world.session("a")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    outdated(error);
    // Also once a test has found the same, and the record is read again.
    recorded(&world, "error").await;
    world.byod.clear_user_client("a");
    outdated(list(&world.session("a")).await.unwrap_err());
    world.at_users.clear();
    // Somebody goes on asking; a route that nobody asks for may be forgotten, and with it
    // that the deployment is to be tried.
    until_used(&world).await;
    assert_eq!(world.field("a", "connectionStatus"), "connected");
    assert_eq!(world.field("a", "schemaVersion"), 3);
}

#[tokio::test]
async fn while_main_fails_users_are_served_as_before() {
    let world = connected(|byod| {
        byod.retries(0)
            .cache_ttl(Duration::from_millis(20))
            .stale_while_error(Duration::from_secs(600))
    })
    .await;
    let session = world.session("a");
    list(&session).await.unwrap();
    for status in [500, 503, 404] {
        world.at_main.status(status);
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(list(&session).await.unwrap(), "the user's");
    }
    assert!(!world.main.requests().is_empty(), "main was asked");
    let error = list(&world.session("nobody")).await.unwrap_err();
    assert!(matches!(error, Error::Record { .. }), "{error}");
    // A record that is no good is not taken for a failure of main.
    world.at_main.set(|_| Some(success(json!({"_id": 7}))));
    tokio::time::sleep(Duration::from_millis(30)).await;
    let error = list(&session).await.unwrap_err();
    assert!(matches!(error, Error::Record { .. }), "{error}");
    world.at_main.clear();
    assert_eq!(list(&session).await.unwrap(), "the user's");
}

#[tokio::test]
async fn without_stale_while_error_main_must_answer() {
    let world = connected(|byod| {
        byod.retries(0)
            .cache_ttl(Duration::from_millis(20))
            .stale_while_error(Duration::ZERO)
    })
    .await;
    list(&world.session("a")).await.unwrap();
    world.at_main.status(500);
    tokio::time::sleep(Duration::from_millis(30)).await;
    let error = list(&world.session("a")).await.unwrap_err();
    assert!(matches!(error, Error::Record { .. }), "{error}");
}
