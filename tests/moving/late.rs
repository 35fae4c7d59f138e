//! What a process still sends that had stopped for so long that another has seen to the move since.

use byod_local::Object;
use serde_json::{Value as Json, json};

use super::{World, everything};

fn as_json(documents: Vec<Object>) -> Json {
    serde_json::to_value(documents).unwrap()
}

#[tokio::test]
async fn what_comes_late_changes_nothing() {
    let world = World::start().await;
    let (main, own) = (&world.main, &world.own);
    world.fill(&world.alice, "hers", 3);
    let notes = main.documents("notes");
    let ids: Vec<&str> = notes.iter().map(|note| note.id().unwrap()).collect();
    let user = json!({"user": world.alice, "subject": "alice", "table": "notes"});
    let asked = |args: Json| {
        let mut all = user.clone();
        all.as_object_mut()
            .unwrap()
            .extend(args.as_object().unwrap().clone());
        all
    };
    let ids_of = asked(json!({"ids": ids}));
    let before = main.run("byod/moving:documents", ids_of).unwrap();
    let before = serde_json::to_value(before).unwrap()["documents"].clone();
    let changed = json!({"id": ids[0], "title": "changed"});
    main.run_as("alice", "notes:update", changed).unwrap();
    world.byod.move_in(&*world.alice, "alice").await.unwrap();

    let id = main.documents("byodMoves")[0].id().unwrap().to_owned();
    let (there, known) = (
        everything(own, "alice"),
        as_json(own.documents("byodMoved")),
    );
    let rows =
        before.as_array().unwrap().iter().map(
            |note| json!({"old": note["old"], "created": note["created"], "hash": note["hash"]}),
        );
    let rows: Vec<Json> = rows.collect();
    for (name, args) in [
        ("write", json!({"documents": before, "isFinal": false})),
        ("write", json!({"documents": before, "isFinal": true})),
        ("list", json!({"rows": rows, "round": 7.0})),
        ("again", json!({"olds": ids, "round": 7.0})),
        ("prune", json!({"round": 7.0, "cursor": null})),
    ] {
        let mut args = asked(args);
        args["move"] = json!(id);
        own.run(&format!("byod/moving:{name}"), args).unwrap();
        assert_eq!(everything(own, "alice"), there, "{name}");
        assert_eq!(as_json(own.documents("byodMoved")), known, "{name}");
    }
}

/// Whatever has become of a text on its way.
#[tokio::test]
async fn what_is_not_what_was_sent_is_not_taken() {
    let world = World::start().await;
    let row = json!({"old": "n", "created": 1.0, "hash": "0".repeat(32)});
    let mut document = row.clone();
    let note = json!({"title": "a note", "content": "", "createdAt": 7.0, "updatedAt": 8.0});
    document["text"] = json!(note.to_string());
    let asked = |name: &str, args: Json| {
        let mut all =
            json!({"user": world.alice, "subject": "alice", "move": "m", "table": "notes"});
        all.as_object_mut()
            .unwrap()
            .extend(args.as_object().unwrap().clone());
        world.main.run(&format!("byod/moving:{name}"), all)
    };
    asked("list", json!({"rows": [row]})).unwrap();
    let write = json!({"documents": [document], "isFinal": false});
    let error = asked("write", write).unwrap_err();
    assert!(error.to_string().contains("isn't what was sent"), "{error}");
    assert_eq!(world.main.count("notes"), 0);
}
