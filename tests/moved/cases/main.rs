//! What a user has moves to their own deployment and back: nothing is lost, and nothing is
//! there twice.

mod away;
#[path = "../../support/certificates.rs"]
mod certificates;
mod content;
mod cut_off;
mod faults;
mod fetched;
#[path = "../../support/floods.rs"]
mod floods;
mod functions;
mod late;
#[path = "../../support/node.rs"]
#[allow(dead_code, reason = "others use the rest of it")]
mod node;
#[path = "../../support/proxy.rs"]
mod proxy;
mod service;

use std::time::Duration;

use byod_runtime::{ConnectionStatus, Credentials, Direction, Error, KeepFor};
use serde_json::{Value, json};

use content::{everything_of, everything_there};
use service::{User, World};

/// What was moved doesn't stay where it was.
const AT_ONCE: KeepFor = KeepFor::Time(Duration::ZERO);

async fn fill(world: &World, user: &User, notes: u32, from: u32) -> Vec<String> {
    let args = json!({"user": user.id, "notes": notes, "from": from});
    world.on_main("peek:fill", &args).await
}

async fn list(user: &User) -> Vec<String> {
    user.query("notes:list", json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_has_goes_in_and_out_and_in_again() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    for from in [0, 100, 200] {
        fill(&world, &alice, 40, from).await;
        fill(&world, &bob, 3, from).await;
    }
    let (hers, his) = (
        everything_of(&world, &alice.id).await,
        everything_of(&world, &bob.id).await,
    );
    let titles = list(&alice).await;
    alice.connect(&world.byod).await;
    assert_eq!(list(&alice).await, [""; 0], "that is why they move");

    for _ in 0..2 {
        let moved = world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE);
        let moved = moved.await.unwrap();
        assert_eq!((moved.documents, moved.kept), (3 + 120 + 9, 0));
        assert_eq!(moved.notes, []);
        assert_eq!(everything_there(&alice).await, hers);
        assert!(everything_of(&world, &alice.id).await.is_empty());
        assert_eq!(everything_of(&world, &bob.id).await, his);
        assert_eq!(list(&alice).await, titles);
        let status = world.byod.status(&*alice.id).await.unwrap();
        let record = status.record.unwrap();
        assert_eq!(record.connection_status, ConnectionStatus::Connected);
        assert_eq!(record.moving, None);

        let moved = world.byod.move_out(&*alice.id, "alice").keep(AT_ONCE);
        let moved = moved.await.unwrap();
        assert_eq!((moved.documents, moved.kept), (3 + 120 + 9, 0));
        assert_eq!(everything_of(&world, &alice.id).await, hers);
        assert!(everything_there(&alice).await.is_empty());
        assert_eq!(everything_of(&world, &bob.id).await, his);
        assert_eq!(list(&alice).await, titles);
        let status = world.byod.status(&*alice.id).await.unwrap();
        assert!(!status.enabled);
    }
    let history = world.byod.history(&*alice.id).await.unwrap().unwrap();
    let ways: Vec<_> = history.iter().filter_map(|entry| entry.direction).collect();
    let (there, back) = (Direction::In, Direction::Out);
    assert_eq!(ways, [back, there, back, there], "the latest first");
}

