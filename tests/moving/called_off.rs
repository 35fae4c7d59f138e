//! Moves that begin again, and are called off: both sides are what they were.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use byod_local::Object;
use byod_runtime::KeepFor;
use serde_json::json;
use tokio::time::timeout;

use super::between::{Becomes, Between};
use super::notes::{
    change_on_main, change_there, cut_off, has, note, remove_on_main, remove_there, sorted, titles,
};
use super::{AT_ONCE, World, everything};

/// What was changed there stays, also where it is called off.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_move_that_begins_again_and_is_called_off_leaves_what_was_changed_there() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 2);
    byod.move_in(alice, "alice").await.unwrap();
    change_there(&world, "hers 0", "changed there");
    byod.disconnect(alice).await.unwrap();
    let hers = everything(&world.main, alice);
    let is_known = || {
        let rows = world.own.documents("byodMoved");
        rows.iter().any(|row| row.bool("stays") == Some(true))
    };
    cut_off(byod.move_in(alice, "alice"), is_known).await;
    assert!(byod.cancel_move(alice).await.unwrap());
    assert_eq!(everything(&world.main, alice), hers);
    assert_eq!(titles(&world.own), ["changed there", "hers 1"]);
    // It is over as it was before: it may begin again.
    byod.move_in(alice, "alice").keep(AT_ONCE).await.unwrap();
    assert_eq!(titles(&world.own), ["changed there", "hers 1"]);
    assert!(everything(&world.main, alice).is_empty());
    assert_eq!(world.own.count("byodMoved"), 0);
}

/// One that is called off leaves main as it was, also where it went on in another process, and nothing is there twice by the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_goes_back_is_there_once_though_one_was_called_off() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 3);
    byod.move_in(alice, "alice").await.unwrap();
    change_there(&world, "hers 0", "changed");
    change_there(&world, "hers 1", "changed as well");
    let stamps = [
        ("userId", "alice".into()),
        ("createdAt", 9.0.into()),
        ("updatedAt", 9.0.into()),
    ];
    let new = |table: &str, field: &str| {
        let name = [(field, "new".into()), ("content", "".into())];
        let kept = usize::from(field == "title") + 1;
        let document = Object::from_iter(name.into_iter().take(kept).chain(stamps.clone()));
        world.own.insert(table, document).unwrap()
    };
    // What was moved names what is new by now.
    let (project, _) = (new("projects", "name"), new("notes", "title"));
    let named = json!({
        "id": note(&world.own, "changed as well"), "userId": "alice", "projectId": project,
    });
    world.own.run("notes:update", named).unwrap();
    let before = everything(&world.main, alice);
    let is_there = |title: &str| has(&world.main, title);
    for _ in 0..2 {
        let mut moving = Box::pin(byod.move_out(alice, "alice").into_future());
        while !is_there("changed") || !is_there("new") {
            let _ = timeout(Duration::from_millis(5), &mut moving).await;
        }
        // All is listed once more by whoever goes on.
        let _ = timeout(Duration::from_millis(300), &mut moving).await;
        drop(moving);
        world.let_go();
    }
    assert!(byod.cancel_move(alice).await.unwrap());
    assert_eq!(everything(&world.main, alice), before);
    assert_eq!(world.main.count("byodMoved"), 0);
    // The deployment answers still.
    change_there(&world, "changed", "changed again");
    let hers = everything(&world.own, "alice");
    byod.move_out(alice, "alice").await.unwrap();
    assert_eq!(
        titles(&world.main),
        ["changed again", "changed as well", "hers 2", "new"]
    );
    assert_eq!(sorted(everything(&world.main, alice)), sorted(hers));
    byod.move_in(alice, "alice").keep(AT_ONCE).await.unwrap();
    let known = [&world.main, &world.own].map(|side| side.count("byodMoved"));
    assert_eq!(known, [0, 0]);
}

/// Nothing is kept of what was there before, once nothing can be called off any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_former_text_stays() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 2);
    byod.move_in(alice, "alice").await.unwrap();
    for title in ["changed", "changed again"] {
        let before = titles(&world.own).remove(0);
        change_there(&world, &before, title);
        byod.move_out(alice, "alice").await.unwrap();
        assert_eq!(titles(&world.main), [title, "hers 1"]);
        let known = world.main.documents("byodMoved");
        assert!(known.iter().all(|row| row.get("former").is_none()));
        world.connect(&world.own).await;
    }
}

