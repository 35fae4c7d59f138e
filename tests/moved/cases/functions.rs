//! What main's functions do with moves, called past the service or beside it.

use std::future::IntoFuture;
use std::time::Duration;

use byod_runtime::{ConnectionStatus, EncryptionKey};
use serde_json::{Value, json};

use crate::content::{everything_of, everything_there};
use crate::service::{KEY, World};
use crate::{AT_ONCE, fill};

/// As the functions on main are written, nobody who has disconnected is refused, and keys may be rotated.
#[tokio::test(flavor = "multi_thread")]
async fn main_goes_on_and_calls_off_by_what_its_records_say() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 3, 0).await;
    let hers = everything_of(&world, &alice.id).await;
    let credentials = alice.credentials();
    let connect = || world.byod.connect(&*alice.id, "alice", &credentials);
    let (moving, former) = (connect().bring_data(), EncryptionKey::parse(KEY).unwrap());
    let moving = tokio::spawn(moving.into_future());
    world.frozen(&alice.id).await;
    let new = EncryptionKey::parse("another").unwrap();
    let builder = world.builder().encryption_key(new);
    let rotating = builder.former_encryption_key(former).build().unwrap();
    let record = rotating.user_record(&*alice.id).await.unwrap().unwrap();
    rotating.reseal(&record).await.unwrap();
    let test = rotating.test_connection(&*alice.id).await.unwrap();
    assert_eq!(test.status, ConnectionStatus::Pending);
    assert!(world.is_frozen(&rotating, &alice.id).await, "it goes on");

    // Whoever saw to it is gone.
    moving.abort();
    let _ = moving.await;
    rotating.disconnect(&*alice.id).await.unwrap();
    assert!(!world.is_frozen(&rotating, &alice.id).await);
    let brought = rotating.connect(&*alice.id, "alice", &credentials);
    let brought = brought.bring_data().keep(AT_ONCE).await.unwrap();
    let moved = brought.moved.map(|moved| moved.documents);
    assert_eq!(moved, Some(hers.len() as u64));
    assert_eq!(everything_there(&alice).await, hers);
}

/// Moves that others see to, or that are kept for good, are not in the way of those that nobody sees to.
#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_do_not_starve_the_rest() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    fill(&world, &alice, 3, 0).await;
    let hers = everything_of(&world, &alice.id).await;
    alice.prepare(&world.byod).await;
    let row = |phase: &str, keep: Value, until: f64| {
        json!({"table": "byodMoves", "document": {
            "user": bob.id, "subject": "bob", "direction": "in", "phase": phase, "before": "pending",
            "was": "pending", "authTags": "", "keepFor": keep, "table": null, "done": 0, "total": 0,
            "holder": "another", "until": until, "switched": 0, "report": "{}",
        }})
    };
    for _ in 0..101 {
        for row in [row("check", json!(0), 9e15), row("tidy", Value::Null, 0.0)] {
            let _: String = world.on_main("peek:put", &row).await;
        }
    }
    let begin = json!({
        "user": alice.id, "subject": "alice", "direction": "in", "keepFor": 1000, "holder": "gone", "lease": 0,
    });
    let _: Value = world.on_main("byod/moves:begin", &begin).await;
    let resumed = world.byod.resume_moves().await.unwrap();
    assert_eq!((resumed.ended, resumed.failed), (1, 0));
    assert_eq!(everything_there(&alice).await, hers);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let resumed = world.byod.resume_moves().await.unwrap();
    assert_eq!((resumed.ended, resumed.failed), (1, 0));
    assert!(everything_of(&world, &alice.id).await.is_empty());
}

/// Whoever has the user's record hears that it is called off, also where nobody saw to it.
#[tokio::test(flavor = "multi_thread")]
async fn all_are_told_of_a_move_that_is_called_off() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    alice.prepare(&world.byod).await;
    let begin = json!({
        "user": alice.id, "subject": "alice", "direction": "in", "keepFor": 0, "holder": "gone", "lease": 0,
    });
    let _: Value = world.on_main("byod/moves:begin", &begin).await;
    let changed = async || {
        let records = json!({"table": "userDatabaseConfig"});
        let records: Vec<Value> = world.on_main("peek:peek", &records).await;
        records[0]["updatedAt"].as_f64().unwrap()
    };
    let before = changed().await;
    let _: Value = world
        .on_main("byod/moves:cancel", &json!({"user": alice.id}))
        .await;
    assert!(changed().await > before);
}

