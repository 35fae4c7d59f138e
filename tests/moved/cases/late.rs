//! What a process still sends that had stopped for so long that another has seen to the move since.

use serde_json::{Value, json};

use crate::content::{everything_of, everything_there};
use crate::fill;
use crate::service::World;

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_changes_nothing() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 4, 0).await;
    let read: Vec<Value> = world.on_main("peek:peek", &json!({"table": "notes"})).await;
    let ids: Vec<&Value> = read.iter().map(|note| &note["_id"]).collect();
    let asked = json!({"user": alice.id, "subject": "alice", "table": "notes", "ids": ids});
    let before: Value = world.on_main("byod/moving:documents", &asked).await;
    let before = before["documents"].clone();
    // One has changed since it was read, and one needs what isn't theirs.
    let bob = world.user("bob").await;
    fill(&world, &bob, 1, 50).await;
    let folders: Vec<Value> = world
        .on_main("peek:peek", &json!({"table": "folders"}))
        .await;
    let his = folders.iter().find(|folder| folder["userId"] == *bob.id);
    for (note, change) in [
        (0, json!({"title": "changed"})),
        (3, json!({"folderId": his.unwrap()["_id"]})),
    ] {
        let patch = json!({"id": ids[note], "document": change});
        world.on_main::<()>("peek:patch", &patch).await;
    }
    alice.connect(&world.byod).await;
    let moved = world.byod.move_in(&*alice.id, "alice").await.unwrap();
    assert_eq!(moved.left.len(), 1, "{moved:?}");
    let moves: Vec<Value> = world
        .on_main("peek:peek", &json!({"table": "byodMoves"}))
        .await;
    let known = async || -> Vec<Value> {
        let rows = json!({"table": "byodMoved"});
        alice.there("custom/peek:peek", &rows).await
    };
    let (there, rows) = (everything_there(&alice).await, known().await);
    assert!(there.iter().any(|note| note["title"] == "changed"));

    let late = async |name: &str, args: Value| -> Value {
        let mut all = json!({"user": alice.id, "subject": "alice", "move": moves[0]["_id"]});
        all.as_object_mut()
            .unwrap()
            .extend(args.as_object().unwrap().clone());
        alice.there(&format!("byod/moving:{name}"), &all).await
    };
    let documents = before.as_array().unwrap();
    let listed = documents
        .iter()
        .map(|note| json!({"old": note["old"], "created": note["created"], "hash": note["hash"]}));
    let listed: Vec<Value> = listed.collect();
    for is_final in [false, true] {
        let write = json!({"table": "notes", "documents": before, "isFinal": is_final});
        late("write", write).await;
        assert_eq!(everything_there(&alice).await, there);
    }
    late(
        "list",
        json!({"table": "notes", "rows": listed, "round": 7}),
    )
    .await;
    late("again", json!({"olds": ids, "round": 7})).await;
    let prune = json!({"table": "notes", "round": 7, "cursor": null});
    late("prune", prune).await;
    assert_eq!(everything_there(&alice).await, there);
    assert_eq!(known().await, rows);
    let moved = world.byod.move_out(&*alice.id, "alice").await.unwrap();
    assert_eq!((moved.kept, moved.notes), (0, vec![]));
    let here = everything_of(&world, &alice.id).await;
    assert_eq!(here.len(), there.len() + 1, "with what had stayed");
}

/// Whatever has become of a text on its way.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_was_sent_is_not_taken() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    let folder = json!({"userId": "alice", "name": "a folder", "madeAt": 1}).to_string();
    let hash = "0".repeat(32);
    let row = json!({"old": "f", "created": 1, "hash": hash});
    let asked = |args: Value| {
        let mut all =
            json!({"user": alice.id, "subject": "alice", "move": "m", "table": "folders"});
        all.as_object_mut()
            .unwrap()
            .extend(args.as_object().unwrap().clone());
        all
    };
    let list = asked(json!({"rows": [row]}));
    let _: Value = world.on_main("byod/moving:list", &list).await;
    let mut document = row;
    document["text"] = json!(folder);
    let write = asked(json!({"documents": [document], "isFinal": false}));
    let error = world
        .try_on_main::<Value>("byod/moving:write", &write)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("isn't what was sent"), "{error}");
    assert!(everything_of(&world, &alice.id).await.is_empty());
}
