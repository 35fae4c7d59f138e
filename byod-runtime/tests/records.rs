//! Users' records: stored, changed, broken, and what becomes of the route.

use std::time::Duration;

use crate::support::world::{MAIN_KEY, World, create, encryption_key, thrown};
use crate::support::{Reply, success};
use byod_runtime::FunctionType::{Mutation, Query};
use byod_runtime::{Byod, ConnectionStatus, Credentials, Error, Outcome};
use serde_json::json;

#[tokio::test]
async fn an_unknown_status_blocks_instead_of_going_to_main() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world.change("a", "connectionStatus", json!("paused"));
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

    for (url, key) in [
        ("nowhere", "local|key"),
        ("https://happy-animal-123.convex.cloud", "local|a\nb"),
        ("https://happy-animal-123.convex.cloud", ""),
        ("https://happy-animal-123.convex.cloud", " \n"),
    ] {
        let credentials = Credentials {
            deployment_url: url.into(),
            deploy_key: key.into(),
        };
        let saved = world
            .byod
            .save_credentials("a", &credentials, ConnectionStatus::Pending);
        assert!(matches!(saved.await, Err(Error::Entered { .. })));
        let connected = world
            .byod
            .connect("nobody", "nobody", &Credentials::new(url, key))
            .await;
        assert!(matches!(connected, Err(Error::Entered { .. })));
    }
    let status = ConnectionStatus::Unknown("paused".into());
    let saved = world.byod.save_credentials("a", &credentials, status).await;
    assert_eq!(
        saved.unwrap_err().to_string(),
        "configuration: `paused` is no connectionStatus; store `pending`, `connected`, `error` or `disconnected`"
    );
    assert_eq!(world.records.lock().unwrap().len(), 1);
    assert_eq!(world.field("a", "connectionStatus"), "pending");
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
async fn a_record_that_cant_be_read_leaves_the_call_unsent() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    let host = world.main.url.trim_start_matches("http://").to_owned();
    type Answer = fn() -> Reply;
    let table: [(Answer, bool, usize); 4] = [
        (|| thrown("no"), false, 1),
        (|| success(json!({"userId": 7})), false, 1),
        (|| Reply::Status(200, "<html></html>".into()), true, 4),
        (|| Reply::Status(503, String::new()), true, 4),
    ];
    for (answer, retryable, requests) in table {
        world.at_main.set(move |_| Some(answer()));
        world.byod.clear_user_client("a");
        let error = create(&world.session("a")).await.unwrap_err();
        let Error::Record { source, .. } = &error else {
            panic!("{error:?}")
        };
        let query = source.call().unwrap();
        assert_eq!(query.function_path(), "byod/credentials:getConfigInternal");
        assert_eq!(error.call().unwrap().function_path(), "notes:create");
        let message = error.to_string();
        let begin = format!(
            "mutation `notes:create`: not sent, because the user's record can't be read: \
             query `byod/credentials:getConfigInternal` on {host}"
        );
        assert!(message.starts_with(&begin), "{message}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
        assert_eq!(error.is_retryable(), retryable, "{message}");
        assert_eq!(error.kind(), "record");
        assert_eq!(world.cost(), (requests, 0), "only the query is sent again");
    }
    world.at_main.clear();
    assert_eq!(create(&world.session("a")).await.unwrap(), "the user's");
}

#[tokio::test]
async fn a_record_that_does_not_come_in_time_leaves_the_call_unsent() {
    let world = World::new().await;
    world.at_main.set(|_| Some(Reply::Hang));
    let call = create(&world.session("a")).timeout(Duration::from_millis(50));
    let error = call.await.unwrap_err();
    let Error::Record { source, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(matches!(**source, Error::Timeout { .. }), "{source}");
    assert!(error.is_retryable() && error.outcome() == Outcome::NotExecuted);
}

#[tokio::test]
async fn two_that_store_a_new_users_credentials_make_one_record() {
    let world = World::new().await;
    // In two processes.
    let another = Byod::builder()
        .main_url(&world.main.url)
        .deploy_key(MAIN_KEY)
        .encryption_key(encryption_key())
        .development(true)
        .build()
        .unwrap();
    let store = |byod: Byod, key: &str| {
        let credentials = Credentials {
            deployment_url: world.users.url.clone(),
            deploy_key: key.into(),
        };
        async move {
            let status = ConnectionStatus::Connected;
            byod.save_credentials("a", &credentials, status).await
        }
    };
    // The main of the test answers late enough for both to find no record.
    let (one, other) = tokio::join!(
        store(world.byod.clone(), "local|one"),
        store(another, "local|other")
    );
    // Whoever came first stands, and the other is told.
    let (won, lost) = match (&one, &other) {
        (Ok(()), Err(error)) => ("local|one", error),
        (Err(error), Ok(())) => ("local|other", error),
        neither => panic!("{neither:?}"),
    };
    assert!(matches!(lost, Error::RecordChanged { .. }), "{lost}");
    assert_eq!(world.records.lock().unwrap().len(), 1);
    let stored = world.byod.user_credentials("a").await.unwrap().unwrap();
    assert_eq!(stored.deploy_key.expose_secret(), won);

    // An error of another cause stays what it is.
    world.at_main.set(|request| {
        let create = request.path() == "byod/credentials:createConfig";
        create.then(|| thrown("full"))
    });
    let credentials = Credentials {
        deployment_url: world.users.url.clone(),
        deploy_key: "local|key".into(),
    };
    let saved = world
        .byod
        .save_credentials("b", &credentials, ConnectionStatus::Connected);
    let error = saved.await.unwrap_err().to_string();
    assert!(error.ends_with("failed: full"), "{error}");
}

#[tokio::test]
async fn a_new_record_is_complete() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Pending)
        .await;
    let record = world.records.lock().unwrap()[0].clone();
    let mut fields: Vec<_> = record.as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(
        fields,
        [
            "_id",
            "authTags",
            "connectionStatus",
            "createdAt",
            "encryptedDeployKey",
            "encryptedDeploymentUrl",
            "encryptionIV",
            "schemaVersion",
            "updatedAt",
            "userId"
        ]
    );
    assert_eq!(record["schemaVersion"], 0);
}

#[tokio::test]
async fn where_main_fails_the_error_is_not_kept() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world.change("a", "connectionStatus", json!(7));
    world.call("a", "notes", Mutation).await.unwrap_err();
    world.change("a", "connectionStatus", json!("connected"));
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "the user's");
}
