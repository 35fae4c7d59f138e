//! Moves that are over and are asked for again, the same way or back.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use byod_local::{Local, LocalDeployment, Object, Value};
use byod_runtime::{Credentials, Direction, Error, Rollout};
use serde_json::{Value as Json, json};

use super::between::{Becomes, Between};
use super::notes::{
    change_on_main, change_there, note, remove_on_main, remove_there, sorted, titles,
};
use super::{AT_ONCE, World, everything};

/// Who disconnected has what they had on main, and goes on there; who moves in then has all of it, once, and what is on the
/// deployment still.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_move_begins_again_with_what_was_changed_since_on_both_sides() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 5);
    byod.move_in(alice, "alice").await.unwrap();
    change_there(&world, "hers 0", "changed there");
    change_there(&world, "hers 3", "changed there alone");
    remove_there(&world, "hers 1");
    byod.disconnect(alice).await.unwrap();
    change_on_main(&world, "hers 0", "changed on main as well");
    change_on_main(&world, "hers 2", "changed on main");
    remove_on_main(&world, "hers 4");

    // Main answers, whole, until the deployment does.
    let (own, main) = (&world.own, &world.main);
    let before = everything(main, alice);
    let moving = byod.move_in(alice, "alice").into_future();
    let watched = async {
        loop {
            let now = everything(main, alice);
            if byod.status(alice).await.unwrap().enabled {
                return;
            }
            assert_eq!(now, before);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (moved, ()) = tokio::join!(moving, watched);
    moved.unwrap();
    let expected = [
        "changed on main",
        "changed on main as well",
        "changed there",
        "changed there alone",
        "hers 1",
    ];
    assert_eq!(titles(own), expected);
    assert_eq!(everything(own, "alice").len(), 5 * 4 + 5);
}

/// What was deleted where it goes comes with another id, which all that refers to it has then.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_refers_to_what_comes_anew_names_the_new_one() {
    let world = World::start().await;
    let (byod, alice, own, main) = (&world.byod, &*world.alice, &world.own, &world.main);
    world.fill(alice, "hers", 3);
    let hers = sorted(everything(main, alice));
    let project = |side: &LocalDeployment| side.documents("projects")[1].id().unwrap().to_owned();
    byod.move_in(alice, "alice").await.unwrap();
    byod.disconnect(alice).await.unwrap();
    let (gone, kept) = (project(own), note(own, "hers 1"));
    let there = json!({"id": gone, "userId": "alice"});
    own.run("projects:remove", there).unwrap();
    byod.move_in(alice, "alice").await.unwrap();
    assert_eq!(sorted(everything(own, "alice")), hers);
    assert!(
        own.documents("projects")
            .iter()
            .all(|one| one.id() != Some(&*gone))
    );
    assert_eq!(
        note(own, "hers 1"),
        kept,
        "what refers to it is what it was"
    );

    // And back; what was changed on main alone is not written over.
    let (gone, kept) = (project(main), note(main, "hers 1"));
    let user = json!({"id": gone});
    main.run_as("alice", "projects:remove", user).unwrap();
    change_on_main(&world, "hers 0", "changed on main");
    byod.move_out(alice, "alice").await.unwrap();
    assert!(
        main.documents("projects")
            .iter()
            .all(|one| one.id() != Some(&*gone))
    );
    assert_eq!(note(main, "hers 1"), kept);
    assert_eq!(titles(main), ["changed on main", "hers 1", "hers 2"]);
    let named = |document: &Json| {
        document["projectId"].is_null() || document["projectId"]["is"].is_string()
    };
    assert!(everything(main, alice).iter().all(named));
}

/// Each document is again what it was: whatever names it, a link that somebody has, say, does still.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_goes_back_has_the_ids_that_it_had() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 4);
    let ids = || -> Vec<(String, String)> {
        let notes = world.main.documents("notes").into_iter();
        let told = |note: Object| {
            let title = note.str("title").unwrap().to_owned();
            (title, note.id().unwrap().to_owned())
        };
        notes.map(told).collect()
    };
    let before = ids();
    byod.move_in(alice, "alice").await.unwrap();
    let kept = ["hers 0", "hers 2", "hers 3"];
    let there = kept.map(|title| note(&world.own, title));
    let change = json!({"id": there[0], "userId": "alice", "content": "changed there"});
    world.own.run("notes:update", change).unwrap();
    remove_there(&world, "hers 1");
    let new = json!({"userId": "alice", "title": "new", "content": "", "createdAt": 9.0, "updatedAt": 9.0});
    world.own.insert("notes", new).unwrap();
    let hers = everything(&world.own, "alice");

    // The deployment answers: what is gone there goes.
    let moved = byod.move_out(alice, "alice").await.unwrap();
    assert_eq!(moved.documents, hers.len() as u64);
    let after = ids();
    let before: Vec<_> = before
        .iter()
        .filter(|(title, _)| title != "hers 1")
        .collect();
    assert_eq!(after.iter().take(3).collect::<Vec<_>>(), before);
    assert_eq!(after.len(), 4);
    assert_eq!(sorted(everything(&world.main, alice)), sorted(hers.clone()));
    assert_eq!(world.own.count("byodMoved"), 0);

    // And there again, with the ids that they have there.
    byod.move_in(alice, "alice").keep(AT_ONCE).await.unwrap();
    assert_eq!(kept.map(|title| note(&world.own, title)), there);
    assert_eq!(sorted(everything(&world.own, "alice")), sorted(hers));
    assert!(everything(&world.main, alice).is_empty());
    assert_eq!(
        (world.main.count("byodMoved"), world.own.count("byodMoved")),
        (0, 0)
    );
}