/// What stands in the place of what isn't there yet is the user's own.
#[tokio::test(flavor = "multi_thread")]
async fn a_ring_shows_nobody_elses_ids_meanwhile() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    // His are the first of their tables.
    for user in [&bob, &alice] {
        fill(&world, user, 1, 0).await;
        let folders: Vec<Value> = world
            .on_main("peek:peek", &json!({"table": "folders"}))
            .await;
        let folder = folders.iter().find(|folder| folder["userId"] == *user.id);
        let folder = &folder.unwrap()["_id"];
        let args = json!({"user": user.id, "name": user.subject, "folder": folder});
        let _: String = world.on_main("peek:box", &args).await;
    }
    let (boxes, lids): (Vec<Value>, Vec<Value>) = (
        world.on_main("peek:peek", &json!({"table": "boxes"})).await,
        world.on_main("peek:peek", &json!({"table": "lids"})).await,
    );
    let folder = &boxes[1]["folderId"];
    let asked = |mut args: Value| {
        args["user"] = json!(alice.id);
        args["subject"] = json!("alice");
        args["move"] = json!("m");
        args
    };
    let hash = "0".repeat(32);
    // Two boxes come from elsewhere with their lids; the first lid is there already.
    for (table, olds) in [
        ("folders", vec!["f"]),
        ("boxes", vec!["b"]),
        ("lids", vec!["l", "l2"]),
    ] {
        let rows = olds
            .iter()
            .map(|old| json!({"old": old, "created": 1, "hash": hash}));
        let rows: Vec<Value> = rows.collect();
        let args = asked(json!({"table": table, "rows": rows}));
        let _: Value = world.on_main("byod/moving:list", &args).await;
    }
    let rows: Vec<Value> = world
        .on_main("peek:peek", &json!({"table": "byodMoved"}))
        .await;
    let row_of = |old: &str| rows.iter().find(|row| row["old"] == old).unwrap()["_id"].clone();
    for (old, new) in [("f", folder), ("l2", &lids[1]["_id"])] {
        let is = json!({"state": "done", "new": new});
        let patch = json!({"id": row_of(old), "document": is});
        let _: () = world.on_main("peek:patch", &patch).await;
    }
    let text = r#"{"folderId":"f","lid":"l","name":"new","userId":"alice"}"#;
    // The first half of its SHA-256.
    let hash = "4548f48fc9a50990cfb5dc4070156c2e";
    let document = json!({"old": "b", "created": 1, "hash": hash, "text": text});
    let args = asked(json!({
        "table": "boxes", "documents": [document], "isFinal": false, "rings": "bridge",
    }));
    let written: Value = world.on_main("byod/moving:write", &args).await;
    assert_eq!(written["partial"], 1.0, "{written}");
    let boxes: Vec<Value> = world.on_main("peek:peek", &json!({"table": "boxes"})).await;
    assert_eq!(boxes[2]["lid"], lids[1]["_id"], "hers, not his");
}

/// A file that is fetched while its move is called off would stay, and nobody would know of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_comes_after_its_move_does_not_stay() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    let files = async || -> Vec<Value> { world.on_main("peek:files", &json!({})).await };
    let stored: String = world
        .on_main("peek:store", &json!({"text": "a file"}))
        .await;
    let file = &files().await[0];
    let named = |id: &str| {
        json!({
            "user": alice.id, "subject": "alice", "move": "m", "old": "elsewhere", "new": id,
            "sha256": file["sha256"], "size": file["size"],
        })
    };
    let stays: bool = world.on_main("byod/moving:filed", &named(&stored)).await;
    assert!(!stays);
    assert_eq!(files().await, [] as [Value; 0]);

    // The same while it is under way.
    let rows = json!([{"old": "n", "created": 1, "hash": "0".repeat(32)}]);
    let list = json!({
        "user": alice.id, "subject": "alice", "move": "m", "table": "notes", "rows": rows,
    });
    let _: Value = world.on_main("byod/moving:list", &list).await;
    let stored: String = world
        .on_main("peek:store", &json!({"text": "a file"}))
        .await;
    let stays: bool = world.on_main("byod/moving:filed", &named(&stored)).await;
    assert!(stays);
    assert_eq!(files().await.len(), 1);
}

