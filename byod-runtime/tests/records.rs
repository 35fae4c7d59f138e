//! Users' records: stored, changed, broken, and what becomes of the route.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::Duration;

use byod_runtime::FunctionType::{Mutation, Query};
use byod_runtime::{ConnectionStatus, Credentials, Error};
use serde_json::json;
use support::world::{World, encryption_key};

#[tokio::test]
async fn an_unknown_status_blocks_instead_of_going_to_main() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Unknown("paused".into()))
        .await;
    let error = world.call("a", "notes", Query).await.unwrap_err();
    assert!(
        error.to_string().contains("`paused` is not known"),
        "{error}"
    );
}

#[tokio::test]
async fn a_new_key_gives_a_new_client() {
    let world = World::new().await;
    for key in ["local|old", "local|new"] {
        world.save("a", key, ConnectionStatus::Connected).await;
        world.call("a", "notes", Query).await.unwrap();
        let request = world.users.requests().pop().unwrap();
        assert_eq!(request.headers["authorization"], format!("Convex {key}"));
    }
    assert_eq!(
        world.records.lock().unwrap().len(),
        1,
        "the record was updated"
    );
}

#[tokio::test]
async fn what_another_process_changes_is_noticed_after_the_time_to_live() {
    let world = World::with(|byod| byod.cache_ttl(Duration::from_millis(100))).await;
    world
        .save("a", "local|old", ConnectionStatus::Connected)
        .await;
    world.call("a", "notes", Query).await.unwrap();
    let sealed = encryption_key()
        .seal(&Credentials {
            deployment_url: world.users.url.clone(),
            deploy_key: "local|new".into(),
        })
        .unwrap();
    let sealed = serde_json::to_value(sealed).unwrap();
    for (field, value) in sealed.as_object().unwrap() {
        world.change("a", field, value.clone());
    }
    tokio::time::sleep(Duration::from_millis(120)).await;
    world.call("a", "notes", Query).await.unwrap();
    let request = world.users.requests().pop().unwrap();
    assert_eq!(request.headers["authorization"], "Convex local|new");
}

#[tokio::test]
async fn disconnect_marks_the_record_and_drops_the_client() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world.call("a", "notes", Query).await.unwrap();
    world.byod.disconnect("a").await.unwrap();
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "main's");
    let record = world.byod.user_record("a").await.unwrap().unwrap();
    assert_eq!(record.connection_status, ConnectionStatus::Disconnected);
    assert!(record.updated_at >= record.created_at && record.created_at > 1.7e12);
    world.byod.disconnect("nobody").await.unwrap();
    assert!(world.byod.user_record("nobody").await.unwrap().is_none());
}

#[tokio::test]
async fn saved_credentials_are_sealed_and_open_again() {
    let world = World::new().await;
    world
        .save("a", "local:alice|geheim", ConnectionStatus::Pending)
        .await;
    let stored = world.records.lock().unwrap()[0].to_string();
    assert!(
        !stored.contains("geheim") && !stored.contains("localhost"),
        "{stored}"
    );
    let credentials = world.byod.user_credentials("a").await.unwrap().unwrap();
    assert_eq!(credentials.deploy_key.expose_secret(), "local:alice|geheim");
    assert_eq!(credentials.deployment_url, world.users.url);
    assert!(
        world
            .byod
            .user_credentials("nobody")
            .await
            .unwrap()
            .is_none()
    );

    for (url, key) in [("nowhere", "local|key"), ("https://x", "local|\n")] {
        let credentials = Credentials {
            deployment_url: url.into(),
            deploy_key: key.into(),
        };
        let saved = world
            .byod
            .save_credentials("a", &credentials, ConnectionStatus::Pending);
        assert!(matches!(saved.await, Err(Error::Config { .. })));
    }
}

#[tokio::test]
async fn a_record_that_does_not_open_says_whose_and_is_tried_again() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    let good = world.records.lock().unwrap()[0]["authTags"].clone();
    world.change("a", "authTags", json!("broken"));
    let error = world.call("a", "notes", Query).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "credentials of user `a`: `authTags` is not of the form \"<url's tag>:<key's tag>\""
    );
    world.change("a", "authTags", good);
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "the user's");
}

#[tokio::test]
async fn a_users_id_forges_no_line() {
    let world = World::new().await;
    let user = "u`\nERROR forged";
    world
        .save(user, "local|key", ConnectionStatus::Connected)
        .await;
    world.change(user, "authTags", json!("broken"));
    let error = world.call(user, "notes", Query).await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with(r"credentials of user `u`\nERROR forged`: "),
        "{message}"
    );
    let nobody = world.byod.test_connection("n\no").await.unwrap_err();
    assert!(!nobody.to_string().contains('\n'), "{nobody}");
}

#[tokio::test]
async fn a_stored_reason_is_shown_on_one_line() {
    let world = World::new().await;
    world.save("a", "local|key", ConnectionStatus::Error).await;
    world.change("a", "connectionError", json!("down\nERROR forged"));
    let error = world.call("a", "notes", Query).await.unwrap_err();
    assert!(error.to_string().ends_with("down ERROR forged"), "{error}");
}

#[tokio::test]
async fn where_main_fails_the_error_is_mains_and_not_kept() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world.change("a", "connectionStatus", json!(7));
    let error = world.call("a", "notes", Mutation).await.unwrap_err();
    let call = error.call().unwrap();
    assert_eq!(call.function_path(), "byod/credentials:getConfigInternal");
    assert_eq!(format!("http://{}", call.deployment()), world.main.url);
    world.change("a", "connectionStatus", json!("connected"));
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "the user's");
}