/// A deployment's word is its owner's: of main's documents it names theirs alone.
#[tokio::test]
async fn nobody_elses_document_is_taken_for_what_was_moved() {
    let world = World::start().await;
    let (byod, alice, bob) = (&world.byod, &*world.alice, &*world.bob);
    world.fill(alice, "hers", 1);
    world.fill(bob, "his", 1);
    let his = everything(&world.main, bob);
    let notes = world.main.documents("notes");
    let his_note = notes.iter().find(|note| note.str("userId") == Some(bob));
    let pair = json!({
        "old": "5tmg3wks00000000007dk28fy38f4yp9", "new": his_note.unwrap().id(), "created": 1.0,
        "hash": "0".repeat(32), "written": "1".repeat(32),
    });
    let args = json!({
        "user": alice, "subject": "alice", "move": "m", "table": "notes", "rows": [pair],
    });
    world.main.run("byod/moving:adopt", args).unwrap();
    assert_eq!(world.main.count("byodMoved"), 0);
    byod.move_in(alice, "alice").keep(AT_ONCE).await.unwrap();
    assert_eq!(everything(&world.main, bob), his);
}

/// Whoever moves in next, and can't, has what they had.
#[tokio::test]
async fn nothing_goes_before_it_is_known_that_the_next_can_be() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 3);
    let hers = everything(&world.main, alice);
    byod.move_in(alice, "alice").await.unwrap();
    byod.disconnect(alice).await.unwrap();
    let other = world.builder().build().unwrap();
    other.rollout().set("notes", Rollout::Off);
    let error = other.move_in(alice, "alice").await.unwrap_err();
    assert!(matches!(error, Error::NotMoved { .. }), "{error}");
    assert_eq!(everything(&world.main, alice), hers);
    let moved = byod.move_in(alice, "alice").keep(AT_ONCE).await;
    assert_eq!(moved.unwrap().direction, Direction::In, "nobody sees to it");
    assert_eq!(everything(&world.own, "alice"), hers);
}

/// Who asks again is told what came of it.
#[tokio::test]
async fn who_asks_twice_is_not_moved_twice() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 3);
    let first = byod.move_in(alice, "alice").await.unwrap();
    let ids = || {
        let notes = world.own.documents("notes");
        let ids = notes.iter().map(|note| note.id().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let there = ids();
    let second = byod.move_in(alice, "alice").await.unwrap();
    assert_eq!((first.documents, second.documents), (15, 15));
    assert_eq!(ids(), there);
    assert_eq!(
        everything(&world.main, alice).len(),
        15,
        "it stays for its time"
    );
}

/// What was being deleted where it was, for its time had come, may be on the other side alone: the user hasn't deleted it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_half_deleted_is_not_taken_for_deleted() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 3);
    let hers = everything(&world.main, alice);
    let main = Between::start(&world.main, |path, args| {
        match (path, args["table"].as_str()) {
            ("byod/moving:remove", Some("messages")) => Becomes::Error("not now"),
            _ => Becomes::Itself,
        }
    })
    .await;
    let byod = world.builder().main_url(&*main.url).build().unwrap();
    let half = byod.move_in(alice, "alice").keep(AT_ONCE).await;
    assert!(matches!(half, Err(Error::Function { .. })), "{half:?}");
    assert_eq!(
        (world.main.count("notes"), world.main.count("messages")),
        (0, 6)
    );
    world.byod.disconnect(alice).await.unwrap();
    world
        .byod
        .move_in(alice, "alice")
        .keep(AT_ONCE)
        .await
        .unwrap();
    assert_eq!(everything(&world.own, "alice"), hers);
    assert!(everything(&world.main, alice).is_empty());
}