/// What was moved goes back to what it was, and there again, with the ids that it has on each side.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_goes_back_to_what_there_was() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 4, 0).await;
    let notes = json!({"table": "notes"});
    let on_main = async || -> Vec<Value> { world.on_main("peek:peek", &notes).await };
    let there = async || -> Vec<Value> { alice.there("custom/peek:peek", &notes).await };
    let ids = |notes: &[Value]| -> Vec<String> {
        let ids = notes.iter().map(|note| note["_id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    };
    let titled = |notes: &[Value], id: &str| {
        let note = notes.iter().find(|note| note["_id"] == id);
        note.unwrap()["title"].as_str().unwrap().to_owned()
    };
    let title = |id: &str, title: &str| json!({"id": id, "document": {"title": title}});
    let here = ids(&on_main().await);
    alice.connect(&world.byod).await;
    world.byod.move_in(&*alice.id, "alice").await.unwrap();
    let gone = ids(&there().await);

    // Back, changed there.
    let changed = title(&gone[1], "changed there");
    let _: Value = alice.there("custom/peek:patch", &changed).await;
    world.byod.move_out(&*alice.id, "alice").await.unwrap();
    assert_eq!(ids(&on_main().await), here);
    assert_eq!(titled(&on_main().await, &here[1]), "changed there");
    assert_eq!(
        everything_of(&world, &alice.id).await,
        everything_there(&alice).await
    );

    // There again, changed on main; then again, after they disconnected, changed on both.
    let _: Value = world
        .on_main("peek:patch", &title(&here[2], "changed on main"))
        .await;
    world.byod.move_in(&*alice.id, "alice").await.unwrap();
    assert_eq!(ids(&there().await), gone);
    assert_eq!(titled(&there().await, &gone[2]), "changed on main");
    world.byod.disconnect(&*alice.id).await.unwrap();
    for (id, said) in [(&here[0], "changed again"), (&here[1], "on main")] {
        let _: Value = world.on_main("peek:patch", &title(id, said)).await;
    }
    for (id, said) in [(&gone[1], "on theirs"), (&gone[3], "on theirs alone")] {
        let _: Value = alice.there("custom/peek:patch", &title(id, said)).await;
    }
    let moved = world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE).await;
    moved.unwrap();
    let all = there().await;
    assert_eq!(ids(&all)[..4], gone);
    let titles = gone.iter().map(|id| titled(&all, id)).collect::<Vec<_>>();
    assert_eq!(
        titles,
        [
            "changed again",
            "on theirs",
            "changed on main",
            "on theirs alone"
        ]
    );
    assert_eq!(
        all[4]["title"], "on main",
        "both have changed it: it is there twice"
    );
    // What both have, main no more; what it had alone is gone from there as well.
    assert_eq!(on_main().await, [] as [Value; 0]);
}

/// A roll-out asks for many users at once, and is told of each whose data is on its way.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_users_main_says_whose_data_is_on_its_way() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let carol = world.user("carol").await;
    alice.prepare(&world.byod).await;
    bob.connect(&world.byod).await;
    let begin = json!({
        "user": alice.id, "subject": "alice", "direction": "in", "keepFor": 1000, "holder": "somebody",
        "lease": 60_000,
    });
    let _: Value = world.on_main("byod/moves:begin", &begin).await;
    let asked = json!({"userIds": [bob.id, carol.id, alice.id]});
    let records: Vec<Value> = world.on_main("byod/credentials:getConfigs", &asked).await;
    assert_eq!(records[2]["move"]["phase"], "check");
    assert_eq!(records[1], Value::Null, "she has none");
    for (user, record) in [(&bob, &records[0]), (&alice, &records[2])] {
        let one = json!({"userId": user.id});
        let one: Value = world
            .on_main("byod/credentials:getConfigInternal", &one)
            .await;
        assert_eq!(*record, one);
    }
}

