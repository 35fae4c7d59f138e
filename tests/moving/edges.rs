//! Values at the edges of what a document may hold.

use std::collections::BTreeMap;

use byod_local::{Local, LocalDeployment, Object, Value};
use serde_json::{Value as Json, json};

use super::schemas::{add, changed, id};
use super::{AT_ONCE, World};

/// A world in which notes have one more field.
async fn with_field(field: &str, takes: Json) -> World {
    let manifest = changed(|manifest| add(manifest, "notes", field, &takes));
    let own = Local::user(&manifest).name("alice");
    World::with(manifest, |main| main, own).await
}

impl World {
    fn insert(&self, table: &str, user: &str, fields: Json) -> String {
        let mut document = fields;
        document["userId"] = user.into();
        for field in ["createdAt", "updatedAt"] {
            document[field] = 7.0.into();
        }
        self.main.insert(table, document).unwrap()
    }

    /// A conversation with as many messages, and their ids.
    fn messages(&self, user: &str, count: usize) -> (String, Vec<String>) {
        let chat = self.insert("conversations", user, json!({"title": "a", "model": "m"}));
        let message = |number| json!({"conversationId": chat, "role": "user", "content": format!("message {number}")});
        let insert = |number| self.insert("messages", user, message(number));
        let messages = (0..count).map(insert).collect();
        (chat, messages)
    }

    async fn moves_in(&self) -> Vec<(String, u64)> {
        let moving = self.byod.move_in(&*self.alice, "alice");
        let moved = moving.keep(AT_ONCE).await.unwrap();
        assert_eq!(moved.kept, 0, "{:?}", moved.left);
        moved.notes
    }

    async fn moves_out(&self) -> Vec<(String, u64)> {
        let moving = self.byod.move_out(&*self.alice, "alice");
        let moved = moving.keep(AT_ONCE).await.unwrap();
        assert_eq!(moved.kept, 0, "{:?}", moved.left);
        moved.notes
    }
}

/// What messages are called, by their ids there.
fn contents(deployment: &LocalDeployment) -> BTreeMap<String, String> {
    let messages = deployment.documents("messages").into_iter();
    let said = |message: Object| {
        let content = message.str("content").unwrap().to_owned();
        (message.id().unwrap().to_owned(), content)
    };
    messages.map(said).collect()
}

fn only_note(deployment: &LocalDeployment) -> Object {
    let mut notes = deployment.documents("notes");
    assert_eq!(notes.len(), 1);
    notes.remove(0)
}

#[tokio::test]
async fn an_id_that_is_the_key_of_a_record_becomes_the_one_of_the_other_side() {
    let number = json!({"fieldType": {"type": "number"}, "optional": false});
    let seen = json!({"type": "record", "keys": id("messages"), "values": number});
    let world = with_field("seen", seen).await;
    let (_, messages) = world.messages(&world.alice, 3);
    let (_, his) = world.messages(&world.bob, 1);
    let read = json!({&messages[0]: 0.0, &messages[2]: 2.0, &his[0]: 9.0});
    let note = json!({"title": "read", "content": "", "seen": read});
    world.insert("notes", &world.alice, note);

    let expected: BTreeMap<String, f64> =
        BTreeMap::from([("message 0".to_owned(), 0.0), ("message 2".to_owned(), 2.0)]);
    let seen = |deployment: &LocalDeployment| {
        let contents = contents(deployment);
        let seen = json!(only_note(deployment))["seen"].clone();
        let seen: BTreeMap<String, f64> = serde_json::from_value(seen).unwrap();
        let named = seen.into_iter().map(|(id, at)| (contents[&id].clone(), at));
        named.collect::<BTreeMap<_, _>>()
    };
    // What is Bob's isn't there.
    assert_eq!(
        world.moves_in().await,
        [("notes: without `seen[]`".to_owned(), 1)]
    );
    assert_eq!(seen(&world.own), expected);
    assert_eq!(world.moves_out().await, []);
    assert_eq!(seen(&world.main), expected);
}