/// What was moved is where it was for a while, and goes before it could be there twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_moved_stays_where_it_was_until_it_moves_again() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 5, 0).await;
    let hers = everything_of(&world, &alice.id).await;
    alice.connect(&world.byod).await;
    let moved = world.byod.move_in(&*alice.id, "alice").keep(KeepFor::Good);
    moved.await.unwrap();
    assert_eq!(everything_there(&alice).await, hers);
    assert_eq!(everything_of(&world, &alice.id).await, hers);
    // When it was made is in the field that is named for it.
    let notes = json!({"table": "notes"});
    let here: Vec<Value> = world.on_main("peek:peek", &notes).await;
    let there: Vec<Value> = alice.there("custom/peek:peek", &notes).await;
    let made = |notes: &[Value], at: &str| -> Vec<Value> {
        notes.iter().map(|note| note[at].clone()).collect()
    };
    assert_eq!(made(&there, "madeAt"), made(&here, "_creationTime"));
    let resumed = world.byod.resume_moves().await.unwrap();
    assert_eq!((resumed.ended, resumed.failed), (0, 0));
    assert_eq!(everything_of(&world, &alice.id).await, hers);

    let moved = world.byod.move_out(&*alice.id, "alice");
    moved.await.unwrap();
    assert_eq!(everything_of(&world, &alice.id).await, hers);
    assert_eq!(everything_there(&alice).await, hers);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_moves_reads_go_on_and_writes_are_refused() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    fill(&world, &alice, 5, 0).await;
    let folder = json!({"name": "new"});
    let titles = list(&alice).await;
    let other = world.another();
    let there = world.session(&other, &alice.id, "alice");
    let known = there
        .query::<Vec<String>>("notes:list", &json!({}))
        .unwrap();
    assert_eq!(known.await.unwrap(), titles);

    let (byod, id) = (world.byod.clone(), alice.id.clone());
    alice.prepare(&world.byod).await;
    let moving = tokio::spawn(async move { byod.move_in(id, "alice").keep(AT_ONCE).await });
    let mut refused = 0;
    while !moving.is_finished() {
        let status = world.byod.status(&*alice.id).await.unwrap();
        let moving = status.record.and_then(|record| record.moving);
        if moving.is_some_and(|moving| moving.frozen) {
            // Where it is read until it is switched: they see what they have.
            assert_eq!(list(&alice).await, titles);
            let write = alice.session.mutation::<String>("folders:create", &folder);
            match write.unwrap().await {
                Err(error @ Error::Moving { .. }) => {
                    assert_eq!(error.http_status(), 503);
                    assert!(error.retry_after().is_some() && error.is_retryable());
                    refused += 1;
                }
                // It is over by now.
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
            // Nobody else waits.
            bob.mutation::<String>("folders:create", folder.clone())
                .await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    moving.await.unwrap().unwrap();
    assert!(refused > 0);
    assert_eq!(list(&alice).await, titles);
    let known = there
        .query::<Vec<String>>("notes:list", &json!({}))
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(known.await.unwrap(), titles);
    alice.mutation::<String>("folders:create", folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_move_with_what_names_them() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    let notes = fill(&world, &alice, 3, 0).await;
    let text = "a picture".repeat(1000);
    let file: String = world.on_main("peek:store", &json!({"text": text})).await;
    for note in &notes {
        let patch = json!({"id": note, "document": {"cover": file}});
        world.on_main::<()>("peek:patch", &patch).await;
    }
    alice.connect(&world.byod).await;
    let planned = world.byod.move_in(&*alice.id, "alice").plan().await;
    let planned = planned.unwrap().tables;
    let notes = planned.iter().find(|table| table.table == "notes").unwrap();
    assert_eq!((notes.files, notes.file_bytes), (1, text.len() as u64));
    let moved = world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE);
    let moved = moved.await.unwrap();
    assert_eq!((moved.files, moved.kept), (1, 0));
    let there: Vec<Value> = alice
        .there("custom/peek:peek", &json!({"table": "notes"}))
        .await;
    assert_eq!(there.len(), 3);
    for note in there {
        let args = json!({"id": note["cover"]});
        assert_eq!(alice.there::<String>("custom/peek:text", &args).await, text);
    }
}

/// What refers to somebody else's, or to what is gone.
#[tokio::test(flavor = "multi_thread")]
async fn what_cant_be_there_stays_and_is_told() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let hers = fill(&world, &alice, 3, 0).await;
    let his = fill(&world, &bob, 1, 50).await;
    let folders: Vec<Value> = world
        .on_main("peek:peek", &json!({"table": "folders"}))
        .await;
    let of_bob = folders.iter().find(|folder| folder["userId"] == *bob.id);
    let patch = json!({"id": hers[1], "document": {"folderId": of_bob.unwrap()["_id"]}});
    world.on_main::<()>("peek:patch", &patch).await;
    let patch =
        json!({"id": hers[0], "document": {"pinned": his[0], "related": [his[0], hers[2]]}});
    world.on_main::<()>("peek:patch", &patch).await;
    alice.connect(&world.byod).await;

    let planned = world.byod.move_in(&*alice.id, "alice").plan().await;
    let planned = planned.unwrap();
    assert_eq!(planned.problem, None);
    let tables = planned.tables.iter().filter(|table| table.documents > 0);
    let told = tables.map(|table| {
        let reasons = table.staying.iter().map(|(_, reason)| reason.as_str());
        let reasons: Vec<&str> = reasons.collect();
        (&*table.table, table.documents, table.stays, reasons)
    });
    let told: Vec<(&str, u64, u64, Vec<&str>)> = told.collect();
    assert_eq!(
        told,
        [
            ("folders", 1, 0, vec![]),
            ("notes", 3, 1, vec!["it needs folderId"]),
            ("comments", 3, 1, vec!["it needs noteId"]),
        ]
    );
    let notes = planned.tables.iter().find(|table| table.table == "notes");
    let notes = notes.unwrap();
    let without: Vec<&str> = notes.without.iter().map(|(what, _)| &**what).collect();
    for what in ["pinned", "related[]"] {
        assert!(without.contains(&what), "{without:?}");
    }
    assert!(notes.references > 6);

    let moved = world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE);
    let moved = moved.await.unwrap();
    // The note in his folder, and the comment on it.
    assert_eq!((moved.documents, moved.kept), (5, 2), "{moved:?}");
    let left = moved.left.iter().map(|left| (&*left.table, &*left.reason));
    let left: Vec<(&str, &str)> = left.collect();
    assert_eq!(
        left,
        [
            ("notes", "it needs folderId"),
            ("comments", "it needs noteId")
        ]
    );
    let said: Vec<&str> = moved.notes.iter().map(|(note, _)| &**note).collect();
    for note in ["notes: without `pinned`", "notes: without `related[]`"] {
        assert!(said.contains(&note), "{said:?}");
    }
    let left = everything_of(&world, &alice.id).await;
    assert_eq!(left.len(), 2, "{left:#?}");
    assert_eq!(everything_of(&world, &bob.id).await.len(), 3);
}

