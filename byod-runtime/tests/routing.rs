//! Which deployment answers, and what that costs: counted at the deployments.

use byod_runtime::FunctionType::{Action, Mutation, Query};
use std::time::Duration;

use crate::support::world::World;
use byod_runtime::{ConnectionStatus, Error, Outcome, Rollout};
use serde_json::json;

#[tokio::test]
async fn the_routing_table_row_by_row() {
    let world = World::new().await;
    for (user, status) in [
        ("pending", ConnectionStatus::Pending),
        ("disconnected", ConnectionStatus::Disconnected),
        ("connected", ConnectionStatus::Connected),
        ("error", ConnectionStatus::Error),
    ] {
        world.save(user, "local|key", status).await;
    }
    world.change("error", "connectionError", json!("the key was revoked"));
    for user in ["nobody", "pending", "disconnected", "connected", "error"] {
        assert_eq!(world.call(user, "users", Query).await.unwrap(), "main's");
        assert_eq!(world.cost(), (1, 0), "main tables cost no record");
    }
    for user in ["nobody", "pending", "disconnected"] {
        assert_eq!(world.call(user, "notes", Query).await.unwrap(), "main's");
    }
    assert_eq!(
        world.call("connected", "notes", Query).await.unwrap(),
        "the user's"
    );
    world.cost();

    let error = world.call("error", "notes", Query).await.unwrap_err();
    let host = world.users.url.trim_start_matches("http://");
    assert_eq!(
        error.to_string(),
        format!(
            "query `notes` on {host}: blocked, the user's database has an error: the key was revoked"
        )
    );
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert_eq!(world.cost(), (1, 0), "only the record was read");
}

#[tokio::test]
async fn a_warm_call_is_one_request() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world.call("a", "notes", Query).await.unwrap();
    assert_eq!(world.cost(), (1, 1), "cold: the record, then the call");
    for _ in 0..3 {
        world.call("a", "notes", Query).await.unwrap();
        assert_eq!(world.cost(), (0, 1));
    }
    world.call("nobody", "notes", Query).await.unwrap();
    assert_eq!(world.cost(), (2, 0));
    world.call("nobody", "notes", Query).await.unwrap();
    assert_eq!(
        world.cost(),
        (1, 0),
        "that there is no record is remembered too"
    );
}

#[tokio::test]
async fn a_thousand_cold_calls_read_the_record_once() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let byod = world.byod.clone();
            tokio::spawn(async move { byod.client_for_table("notes", "a", Query).await })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap().unwrap().deployment.is_user());
    }
    assert_eq!(world.cost(), (1, 0));
}

#[tokio::test]
async fn a_user_is_called_with_the_users_key_and_main_without() {
    let world = World::new().await;
    world
        .save("a", "local:alice|key", ConnectionStatus::Connected)
        .await;
    world.call("a", "notes", Query).await.unwrap();
    world.call("a", "users", Query).await.unwrap();
    let user = &world.users.requests()[0];
    assert_eq!(user.headers["authorization"], "Convex local:alice|key");
    let main = world.main.requests().pop().unwrap();
    assert!(!main.headers.contains_key("authorization"));
}

#[tokio::test]
async fn clearing_a_user_leaves_users_with_a_similar_id() {
    let world = World::new().await;
    for user in ["a", "a:b"] {
        world
            .save(user, "local|key", ConnectionStatus::Connected)
            .await;
        world.call(user, "notes", Query).await.unwrap();
    }
    world.cost();
    world.byod.clear_user_client("a");
    world.call("a:b", "notes", Query).await.unwrap();
    assert_eq!(world.cost(), (0, 1));
    world.call("a", "notes", Query).await.unwrap();
    assert_eq!(world.cost(), (1, 1));
}

#[tokio::test]
async fn the_rollout_goes_in_steps_and_back() {
    let world = World::with(|byod| byod.rollout(Rollout::Off)).await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    world
        .save("failing", "local|key", ConnectionStatus::Error)
        .await;
    for user in ["a", "failing"] {
        assert_eq!(world.call(user, "notes", Mutation).await.unwrap(), "main's");
        assert_eq!(
            world.cost(),
            (1, 0),
            "switched off, the record does not matter"
        );
    }

    world.byod.rollout().set("notes", Rollout::ReadOnly);
    assert_eq!(
        world.call("a", "messages", Mutation).await.unwrap(),
        "main's"
    );
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "the user's");
    for kind in [Mutation, Action] {
        let error = world.call("a", "notes", kind).await.unwrap_err();
        assert!(matches!(error, Error::RolloutRefused { .. }), "{error}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
        assert_eq!(world.call("nobody", "notes", kind).await.unwrap(), "main's");
    }

    world.byod.rollout().set_all(Rollout::On);
    assert_eq!(
        world.call("a", "notes", Mutation).await.unwrap(),
        "the user's"
    );
    world.byod.rollout().set_all(Rollout::Off);
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "main's");
}

#[tokio::test]
async fn without_tables_no_name_is_routed() {
    let world = World::with(|byod| byod.tables(&[])).await;
    let error = world.call("a", "notes", Query).await.unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
    assert!(error.to_string().contains(".tables(tables!())"), "{error}");
    assert_eq!(world.cost(), (0, 0));
}

#[tokio::test]
async fn a_name_that_is_not_a_tables_goes_to_main() {
    let world = World::new().await;
    assert_eq!(world.call("a", "Notes", Query).await.unwrap(), "main's");
}

#[tokio::test]
async fn times_may_be_as_long_as_there_are() {
    let world = World::with(|byod| {
        byod.cache_ttl(Duration::MAX)
            .stale_while_error(Duration::MAX)
            .timeout(Duration::MAX)
            .connect_timeout(Duration::MAX)
    })
    .await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    assert_eq!(world.call("a", "notes", Query).await.unwrap(), "the user's");
    assert_eq!(world.call("a", "users", Query).await.unwrap(), "main's");
}