#[tokio::test]
async fn what_may_be_anything_is_named_and_comes_as_it_is() {
    let world = World::start().await;
    let (chat, messages) = world.messages(&world.alice, 1);
    let input = json!({"message": messages[0], "deep": [{"ids": [chat, null]}]});
    let call = json!({
        "conversationId": chat, "messageId": messages[0], "name": "search", "status": "done", "input": input,
    });
    world.insert("toolCalls", &world.alice, call);

    let plan = world
        .byod
        .move_in(&*world.alice, "alice")
        .plan()
        .await
        .unwrap();
    let not = plan.tables.iter();
    let not: BTreeMap<&str, Vec<&str>> = not
        .map(|of| {
            (
                &*of.table,
                of.not_looked_into.iter().map(String::as_str).collect(),
            )
        })
        .filter(|(_, fields): &(&str, Vec<&str>)| !fields.is_empty())
        .collect();
    let expected = [
        ("activityEvents", vec!["details[]"]),
        ("messages", vec!["metadata[]"]),
        ("toolCalls", vec!["input", "output"]),
    ];
    assert_eq!(not, expected.into());

    assert_eq!(world.moves_in().await, []);
    let call = json!(world.own.documents("toolCalls")[0]);
    assert_eq!(call["input"], input);
    let there = contents(&world.own);
    assert!(there.contains_key(call["messageId"].as_str().unwrap()));
    assert!(!there.contains_key(&messages[0]));
    assert_eq!(world.moves_out().await, []);
    assert_eq!(json!(world.main.documents("toolCalls")[0])["input"], input);
}

/// As large as Convex takes them, of letters that take four times as much room on the way.
#[tokio::test]
async fn documents_of_almost_a_mebibyte_come_whole() {
    let world = World::start().await;
    let letters = ["\"", "\\", "x", "\n", "\u{1}", "é", "\u{1f600}"];
    let mut all = Vec::new();
    for letter in letters {
        let content = letter.repeat(((1 << 20) - 300) / letter.len());
        let note = json!({"title": letter, "content": content});
        world.insert("notes", &world.alice, note);
        all.push(content);
    }
    let there = |deployment: &LocalDeployment| -> Vec<String> {
        let notes = deployment.documents("notes").into_iter();
        notes
            .map(|note| note.str("content").unwrap().to_owned())
            .collect()
    };
    assert_eq!(world.moves_in().await, []);
    assert!(there(&world.own) == all);
    assert_eq!(there(&world.main).len(), 0);
    assert_eq!(world.moves_out().await, []);
    assert!(there(&world.main) == all);
}

/// As many elements as Convex takes, every eighth of them an id.
#[tokio::test]
async fn an_array_of_as_many_elements_as_may_be_comes_with_its_ids() {
    const MOST: usize = 8_192;
    let element = json!({"type": "union", "value": [id("messages"), {"type": "number"}]});
    let world = with_field("all", json!({"type": "array", "value": element})).await;
    let (_, messages) = world.messages(&world.alice, MOST / 8);
    let elements = (0..MOST).map(|at| match at % 8 {
        0 => json!(messages[at / 8]),
        _ => json!(at as f64),
    });
    let note = json!({"title": "all", "content": "", "all": elements.collect::<Vec<_>>()});
    world.insert("notes", &world.alice, note);

    let is_whole = |deployment: &LocalDeployment| {
        let contents = contents(deployment);
        let note = only_note(deployment);
        let Some(Value::Array(all)) = note.get("all") else {
            panic!("{note:?}");
        };
        assert_eq!(all.len(), MOST);
        for (at, element) in all.iter().enumerate() {
            match element {
                Value::String(id) => assert_eq!(contents[id], format!("message {}", at / 8)),
                other => assert_eq!((other, at % 8 > 0), (&Value::from(at as f64), true)),
            }
        }
    };
    assert_eq!(world.moves_in().await, []);
    is_whole(&world.own);
    assert_eq!(world.moves_out().await, []);
    is_whole(&world.main);
}
