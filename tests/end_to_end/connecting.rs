//! A user connects a deployment, and where calls go before, then and after.

use byod_examples::{conversations, notes, templates};
use byod_runtime::{ConnectionStatus, Error, HistoryKind, Location, Outcome, Session};
use serde_json::{Value, json};

use super::documents::{conversation, note};
use crate::support::world::{User, World};

async fn answered_by(session: &Session) -> Location {
    let call = conversations::list(session, conversations::ListArgs::default());
    call.routed().await.unwrap().deployment.location()
}

/// Changes the user's record, as another process would.
async fn change_record(world: &World, user: &User, mut changes: Value) {
    let record = world.byod.user_record(&*user.id).await.unwrap().unwrap();
    changes["configId"] = record.id.into();
    changes["updatedAt"] = 1_700_000_000_000.0.into();
    let path = "byod/credentials:updateConfig";
    let changed: bool = world.main_admin().mutation(path, &changes).await.unwrap();
    assert!(changed);
    world.byod.clear_user_client(&*user.id);
}

#[tokio::test]
async fn main_keeps_the_credentials_and_cannot_read_them() {
    let Some(world) = World::start() else { return };
    let alice = world.connected_user("alice").await;

    let credentials = world.byod.user_credentials(&*alice.id).await.unwrap();
    let credentials = credentials.unwrap();
    assert_eq!(credentials.deployment_url, world.users.url);
    assert_eq!(
        credentials.deploy_key.expose_secret(),
        world.users.deploy_key
    );

    let record = world.main_admin();
    let args = json!({"userId": alice.id});
    let record: Value = record
        .query("byod/credentials:getConfigInternal", &args)
        .await
        .unwrap();
    assert_eq!(record["connectionStatus"], "connected");
    let stored = record.to_string();
    assert!(!stored.contains(&world.users.url), "{stored}");
    assert!(!stored.contains(&world.users.deploy_key), "{stored}");
}

#[tokio::test]
async fn each_user_has_their_documents_in_one_place() {
    let Some(world) = World::start() else { return };
    let (alice, bob) = (world.connected_user("alice").await, world.user("bob").await);
    for title in ["Plans for the garden", "A name for the cat"] {
        let created = conversations::create(&alice.session, conversation(title));
        let created = created.routed().await.unwrap();
        assert!(created.deployment.is_user());
    }
    let created = conversations::create(&bob.session, conversation("Holiday in March"));
    assert!(!created.routed().await.unwrap().deployment.is_user());

    let titles = async |session: &Session| -> Vec<String> {
        let open = conversations::ListArgs {
            archived: Some(false),
            ..Default::default()
        };
        let open = conversations::list(session, open).await.unwrap();
        open.into_iter().map(|it| it.fields.title).collect()
    };
    let alices = ["A name for the cat", "Plans for the garden"];
    assert_eq!(
        titles(&alice.session).await,
        alices,
        "the last changed first"
    );
    assert_eq!(titles(&bob.session).await, ["Holiday in March"]);

    let of_main = templates::list(&alice.session, templates::ListArgs::default());
    let of_main = of_main.routed().await.unwrap();
    assert_eq!(of_main.deployment.location(), Location::Main);

    world.byod.disconnect(&*alice.id).await.unwrap();
    assert!(
        titles(&alice.session).await.is_empty(),
        "main has none of hers"
    );
    world.save(&alice, ConnectionStatus::Connected).await;
    assert_eq!(titles(&alice.session).await, alices, "and nothing was lost");
}

#[tokio::test]
async fn the_status_decides_where_calls_go() {
    let Some(world) = World::start() else { return };
    let alice = world.user("alice").await;
    world.claim(&alice).await;
    assert_eq!(answered_by(&alice.session).await, Location::Main);
    for (status, location) in [
        (ConnectionStatus::Pending, Location::Main),
        (ConnectionStatus::Connected, Location::User),
        (ConnectionStatus::Disconnected, Location::Main),
    ] {
        world.save(&alice, status.clone()).await;
        assert_eq!(answered_by(&alice.session).await, location, "{status}");
    }

    let reason = "the deploy key was revoked";
    let failing = json!({"connectionStatus": "error", "connectionError": reason});
    change_record(&world, &alice, failing).await;
    let blocked = notes::create(&alice.session, note("Never")).await;
    let error = blocked.unwrap_err();
    assert!(
        matches!(&error, Error::Blocked { reason: stored, .. } if &**stored == reason),
        "{error}"
    );
    assert_eq!(error.outcome(), Outcome::NotExecuted);
}

