//! A user's deployment is in the user's hands: they can write any row into its outbox. Main
//! does nothing for them but what its functions would do.

use serde_json::{Value, json};

use crate::service::World;

#[tokio::test]
async fn forged_rows_do_nothing_that_no_function_does() {
    let Some(world) = World::start().await else {
        return;
    };
    let (mallory, bob) = (
        world.connected("mallory").await,
        world.connected("bob").await,
    );
    // So that there is something to be changed.
    for user in [&mallory, &bob] {
        user.mutation::<String>("notes:create", json!({"title": "one"}))
            .await;
        user.session.apply_outbox().await.unwrap();
    }
    let of_bob = json!({"userId": bob.id, "text": "bob's"});
    let reminder: String = world.on_main("reminders:add", &of_bob).await;
    let of_mallory = json!({"userId": mallory.id, "text": "mallory's"});
    let own: String = world.on_main("reminders:add", &of_mallory).await;
    let event = world.of(&bob, "activityEvents").await[0]["_id"].clone();
    let before = everything(&world).await;

    let mine = json!("mallory");
    let theirs = json!(bob.id);
    let event_of = |user: &Value| json!({"userId": user, "kind": "created", "summary": "x"});
    let insert =
        |table: &str, value: Value| json!({"is": "insert", "table": table, "value": value});
    let call = |path: &str, args: Value| json!({"is": "call", "path": path, "args": args, "at": 0, "job": "j"});
    let help = |args: Value| json!({"is": "help", "helper": "lib/stats:bumpStats", "args": args});
    let patch = |id: &str, value: Value| json!({"is": "patch", "table": "reminders", "id": id, "value": value, "unset": []});
    let forged = [
        // For somebody else, by their id or their subject.
        insert("activityEvents", event_of(&theirs)),
        insert("activityEvents", event_of(&json!("bob"))),
        insert(
            "activityEvents",
            json!({"kind": "created", "summary": "nobody's"}),
        ),
        help(json!([theirs, {"notes": 1}])),
        help(json!([null, {"notes": 1}])),
        call("users:reset", json!({"userId": theirs, "words": 0})),
        call(
            "reminders:send",
            json!({"userId": "bob", "text": "x", "urgent": false}),
        ),
        // What the text says otherwise.
        insert(
            "activityEvents",
            json!({"userId": mine, "kind": "admin", "summary": "x"}),
        ),
        help(json!([mine, {"notes": 1_000_000}])),
        help(json!([mine, {"notes": 1, "words": 5}])),
        help(json!([mine, {"notes": 1, "userId": theirs}])),
        help(json!([mine, {"notes": 1}, "more"])),
        help(json!([mine])),
        help(json!({"0": mine, "1": {"notes": 1}, "length": 2})),
        call("users:reset", json!({"userId": mine, "words": 1_000})),
        call(
            "reminders:send",
            json!({"userId": mine, "text": "x", "urgent": true}),
        ),
        call(
            "reminders:send",
            json!({"userId": mine, "text": {"is": "x"}, "urgent": false}),
        ),
        call("reminders:send", json!({"userId": mine, "urgent": false})),
        // More fields, other types, other people's ids in them.
        insert(
            "activityEvents",
            json!({"userId": mine, "kind": "created", "summary": "x", "_id": event}),
        ),
        insert(
            "activityEvents",
            json!({"userId": mine, "kind": "created", "summary": 7}),
        ),
        insert("votes", json!({"userId": mine, "title": "x", "value": 7})),
        insert(
            "votes",
            json!({"userId": mine, "title": "x", "value": 1, "event": event}),
        ),
        insert("feedback", json!({"text": "x", "stars": 5})),
        insert("feedback", json!({"text": {"$bytes": "AAAA"}, "stars": 1})),
        // Tables, functions and helpers that no carried function uses, or not so.
        insert("users", json!({"subject": "mallory", "plan": "pro"})),
        insert("posts", json!({"userId": mine, "title": "x"})),
        insert("userStats", json!({"userId": mine, "notes": 1, "words": 1})),
        insert(
            "byodApplied",
            json!({"user": theirs, "subject": "bob", "epoch": "e", "seq": 9}),
        ),
        insert("userDatabaseConfig", json!({"userId": theirs})),
        insert("notes", json!({"userId": theirs, "title": "x"})),
        insert("constructor", json!({})),
        insert("__proto__", json!({})),
        call("users:register", json!({"subject": "root"})),
        call(
            "byod/outbox:one",
            json!({"user": theirs, "subject": "bob", "epoch": "e", "row": "{}"}),
        ),
        call("byod/credentials:disconnect", json!({})),
        call("toString", json!({})),
        json!({"is": "help", "helper": "lib/stats:rateLimit", "args": ["k"]}),
        json!({"is": "help", "helper": "hasOwnProperty", "args": []}),
        // Documents that aren't theirs, and changes that no function makes to their own.
        patch(&reminder, json!({"sent": true})),
        patch(&own, json!({"sent": false})),
        patch(&own, json!({"text": "x"})),
        patch(&own, json!({"sent": true, "userId": theirs})),
        json!({"is": "patch", "table": "reminders", "id": own, "value": {"sent": true}, "unset": ["text"]}),
        json!({"is": "patch", "table": "users", "id": mallory.id, "value": {"plan": "pro"}, "unset": []}),
        json!({"is": "replace", "table": "reminders", "id": own, "value": {"userId": mine, "text": "x", "sent": true}}),
        json!({"is": "delete", "table": "reminders", "id": reminder}),
        json!({"is": "delete", "table": "activityEvents", "id": event}),
        json!({"is": "delete", "table": "users", "id": bob.id}),
        // What isn't written as rows are.
        json!({"is": "drop"}),
        json!({"is": "insert", "table": ["activityEvents"], "value": {}}),
        json!({"is": "insert", "table": "activityEvents"}),
        json!({"is": "patch", "table": "reminders", "id": null, "value": null}),
        json!({"is": "cancel", "job": {}}),
        json!({"is": "call", "path": "users:reset"}),
        json!(null),
        json!([]),
        json!("insert"),
    ];
    for row in &forged {
        mallory.forge(row).await;
        let delivered = mallory.session.apply_outbox().await.unwrap();
        assert_eq!(delivered.refused.len(), 1, "{row}");
        let after = everything(&world).await;
        assert_eq!(after, before, "{row}: {}", delivered.refused[0].reason);
    }
    // What functions leave after that is done as ever, also by another process.
    let other = world.another();
    for user in [&mallory, &bob] {
        let session = world.session(&other, &user.id, &user.subject);
        let two = json!({"title": "two"});
        let created = session.mutation::<String>("notes:create", &two).unwrap();
        created.await.unwrap();
        session.apply_outbox().await.unwrap();
    }
    assert_eq!(world.counted(&bob).await, 2);
}

/// All that main holds, but what it keeps of the outboxes themselves.
async fn everything(world: &World) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for table in [
        "users",
        "userStats",
        "activityEvents",
        "votes",
        "reminders",
        "feedback",
        "posts",
        "rateLimits",
        "notes",
        "userDatabaseConfig",
        "byodJobs",
    ] {
        let all: Value = world.on_main("peek:peek", &json!({"table": table})).await;
        found.push((table.to_owned(), all));
    }
    found
}