/// A deployment is in its owner's hands, and main is everybody's.
#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_user_may_bring_does_not_come_to_main() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 20, 0).await;
    let hers = everything_of(&world, &alice.id).await;
    alice.connect(&world.byod).await;
    let moved = world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE);
    moved.await.unwrap();
    for (documents, bytes) in [(10, 1 << 20), (1000, 1000)] {
        let strict = world.strict(documents, bytes);
        let error = strict.move_out(&*alice.id, "alice").await.unwrap_err();
        assert!(
            matches!(&error, Error::NotMoved { reason, .. } if reason.contains("most_moved_out")),
            "{error}"
        );
        assert!(everything_of(&world, &alice.id).await.is_empty());
        assert_eq!(everything_there(&alice).await, hers);
    }
    let moved = world.strict(24, 1 << 20).move_out(&*alice.id, "alice");
    moved.await.unwrap();
    assert_eq!(everything_of(&world, &alice.id).await, hers);
}

/// Boxes and lids of which neither can be without the other; one of them is in a folder that
/// is somebody else's.
#[tokio::test(flavor = "multi_thread")]
async fn what_cant_be_without_each_other_moves_together() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    fill(&world, &alice, 2, 0).await;
    fill(&world, &bob, 1, 50).await;
    let folders: Vec<Value> = world
        .on_main("peek:peek", &json!({"table": "folders"}))
        .await;
    let folder_of = |user: &User| {
        let folder = folders.iter().find(|folder| folder["userId"] == *user.id);
        folder.unwrap()["_id"].clone()
    };
    let (own, other) = (folder_of(&alice), folder_of(&bob));
    let mut beside = Value::Null;
    for (name, folder) in [
        ("first", &own),
        ("second", &own),
        ("his", &other),
        ("last", &own),
    ] {
        let mut args = json!({"user": alice.id, "name": name, "folder": folder});
        if !beside.is_null() {
            args["beside"] = beside;
        }
        beside = world.on_main("peek:box", &args).await;
    }
    let hers = everything_of(&world, &alice.id).await;
    alice.connect(&world.byod).await;
    let moved = world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE);
    let moved = moved.await.unwrap();
    let left = moved.left.iter().map(|left| (&*left.table, &*left.reason));
    let left: Vec<(&str, &str)> = left.collect();
    assert_eq!(
        left,
        [("boxes", "it needs folderId"), ("lids", "it needs box")]
    );
    let expected = hers
        .iter()
        .filter(|doc| doc["name"] != "his")
        .cloned()
        .map(|mut doc| {
            // The last one is beside what stays.
            if doc["beside"] == json!({"is": "his"}) {
                doc.as_object_mut().unwrap().remove("beside");
            }
            doc
        });
    let expected: Vec<Value> = expected.collect();
    assert_eq!(everything_there(&alice).await, expected);
    let moved = world.byod.move_out(&*alice.id, "alice").keep(AT_ONCE);
    assert_eq!(moved.await.unwrap().kept, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_called_off_leaves_nothing() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 30, 0).await;
    let hers = everything_of(&world, &alice.id).await;
    alice.prepare(&world.byod).await;
    assert!(!world.byod.cancel_move(&*alice.id).await.unwrap());
    let (byod, id) = (world.another(), alice.id.clone());
    let moving = tokio::spawn(async move { byod.move_in(id, "alice").await });
    while everything_there(&alice).await.len() < 30 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Another process does it.
    assert!(world.byod.cancel_move(&*alice.id).await.unwrap());
    let error = moving.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::NotMoved { .. }), "{error}");
    assert_eq!(everything_of(&world, &alice.id).await, hers);
    assert!(everything_there(&alice).await.is_empty());
    let folder = json!({"name": "new"});
    alice.mutation::<String>("folders:create", folder).await;
}