/// Who hands a document to somebody else hands over what it had become on main, too.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_somebody_elses_by_now_stays() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    fill(&world, &alice, 3, 0).await;
    alice.connect(&world.byod).await;
    for way_out in [false, true] {
        let moved = match way_out {
            false => world.byod.move_in(&*alice.id, "alice").await,
            true => world.byod.move_out(&*alice.id, "alice").await,
        };
        moved.unwrap();
    }
    let notes = json!({"table": "notes"});
    let on_main = async || -> Vec<Value> { world.on_main("peek:peek", &notes).await };
    let given = on_main().await[2]["_id"].clone();
    let his = json!({"id": given, "document": {"userId": bob.id}});
    let _: Value = world.on_main("peek:patch", &his).await;
    alice.connect(&world.byod).await;
    let there: Vec<Value> = alice.there("custom/peek:peek", &notes).await;
    let comments = json!({"table": "comments"});
    // Their comment on it is found by it alone, and is as it was.
    let comment: Vec<Value> = alice.there("custom/peek:peek", &comments).await;
    let comment = comment
        .iter()
        .find(|comment| comment["noteId"] == there[2]["_id"]);
    let changed = json!({"id": comment.unwrap()["_id"], "document": {"text": "changed"}});
    let _: Value = alice.there("custom/peek:patch", &changed).await;
    world.byod.move_out(&*alice.id, "alice").await.unwrap();
    let notes = on_main().await;
    let note = notes.iter().find(|note| note["_id"] == given).unwrap();
    assert_eq!(note["userId"], *bob.id);
    assert_eq!(notes.len(), 4, "hers is there beside it");
    let comments: Vec<Value> = world.on_main("peek:peek", &comments).await;
    let his = comments.iter().filter(|comment| comment["noteId"] == given);
    let his: Vec<&Value> = his.map(|comment| &comment["text"]).collect();
    assert_eq!(his, [&json!("comment 0 2")]);
}

/// What is found by what is deleted is deleted with it, and what waits for what comes later keeps its place.
#[tokio::test(flavor = "multi_thread")]
async fn what_goes_back_goes_with_all_that_is_found_by_it() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 3, 0).await;
    let table = |table: &str| json!({"table": table});
    let folders: Vec<Value> = world.on_main("peek:peek", &table("folders")).await;
    let args = json!({"user": alice.id, "name": "a box", "folder": folders[0]["_id"]});
    let the_box: String = world.on_main("peek:box", &args).await;
    alice.connect(&world.byod).await;
    world.byod.move_in(&*alice.id, "alice").await.unwrap();

    let there = async |table: &str| -> Vec<Value> {
        alice
            .there("custom/peek:peek", &json!({"table": table}))
            .await
    };
    let comments = there("comments").await;
    let note = comments[0]["noteId"].clone();
    let of_note = comments.iter().filter(|comment| comment["noteId"] == note);
    let gone: Vec<&Value> = of_note
        .map(|comment| &comment["_id"])
        .chain([&note])
        .collect();
    for id in gone {
        let _: Value = alice.there("custom/peek:remove", &json!({"id": id})).await;
    }
    // Another lid, which can't be without its box, nor the box without it.
    let (boxes, lids) = (there("boxes").await, there("lids").await);
    let lid = json!({"table": "lids", "document": {"userId": "alice", "name": "a lid", "box": boxes[0]["_id"]}});
    let lid: String = alice.there("custom/peek:put", &lid).await;
    let lidded = json!({"id": boxes[0]["_id"], "document": {"lid": lid}});
    let _: Value = alice.there("custom/peek:patch", &lidded).await;
    let _: Value = alice
        .there("custom/peek:remove", &json!({"id": lids[0]["_id"]}))
        .await;

    let left = there("comments").await.len();
    let moved = world.byod.move_out(&*alice.id, "alice").await.unwrap();
    assert_eq!(moved.kept, 0, "{moved:?}");
    let comments: Vec<Value> = world.on_main("peek:peek", &table("comments")).await;
    assert_eq!(comments.len(), left);
    let boxes: Vec<Value> = world.on_main("peek:peek", &table("boxes")).await;
    let boxes: Vec<&Value> = boxes.iter().map(|one| &one["_id"]).collect();
    assert_eq!(boxes, [&json!(the_box)]);
}