#[tokio::test]
async fn a_front_end_sees_the_status_and_may_disconnect() {
    let Some(world) = World::start() else { return };
    let alice = world.connected_user("alice").await;
    let browser = world.byod.main_client().with_token(&*alice.token);
    let none = json!({});
    let status = async || -> Value {
        let status = browser.query("byod/credentials:getConfig", &none).await;
        status.unwrap()
    };
    assert_eq!(status().await["connectionStatus"], "connected");
    assert!(!status().await.to_string().contains("ncrypt"));

    let failing = json!({"connectionStatus": "error", "connectionError": "out of space"});
    change_record(&world, &alice, failing).await;
    assert_eq!(status().await["connectionError"], "out of space");

    let path = "byod/credentials:disconnect";
    let () = browser.mutation(path, &none).await.unwrap();
    world.byod.clear_user_client(&*alice.id);
    assert_eq!(answered_by(&alice.session).await, Location::Main);
    let status = status().await;
    assert_eq!(status["connectionStatus"], "disconnected");
    assert_eq!(status["connectionError"], Value::Null, "the error is over");
}

#[tokio::test]
async fn a_users_deployment_says_which_version_it_runs() {
    let Some(world) = World::start() else { return };
    let users = world.users.client();
    let ping: Value = users.query("functions:ping", &json!({})).await.unwrap();
    assert_eq!(ping["status"], "ok");
    assert!(
        ping["version"]
            .as_f64()
            .is_some_and(|version| version >= 1.0)
    );
}

/// What a roll-out asks, and says, of many users at once.
#[tokio::test]
async fn main_gives_and_changes_the_records_of_several_users_at_once() {
    let Some(world) = World::start() else { return };
    let (alice, bob) = (
        world.connected_user("alice").await,
        world.connected_user("bob").await,
    );
    let carol = world.user("carol").await;
    let main = world.main_admin();
    let asked = json!({"userIds": [bob.id, carol.id, alice.id]});
    let records = async || -> Vec<Value> {
        let records = main.query("byod/credentials:getConfigs", &asked).await;
        records.unwrap()
    };
    let before = records().await;
    let users = [&before[0]["userId"], &before[2]["userId"]];
    assert_eq!(users, [&*bob.id, &*alice.id]);
    assert_eq!(before[1], Value::Null, "she has none");

    // Each by itself: bob is as seen, alice's record was changed meanwhile, and bob is no longer as seen.
    change_record(&world, &alice, json!({"connectionStatus": "connected"})).await;
    let change = |record: &Value, version: f64| {
        json!({
            "configId": record["_id"], "connectionStatus": "connected", "schemaVersion": version,
            "lastSchemaDeploy": 1_700_000_000_001.0, "updatedAt": record["updatedAt"].as_f64().unwrap() + 1.0,
            "expected": {
                "connectionStatus": record["connectionStatus"], "authTags": record["authTags"],
                "updatedAt": record["updatedAt"],
            },
        })
    };
    let changes = [
        change(&before[0], 9.0),
        change(&before[2], 9.0),
        change(&before[0], 8.0),
    ];
    let changes = json!({"changes": changes});
    let path = "byod/credentials:updateConfigs";
    let changed: Vec<bool> = main.mutation(path, &changes).await.unwrap();
    assert_eq!(changed, [true, false, false]);
    let after = records().await;
    assert_eq!(after[0]["schemaVersion"].as_f64(), Some(9.0));
    assert_eq!(after[2]["schemaVersion"], before[2]["schemaVersion"]);
    let history = world.byod.history(&*bob.id).await.unwrap().unwrap();
    assert_eq!(history[0].kind, HistoryKind::Deployed);
    assert_eq!(history[0].schema_version, 9);
}