/// Who watches sees what they have, wherever it is, and what comes to it.
#[tokio::test(flavor = "multi_thread")]
async fn who_watches_goes_along() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 3, 0).await;
    let titles = list(&alice).await;
    alice.prepare(&world.byod).await;
    let query = alice.session.query::<Vec<String>>("notes:list", &json!({}));
    let mut live = query.unwrap().watch();
    assert_eq!(live.next().await.unwrap().unwrap(), titles);
    let moved = world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE);
    moved.await.unwrap();
    let folder: String = alice
        .mutation("folders:create", json!({"name": "new"}))
        .await;
    let note = json!({"title": "written there", "folderId": folder});
    alice.mutation::<String>("notes:create", note).await;
    let seen = async {
        loop {
            let seen = live.next().await.unwrap().unwrap();
            // Never an empty app in between.
            assert!(seen.len() >= titles.len(), "{seen:?}");
            if seen.iter().any(|title| title == "written there") {
                return;
            }
        }
    };
    let soon = tokio::time::timeout(Duration::from_secs(20), seen);
    soon.await.expect("it is seen");
}

/// What runs on main and asks for what its caller has is told so there.
#[tokio::test(flavor = "multi_thread")]
async fn an_action_on_main_writes_nothing_while_it_moves() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 3, 0).await;
    let folder = json!({"name": "imported"});
    let hers = everything_of(&world, &alice.id).await;
    let titles = list(&alice).await.join(", ");
    alice.prepare(&world.byod).await;
    for way_in in [true, false] {
        let (byod, id) = (world.byod.clone(), alice.id.clone());
        let moving = tokio::spawn(async move {
            match way_in {
                true => byod.move_in(id, "alice").keep(AT_ONCE).await,
                false => byod.move_out(id, "alice").keep(AT_ONCE).await,
            }
        });
        world.frozen(&alice.id).await;
        // A process that knows nothing of the user yet has main run it.
        let fresh = world.session(&world.another(), &alice.id, "alice");
        let read = fresh.action::<String>("imports:titles", &json!({}));
        assert_eq!(read.unwrap().await.unwrap(), titles);
        let fresh = world.session(&world.another(), &alice.id, "alice");
        let write = fresh.action::<String>("imports:folder", &folder).unwrap();
        let error = write.await.unwrap_err();
        let data: Value = error.function_data().unwrap().unwrap();
        assert_eq!(data["code"], "byod_moving");
        moving.await.unwrap().unwrap();
        let (here, there) = (
            everything_of(&world, &alice.id).await,
            everything_there(&alice).await,
        );
        let (full, empty) = match way_in {
            true => (there, here),
            false => (here, there),
        };
        assert_eq!(full, hers);
        assert!(empty.is_empty());
    }
    let write = alice.session.action::<String>("imports:folder", &folder);
    write.unwrap().await.unwrap();
}