/// What the side that it came from knew before is forgotten before it is told anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_known_of_the_move_before_is_forgotten_first() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 2);
    let is_down = Arc::new(AtomicBool::new(false));
    let down = is_down.clone();
    let own = Between::start(&world.own, move |path, _| {
        match path == "byod/moving:forget" && down.load(Ordering::Relaxed) {
            true => Becomes::Error("not now"),
            false => Becomes::Itself,
        }
    })
    .await;
    world.save(alice, &own.url, &world.own.deploy_key()).await;
    let byod = &world.byod;
    byod.move_in(alice, "alice").await.unwrap();
    change_there(&world, "hers 0", "changed there");
    is_down.store(true, Ordering::Relaxed);
    // It has switched, and goes on later.
    assert!(byod.move_out(alice, "alice").await.is_err());
    assert!(!byod.status(alice).await.unwrap().enabled);
    is_down.store(false, Ordering::Relaxed);
    change_on_main(&world, "changed there", "changed on main");
    byod.move_in(alice, "alice").await.unwrap();
    assert_eq!(titles(&world.own), ["changed on main", "hers 1"]);
}

/// What was changed there alone stays as it is, also where it was without something, and all is copied once more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_changed_there_stays_whatever_comes_meanwhile() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(&world.bob, "his", 1);
    let project = world.main.documents("projects")[0].id().unwrap().to_owned();
    let hers = json!({
        "userId": alice, "title": "hers", "content": "", "projectId": project, "createdAt": 7.0, "updatedAt": 7.0,
    });
    world.main.insert("notes", hers).unwrap();
    let other = json!({
        "userId": alice, "title": "as it was", "content": "", "createdAt": 7.0, "updatedAt": 7.0,
    });
    world.main.insert("notes", other).unwrap();
    let moved = byod.move_in(alice, "alice").await.unwrap();
    assert_eq!(moved.notes.len(), 1, "it is without its project");
    change_there(&world, "hers", "changed there");
    byod.disconnect(alice).await.unwrap();
    let moving = byod.move_in(alice, "alice").into_future();
    let meanwhile = async {
        while world
            .own
            .documents("byodMoved")
            .iter()
            .all(|row| row.bool("stays").is_none())
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Past the service, after it was listed.
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.fill(alice, "late", 1);
        change_there(&world, "as it was", "changed meanwhile");
    };
    let (moved, ()) = tokio::join!(moving, meanwhile);
    moved.unwrap();
    let expected = ["changed meanwhile", "changed there", "late 0"];
    assert_eq!(titles(&world.own), expected);
}

/// What they deleted on the side that answers is deleted, also by who connects again with all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_connects_again_with_all_has_not_what_they_deleted() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 2);
    byod.move_in(alice, "alice").await.unwrap();
    byod.move_out(alice, "alice").await.unwrap();
    remove_on_main(&world, "hers 1");
    let credentials = Credentials::new(world.own.url(), world.own.deploy_key());
    let brought = byod.connect(alice, "alice", &credentials).bring_data();
    assert!(brought.await.unwrap().moved.is_some());
    assert_eq!(titles(&world.own), ["hers 0"]);
}

/// That it moved to one deployment says nothing of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_has_connected_another_deployment_moves_there() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 2);
    let hers = everything(&world.main, alice);
    byod.move_in(alice, "alice").await.unwrap();
    let other = world.user_deployment("other").await;
    world.connect(&other).await;
    byod.move_in(alice, "alice").keep(AT_ONCE).await.unwrap();
    assert_eq!(everything(&other, "alice"), hers);
    assert!(everything(&world.main, alice).is_empty());
}

/// Its owner may have a deployment say anything of what was moved.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_no_deployment_says_is_not_told_to_main() {
    let mut world = World::start().await;
    let own =
        Local::user(&world.manifest)
            .name("hostile")
            .function("byod/moving:brought", |_, _| {
                let pair = Object::from([
                    ("old", "x".repeat(1_000).into()),
                    ("new", "y".into()),
                    ("created", 1.0.into()),
                    ("hash", "0".repeat(32).into()),
                    ("written", "0".repeat(32).into()),
                ]);
                let rows = vec![Value::from(pair)];
                Ok(Object::from([
                    ("rows", rows.into()),
                    ("cursor", "on".into()),
                ]))
            });
    world.own = own.start().await.unwrap();
    let alice = &*world.alice;
    world
        .save(alice, &world.own.url(), &world.own.deploy_key())
        .await;
    world.fill(alice, "hers", 1);
    let hers = everything(&world.main, alice);
    world.byod.move_in(alice, "alice").await.unwrap();
    let error = world.byod.move_out(alice, "alice").await.unwrap_err();
    assert!(
        matches!(&error, Error::NotMoved { reason, .. } if reason.contains("as `byod export` doesn't")),
        "{error}"
    );
    assert_eq!(world.main.count("byodMoved"), 0);
    assert_eq!(everything(&world.main, alice), hers);
}
