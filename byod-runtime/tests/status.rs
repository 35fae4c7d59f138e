//! How a user's deployment is doing, asked once and watched.

use std::time::Duration;

use crate::support::world::{World, list};
use byod_runtime::{ConnectionStatus, Credentials, UserStatus};
use serde_json::json;
use tokio::sync::watch::Receiver;

/// Waits for a status, and gives it.
async fn seen(
    receiver: &mut Receiver<UserStatus>,
    is: impl FnMut(&UserStatus) -> bool,
) -> UserStatus {
    let seen = tokio::time::timeout(Duration::from_secs(20), receiver.wait_for(is));
    seen.await.unwrap().unwrap().clone()
}

/// For a page that shows it.
#[tokio::test]
async fn status_and_test_are_json_without_a_secret() {
    let world = World::with(|byod| byod).await;
    let nobody = serde_json::to_value(world.byod.status("a").await.unwrap()).unwrap();
    assert_eq!(
        nobody,
        json!({"enabled": false, "loading": false, "record": null, "error": null, "claim": null})
    );

    world
        .save("a", "local|wrong", ConnectionStatus::Pending)
        .await;
    world.at_users.status(404);
    let test = world.byod.test_connection("a").await.unwrap();
    let problem = test.problem.as_ref().unwrap();
    let json = serde_json::to_value(&test).unwrap();
    assert_eq!(json["status"], "error");
    assert_eq!(json["schemaVersion"], json!(null));
    assert_eq!(json["problem"]["kind"], problem.kind());
    assert_eq!(json["problem"]["message"], problem.to_string());
    assert!(json["durationMs"].as_f64().unwrap() >= 0.0, "{json}");

    let json = serde_json::to_value(world.byod.status("a").await.unwrap()).unwrap();
    assert_eq!(json["record"]["connectionStatus"], "error");
    assert_eq!(json["record"]["connectionError"], problem.to_string());
    assert!(!json.to_string().contains("wrong"), "{json}");
}

#[tokio::test]
async fn the_status_is_that_of_the_record() {
    let world = World::with(|byod| byod.minimum_schema_version(2)).await;
    let nobody = world.byod.status("a").await.unwrap();
    assert!(!nobody.enabled && !nobody.loading);
    assert_eq!((nobody.record, nobody.error), (None, None));

    world
        .save("a", "local|geheim", ConnectionStatus::Pending)
        .await;
    let outdated = "the deployment has version 1 of the schema, version 2 is needed; deploy the present one to it";
    for (status, version, stored, enabled, error) in [
        ("pending", 0, json!(null), false, None),
        ("disconnected", 3, json!(null), false, None),
        ("connected", 3, json!(null), true, None),
        ("connected", 1, json!(null), false, Some(outdated)),
        ("error", 3, json!("revoked"), false, Some("revoked")),
        ("error", 3, json!(null), false, Some("no reason is stored")),
        (
            "paused",
            3,
            json!(null),
            false,
            Some("its connectionStatus `paused` is not known to this version"),
        ),
    ] {
        world.change("a", "connectionStatus", json!(status));
        world.change("a", "schemaVersion", json!(version));
        world.change("a", "connectionError", stored);
        let found = world.byod.status("a").await.unwrap();
        assert_eq!(found.enabled, enabled, "{status} {version}");
        assert_eq!(found.error.as_deref(), error, "{status} {version}");
        let record = found.record.as_ref().unwrap();
        assert_eq!(record.connection_status.as_str(), status);
        assert_eq!(record.schema_version, f64::from(version));
        assert!(!format!("{found:?}").contains("ncrypted"), "{found:?}");
    }
    world.at_main.status(404);
    assert!(world.byod.status("a").await.is_err());
}

#[tokio::test]
async fn a_watcher_sees_what_this_process_does() {
    let world = World::with(|byod| byod.retries(0)).await;
    let mut status = world.byod.watch_status("a");
    assert!(status.borrow().loading);
    let first = seen(&mut status, |status| !status.loading).await;
    assert!(!first.enabled && first.record.is_none());

    let url = world.users.url.clone();
    world
        .byod
        .connect("a", "a", &Credentials::new(url, "local|key"))
        .await
        .unwrap();
    let connected = seen(&mut status, |status| status.enabled).await;
    assert_eq!(connected.record.unwrap().schema_version, 3.0);

    world.at_users.status(401);
    list(&world.session("a")).await.unwrap_err();
    let failing = seen(&mut status, |status| !status.enabled).await;
    assert!(failing.error.unwrap().contains("deploy key"));
    seen(&mut status, |status| {
        let record = status.record.as_ref().unwrap();
        record.connection_status == ConnectionStatus::Error
    })
    .await;

    world.byod.disconnect("a").await.unwrap();
    let ended = seen(&mut status, |status| status.error.is_none()).await;
    assert!(!ended.enabled);
}

#[tokio::test]
async fn a_watcher_sees_what_others_do() {
    let world = World::with(|byod| byod.cache_ttl(Duration::from_secs(1))).await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    let mut status = world.byod.watch_status("a");
    let second = world.byod.watch_status("a");
    seen(&mut status, |status| status.enabled).await;
    world.change("a", "connectionStatus", json!("disconnected"));
    seen(&mut status, |status| !status.enabled).await;
    assert!(!second.borrow().enabled, "all who watch see the same");
}

#[tokio::test]
async fn where_main_fails_a_watcher_keeps_what_it_knew() {
    let world = World::with(|byod| byod.cache_ttl(Duration::from_secs(1)).retries(0)).await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    let mut status = world.byod.watch_status("a");
    seen(&mut status, |status| status.enabled).await;
    world.at_main.status(404);
    let failing = seen(&mut status, |status| status.error.is_some()).await;
    assert!(failing.enabled && failing.record.is_some(), "{failing:?}");
    world.at_main.clear();
    seen(&mut status, |status| status.error.is_none()).await;
}

#[tokio::test]
async fn nothing_is_read_that_nobody_watches() {
    let world = World::with(|byod| byod.cache_ttl(Duration::from_millis(10))).await;
    let mut status = world.byod.watch_status("a");
    seen(&mut status, |status| !status.loading).await;
    drop(status);
    tokio::time::sleep(Duration::from_millis(50)).await;
    world.main.take_count();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(world.main.take_count(), 0);
    // Somebody who comes later is served anew.
    let mut status = world.byod.watch_status("a");
    seen(&mut status, |status| !status.loading).await;
}

#[tokio::test]
async fn watching_ends_with_the_byod() {
    let world = World::new().await;
    let mut status = world.byod.watch_status("a");
    seen(&mut status, |status| !status.loading).await;
    drop(world.byod);
    let ended = async { while status.changed().await.is_ok() {} };
    let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
    ended.unwrap();
}

/// As tests with a runtime each watch through the process's own instance.
#[test]
fn who_watches_in_a_later_runtime_sees_changes() {
    let servers = tokio::runtime::Runtime::new().unwrap();
    let world = servers.block_on(World::with(|byod| {
        byod.cache_ttl(Duration::from_millis(10))
    }));
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let watch = async || world.byod.watch_status("a");
    let first = runtime();
    let mut former = first.block_on(watch());
    first.block_on(seen(&mut former, |status| !status.loading));
    drop(first);

    let second = runtime();
    let mut receiver = second.block_on(watch());
    second.block_on(world.save("a", "local|key", ConnectionStatus::Pending));
    world.change("a", "connectionStatus", json!("connected"));
    second.block_on(seen(&mut receiver, |status| status.enabled));
    assert!(former.borrow().enabled);
}