/// What can't go back leaves what was there before as it was, and a file that was deleted there comes once more.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_go_back_takes_nothing_away() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    let notes = fill(&world, &alice, 1, 0).await;
    let table = |table: &str| json!({"table": table});
    let folders: Vec<Value> = world.on_main("peek:peek", &table("folders")).await;
    let args = json!({"user": alice.id, "name": "a box", "folder": folders[0]["_id"]});
    let _: String = world.on_main("peek:box", &args).await;
    let file: String = world
        .on_main("peek:store", &json!({"text": "a file"}))
        .await;
    let cover = json!({"id": notes[0], "document": {"cover": file}});
    let _: Value = world.on_main("peek:patch", &cover).await;
    alice.connect(&world.byod).await;
    world.byod.move_in(&*alice.id, "alice").await.unwrap();

    // Their lid is of somebody else's box.
    let there = async |table: &str| -> Vec<Value> {
        let table = json!({"table": table});
        alice.there("custom/peek:peek", &table).await
    };
    let (boxes, lids, covered) = (
        there("boxes").await,
        there("lids").await,
        there("notes").await,
    );
    let mut another = boxes[0].clone();
    another["userId"] = json!("somebody");
    let fields = another.as_object_mut().unwrap();
    fields.retain(|field, _| !field.starts_with('_'));
    let another = json!({"table": "boxes", "document": another});
    let another: String = alice.there("custom/peek:put", &another).await;
    let id = json!({"id": covered[0]["_id"]});
    let _: Value = alice.there("custom/peek:remove", &id).await;
    let id = json!({"id": covered[0]["cover"]});
    let _: Value = alice.there("custom/peek:drop", &id).await;
    let moved = json!({"id": lids[0]["_id"], "document": {"box": another}});
    let _: Value = alice.there("custom/peek:patch", &moved).await;
    let before: Vec<Value> = world.on_main("peek:peek", &table("lids")).await;
    world.byod.disconnect(&*alice.id).await.unwrap();
    let moved = world.byod.move_out(&*alice.id, "alice").await.unwrap();
    assert_eq!(moved.kept, 2, "{moved:?}");
    let lids: Vec<Value> = world.on_main("peek:peek", &table("lids")).await;
    assert_eq!(lids, before);

    // Main answers with all of it, and so does the deployment then.
    alice.connect(&world.byod).await;
    world.byod.disconnect(&*alice.id).await.unwrap();
    world.byod.move_in(&*alice.id, "alice").await.unwrap();
    let cover = json!({"id": there("notes").await[0]["cover"]});
    let text: String = alice.there("custom/peek:text", &cover).await;
    assert_eq!(text, "a file");
}

/// Whose a deployment says that something is, or what it names of main, is its owner's word.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_and_nothing_private_is_named_on_main() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    fill(&world, &alice, 2, 0).await;
    alice.connect(&world.byod).await;
    let moved = world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE);
    moved.await.unwrap();
    let notes = json!({"table": "notes"});
    let there: Vec<Value> = alice.there("custom/peek:peek", &notes).await;
    assert_eq!(there[0]["sharedBy"], "alice");
    let template = there[0]["templateId"].clone();
    for (note, field, named) in [(0, "sharedBy", &bob.id), (1, "templateId", &bob.id)] {
        let named = json!({"id": there[note]["_id"], "document": {field: named}});
        let _: Value = alice.there("custom/peek:patch", &named).await;
    }
    let moved = world.byod.move_out(&*alice.id, "alice").await.unwrap();
    let without = ["sharedBy", "templateId"].map(|what| (format!("notes: without `{what}`"), 1));
    assert_eq!((moved.kept, moved.notes), (0, without.to_vec()));
    let back: Vec<Value> = world.on_main("peek:peek", &notes).await;
    assert_eq!(back.len(), 2);
    assert!(
        back.iter()
            .all(|note| note["userId"] == *alice.id && note["sharedBy"].is_null())
    );
    assert_eq!(
        (&back[0]["templateId"], &back[1]["templateId"]),
        (&template, &Value::Null)
    );
}