/// One that is called off is nothing to the move before it: what is due to be deleted is deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_called_off_leaves_nothing_to_the_tidying() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 2);
    let soon = KeepFor::Time(Duration::from_secs(1));
    byod.move_in(alice, "alice").keep(soon).await.unwrap();
    change_there(&world, "hers 0", "changed");
    cut_off(byod.move_out(alice, "alice"), || {
        has(&world.main, "changed")
    })
    .await;
    assert!(byod.cancel_move(alice).await.unwrap());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(byod.resume_moves().await.unwrap().ended, 1);
    let known = [&world.main, &world.own].map(|side| side.count("byodMoved"));
    assert_eq!(known, [0, 0]);
    assert_eq!(titles(&world.own), ["changed", "hers 1"]);
    assert_eq!(world.main.count("notes"), 0);
}

/// What the user changes on either side, before or after, is theirs: whichever way the next one goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_called_off_is_not_taken_for_what_they_changed() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 3);
    byod.move_in(alice, "alice").await.unwrap();
    change_there(&world, "hers 0", "changed");
    change_there(&world, "hers 1", "changed as well");
    byod.disconnect(alice).await.unwrap();
    change_on_main(&world, "hers 2", "changed on main");
    cut_off(byod.move_out(alice, "alice"), || {
        has(&world.main, "changed as well")
    })
    .await;
    assert!(byod.cancel_move(alice).await.unwrap());
    let on_main = ["changed on main", "hers 0", "hers 1"];
    assert_eq!(titles(&world.main), on_main);
    change_on_main(&world, "hers 1", "changed on main as well");
    byod.move_in(alice, "alice").await.unwrap();
    let expected = [
        "changed",
        "changed as well",
        "changed on main",
        "changed on main as well",
    ];
    assert_eq!(titles(&world.own), expected);
    byod.disconnect(alice).await.unwrap();
    byod.move_in(alice, "alice").await.unwrap();
    assert_eq!(titles(&world.own), expected);
}

/// What was removed on the deployment came back with main, which has it alone by then.
#[tokio::test]
async fn what_came_back_when_they_disconnected_stays() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 2);
    let hers = everything(&world.main, alice);
    byod.move_in(alice, "alice").await.unwrap();
    remove_there(&world, "hers 0");
    byod.disconnect(alice).await.unwrap();
    assert_eq!(everything(&world.main, alice), hers);
    // Whether it is called off or not.
    cut_off(byod.move_out(alice, "alice"), || {
        world.main.count("byodMoved") > 0
    })
    .await;
    assert!(byod.cancel_move(alice).await.unwrap());
    assert_eq!(everything(&world.main, alice), hers);
    byod.move_out(alice, "alice").await.unwrap();
    assert_eq!(sorted(everything(&world.main, alice)), sorted(hers));
}

/// One that was called off is over as it was: what the user deletes afterwards is deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_deleted_after_one_was_called_off_is_deleted() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 2);
    byod.move_in(alice, "alice").await.unwrap();
    byod.disconnect(alice).await.unwrap();
    cut_off(byod.move_out(alice, "alice"), || {
        world.main.count("byodMoved") > 0
    })
    .await;
    assert!(byod.cancel_move(alice).await.unwrap());
    remove_on_main(&world, "hers 1");
    byod.move_in(alice, "alice").await.unwrap();
    assert_eq!(titles(&world.own), ["hers 0"]);
}

/// Who could not call it off, for the deployment failed, asks again, and is waited for by nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_could_not_call_it_off_asks_again() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 5);
    let is_down = Arc::new(AtomicBool::new(true));
    let down = is_down.clone();
    let own = Between::start(&world.own, move |path, _| {
        match path == "byod/moving:clear" && down.load(Ordering::Relaxed) {
            true => Becomes::Error("not now"),
            false => Becomes::Itself,
        }
    })
    .await;
    world.save(alice, &own.url, &world.own.deploy_key()).await;
    cut_off(byod.move_in(alice, "alice"), || {
        world.own.count("notes") > 0
    })
    .await;
    assert!(byod.cancel_move(alice).await.is_err());
    is_down.store(false, Ordering::Relaxed);
    assert!(byod.cancel_move(alice).await.unwrap());
    let left = (world.own.count("notes"), world.own.count("byodMoved"));
    assert_eq!(left, (0, 0));
}