/// Nobody who looks sees an empty app.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_connected_with_what_its_user_has() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 3, 0).await;
    let hers = everything_of(&world, &alice.id).await;
    let titles = list(&alice).await;

    // What can't be used changes nothing.
    let gone = Credentials {
        deployment_url: "http://127.0.0.1:9".into(),
        ..alice.credentials()
    };
    let brought = world.byod.connect(&*alice.id, "alice", &gone).bring_data();
    let brought = brought.await.unwrap();
    assert!(brought.test.problem.is_some() && brought.moved.is_none());
    assert_eq!(list(&alice).await, titles);

    let query = alice.session.query::<Vec<String>>("notes:list", &json!({}));
    let mut live = query.unwrap().watch();
    assert_eq!(live.next().await.unwrap().unwrap(), titles);
    let credentials = alice.credentials();
    let connected = world.byod.connect(&*alice.id, "alice", &credentials);
    let brought = connected.bring_data().keep(AT_ONCE).await.unwrap();
    assert_eq!(brought.test.status, ConnectionStatus::Connected);
    assert_eq!(brought.moved.unwrap().documents, hers.len() as u64);
    assert_eq!(everything_there(&alice).await, hers);
    assert!(everything_of(&world, &alice.id).await.is_empty());
    let folder: String = alice
        .mutation("folders:create", json!({"name": "new"}))
        .await;
    let note = json!({"title": "written there", "folderId": folder});
    alice.mutation::<String>("notes:create", note).await;
    let seen = async {
        loop {
            let seen = live.next().await.unwrap().unwrap();
            assert!(seen.len() >= titles.len(), "{seen:?}");
            if seen.iter().any(|title| title == "written there") {
                return;
            }
        }
    };
    let soon = tokio::time::timeout(Duration::from_secs(20), seen);
    soon.await.expect("it is seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_disconnects_is_told_what_stays_behind_and_may_bring_it() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 3, 0).await;
    let hers = everything_of(&world, &alice.id).await;
    let credentials = alice.credentials();
    let connect = || world.byod.connect(&*alice.id, "alice", &credentials);
    connect().bring_data().keep(AT_ONCE).await.unwrap();

    let disconnected = world.byod.disconnect(&*alice.id).await.unwrap();
    assert_eq!(list(&alice).await, [""; 0]);
    let left = disconnected.left_behind("alice").await.unwrap();
    assert_eq!(left.documents, hers.len() as u64);
    assert!(left.bytes > 100);
    let moved = disconnected
        .bring_back("alice")
        .keep(AT_ONCE)
        .await
        .unwrap();
    assert_eq!(moved.documents, hers.len() as u64);
    assert_eq!(everything_of(&world, &alice.id).await, hers);
    assert!(everything_there(&alice).await.is_empty());
    let left = disconnected.left_behind("alice").await.unwrap();
    assert_eq!(left.documents, 0);

    // Who disconnects while it moves in has done so: what was connected before, or wasn't.
    for bring in [true, false] {
        let (byod, id) = (world.byod.clone(), alice.id.clone());
        let connect = connect();
        let moving = tokio::spawn(async move {
            match bring {
                true => connect.bring_data().await.map(|_| ()),
                false => byod.move_in(id, "alice").await.map(|_| ()),
            }
        });
        world.frozen(&alice.id).await;
        world.byod.disconnect(&*alice.id).await.unwrap();
        let error = moving.await.unwrap().unwrap_err();
        assert!(matches!(error, Error::NotMoved { .. }), "{error}");
        world.byod.resume_moves().await.unwrap();
        let status = world.byod.status(&*alice.id).await.unwrap();
        let record = status.record.unwrap();
        assert_eq!(record.connection_status, ConnectionStatus::Disconnected);
        assert_eq!(everything_of(&world, &alice.id).await, hers);
        assert!(everything_there(&alice).await.is_empty());
    }
}

/// A test of the deployment says nothing of where the data is.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_tested_while_data_moves_answers_no_sooner() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 3, 0).await;
    let titles = list(&alice).await;
    let credentials = alice.credentials();
    let connect = world.byod.connect(&*alice.id, "alice", &credentials);
    let moving = tokio::spawn(async move { connect.bring_data().await });
    world.frozen(&alice.id).await;
    let test = world.byod.test_connection(&*alice.id).await.unwrap();
    assert_eq!(
        (test.problem, test.status),
        (None, ConnectionStatus::Pending)
    );
    assert_eq!(list(&alice).await, titles);
    let brought = moving.await.unwrap().unwrap();
    assert_eq!(brought.test.status, ConnectionStatus::Connected);
    assert_eq!(list(&alice).await, titles);
}
