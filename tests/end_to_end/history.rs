//! What becomes of a user's deployment is kept on main, by the functions that the example deploys.

use byod_runtime::{Credentials, HistoryKind, RolloutProgress, RolloutState, WaveProgress};
use serde_json::{Value, json};

use crate::support::world::{User, World};

async fn kinds(world: &World, user: &User) -> Vec<HistoryKind> {
    let history = world.byod.history(&*user.id).await.unwrap().unwrap();
    assert!(history.is_sorted_by(|later, earlier| later.at >= earlier.at));
    let mut kinds: Vec<_> = history.iter().map(|entry| entry.kind).collect();
    kinds.reverse();
    kinds
}

/// Changes the user's record, as any process does.
async fn change(world: &World, user: &User, mut changes: Value) {
    let record = world.byod.user_record(&*user.id).await.unwrap().unwrap();
    changes["configId"] = record.id.into();
    changes["updatedAt"] = (record.updated_at + 1.0).into();
    let path = "byod/credentials:updateConfig";
    let changed: bool = world.main_admin().mutation(path, &changes).await.unwrap();
    assert!(changed);
}

#[tokio::test]
async fn what_becomes_of_a_deployment_is_kept() {
    let Some(world) = World::start() else { return };
    let (alice, bob) = (world.connected_user("alice").await, world.user("bob").await);
    assert_eq!(kinds(&world, &alice).await, [HistoryKind::Connected]);

    // A test that finds nothing new is no news.
    world.byod.test_connection(&*alice.id).await.unwrap();
    change(
        &world,
        &alice,
        json!({"connectionStatus": "error", "connectionError": "it is paused"}),
    )
    .await;
    change(
        &world,
        &alice,
        json!({"connectionStatus": "error", "connectionError": "it is paused still"}),
    )
    .await;
    world.byod.test_connection(&*alice.id).await.unwrap();
    change(
        &world,
        &alice,
        json!({"schemaVersion": 9, "lastSchemaDeploy": 1_700_000_000_000.0}),
    )
    .await;
    let same = Credentials::new(&*world.users.url, &*world.users.deploy_key);
    let rotated = world
        .byod
        .rotate_credentials(&*alice.id, &*alice.subject, &same);
    rotated.await.unwrap();
    world.byod.disconnect(&*alice.id).await.unwrap();
    use HistoryKind::{
        Blocked, Connected, Credentials as Entered, Deployed, Disconnected, Recovered,
    };
    assert_eq!(
        kinds(&world, &alice).await,
        [
            Connected,
            Blocked,
            Recovered,
            Deployed,
            Entered,
            Disconnected
        ]
    );
    assert_eq!(kinds(&world, &bob).await, [], "nothing of anybody else");
    let history = world.byod.history(&*alice.id).await.unwrap().unwrap();
    let deployed = history.iter().find(|entry| entry.kind == Deployed).unwrap();
    assert_eq!(deployed.schema_version, 9);
    // Neither a secret nor a text.
    let shown = serde_json::to_string(&history).unwrap();
    assert!(!shown.contains("paused") && !shown.contains(&world.users.deploy_key));
    let stored: Value = world
        .main_admin()
        .query("byod/history:get", &json!({"user": alice.id}))
        .await
        .unwrap();
    assert!(!stored.to_string().contains("paused"), "{stored}");

    // No more is kept of one who comes and goes.
    for _ in 0..30 {
        change(&world, &alice, json!({"connectionStatus": "error"})).await;
        change(&world, &alice, json!({"connectionStatus": "connected"})).await;
    }
    let kept = kinds(&world, &alice).await;
    assert_eq!(kept.len(), 50);
    assert_eq!(kept[..2], [Blocked, Recovered]);
}

#[tokio::test]
async fn the_latest_rollouts_are_kept() {
    let Some(world) = World::start() else { return };
    if world.is_live() {
        // It would drive out those that are somebody's.
        return;
    }
    let progress = |run: usize, done: u64| RolloutProgress {
        run: format!("run {run}"),
        by: "machine 1".to_owned(),
        schema_version: run as u64,
        state: RolloutState::Running,
        wave: 1,
        waves: vec![WaveProgress {
            up_to: "100%".to_owned(),
            users: 5,
            due: 5,
            allowed: 0,
            done,
            failed: 0,
            left: 0,
        }],
    };
    for run in 0..22 {
        for done in [0, 1] {
            assert!(world.byod.note_rollout(&progress(run, done)).await.unwrap());
            // Two of one millisecond have no order.
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
    let kept = world.byod.rollouts().await.unwrap().unwrap();
    assert_eq!(kept.len(), 20);
    assert_eq!(kept[0].progress, progress(21, 1));
    assert_eq!(kept[19].progress, progress(2, 1));
    assert!(kept[0].begun < kept[0].updated);
}
