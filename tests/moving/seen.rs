//! What others see of a move: who looks on, and who is told before that it can't be.

use std::collections::BTreeSet;
use std::time::Duration;

use byod_local::{Local, LocalDeployment};
use byod_runtime::Error;
use serde_json::Value as Json;
use tokio::time::timeout;

use super::between::{Becomes, Between};
use super::schemas::{changed, fields, table};
use super::{World, everything};

/// In another process, which would read the record again in an hour.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn others_see_how_far_it_is_and_where_the_data_is_then() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 300);
    let own = Between::start(&world.own, |path, _| {
        if path == "byod/moving:write" {
            std::thread::sleep(Duration::from_millis(500));
        }
        Becomes::Itself
    });
    let own = own.await;
    world.save(alice, &own.url, &world.own.deploy_key()).await;
    let hour = Duration::from_secs(3_600);
    let other = world.builder().cache_ttl(hour).build().unwrap();
    let mut status = other.watch_status(alice);
    let mut seen = BTreeSet::new();
    let watched = async {
        loop {
            status.changed().await.unwrap();
            let now = status.borrow_and_update().clone();
            let is_there = now.enabled;
            if let Some(moving) = now.record.and_then(|record| record.moving) {
                seen.insert((moving.phase, moving.done as u64));
            }
            if is_there {
                return;
            }
        }
    };
    let watched = timeout(Duration::from_secs(60), watched);
    let (moved, watched) = tokio::join!(world.byod.move_in(alice, "alice"), watched);
    moved.unwrap();
    watched.expect("they are told that it is over");
    let copied = seen.iter().filter(|(phase, _)| phase == "copy");
    assert!(copied.count() > 2, "{seen:?}");
}

/// Whoever comes second is told so, and may look on; what moves is there once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_that_are_asked_at_once_move_it_once() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 40);
    let hers = everything(&world.main, alice);
    let other = world.builder().build().unwrap();
    let (one, another) = tokio::join!(
        world.byod.move_in(alice, "alice"),
        other.move_in(alice, "alice")
    );
    let ((Ok(moved), Err(error)) | (Err(error), Ok(moved))) = (one, another) else {
        panic!("one of them moves it")
    };
    let Error::NotMoved { reason, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(reason.contains("another process"), "{reason}");
    assert_eq!(moved.documents, hers.len() as u64);
    assert_eq!(everything(&world.own, "alice"), hers);
}

type Change = fn(&mut Json);

/// A deployment of a schema of another time.
async fn other(change: Change) -> LocalDeployment {
    let local = Local::user(&changed(change)).name("older");
    local.start().await.unwrap()
}

/// By its schema, and then by its documents: before anything is refused to the user.
#[tokio::test]
async fn what_the_other_side_does_not_take_is_found_in_the_check() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 2);
    let hers = everything(&world.main, alice);
    let no_table: Change =
        |manifest| table(manifest, "main", "notes")["tableName"] = "papers".into();
    let differs: [(Change, &str); 2] = [
        (no_table, "the other side has no table `notes`"),
        (
            |manifest| {
                drop(
                    fields(manifest, "main", "notes")
                        .remove("projectId")
                        .unwrap(),
                )
            },
            "`notes` is not the same on both sides, and 2 of its documents can't be on the other",
        ),
    ];
    for (change, problem) in differs {
        let own = other(change).await;
        world.save(alice, &own.url(), &own.deploy_key()).await;
        let plan = world.byod.move_in(alice, "alice").plan().await.unwrap();
        assert!(plan.problem.unwrap().starts_with(problem));
        match world.byod.move_in(alice, "alice").await {
            Err(Error::NotMoved { reason, .. }) => assert!(reason.contains(problem), "{reason}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(everything(&world.main, alice), hers);
        assert_eq!(own.count("messages"), 0);
        let status = world.byod.status(alice).await.unwrap();
        assert_eq!(status.record.unwrap().moving, None);
    }
    // What no document has is in nobody's way.
    let without = |manifest: &mut Json| drop(fields(manifest, "main", "notes").remove("pinned"));
    let own = other(without).await;
    world.save(alice, &own.url(), &own.deploy_key()).await;
    let moved = world.byod.move_in(alice, "alice").await.unwrap();
    assert_eq!((moved.documents, moved.kept), (10, 0));
    assert_eq!(everything(&own, "alice"), hers);
}
