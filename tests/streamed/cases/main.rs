//! What runs on a user's deployment has a model asked on main, by an action that writes what
//! comes of it on the user's deployment; and main counts. All of it with real functions.

mod crashes;
#[path = "../../support/node.rs"]
#[allow(dead_code, reason = "others use the rest of it")]
mod node;
#[path = "../../support/proxy.rs"]
mod proxy;
mod service;

use std::time::Duration;

use serde_json::{Value, json};

use service::{User, World};

impl User {
    async fn sends(&self, text: &str) -> String {
        self.mutation("chat:send", json!({"text": text})).await
    }

    /// The answers there, each with its state.
    async fn answers(&self) -> Vec<(String, String)> {
        answers(&self.holds("messages").await)
    }
}

fn answers(messages: &[Value]) -> Vec<(String, String)> {
    let text = |message: &Value, field: &str| message[field].as_str().unwrap().to_owned();
    let answers = messages.iter().filter(|message| message["role"] == "model");
    let answers = answers.map(|answer| (text(answer, "text"), text(answer, "status")));
    answers.collect()
}

fn complete(text: &str) -> (String, String) {
    (text.to_owned(), "complete".to_owned())
}

#[tokio::test]
async fn a_message_is_answered_where_its_author_has_it() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.connected("alice").await, world.connected("bob").await);
    let cara = world.user("cara").await;
    for (user, text) in [(&alice, "is it late"), (&bob, "hello"), (&cara, "hi")] {
        user.sends(text).await;
        user.session.apply_outbox().await.unwrap();
    }
    world.settled().await;
    assert_eq!(
        alice.answers().await,
        [complete("small: plain is it late indeed")]
    );
    assert_eq!(bob.answers().await, [complete("small: plain hello indeed")]);
    // Who has connected nothing has all of it on main; of the others, main has nothing.
    let on_main: Vec<Value> = world
        .on_main("peek:peek", &json!({"table": "messages"}))
        .await;
    assert_eq!(answers(&on_main), [complete("small: plain hi indeed")]);
    assert_eq!(on_main.len(), 2, "{on_main:?}");
    assert_eq!(cara.answers().await, []);

    // What the action's calls have left for main is done after them, without the service.
    for (user, words) in [(&alice, 6), (&bob, 4), (&cara, 4)] {
        assert_eq!(world.counted(user).await, [1, 1, words], "{}", user.subject);
        assert_eq!(world.of(user, "runs").await.len(), 1);
        assert_eq!(user.holds("byodOutbox").await, [Value::Null; 0]);
    }
}

#[tokio::test]
async fn a_changed_preference_is_seen_by_the_next_call() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.connected("alice").await;
    let mut wanted = Vec::new();
    for (model, tone) in [("large", "kind"), ("small", "stern"), ("large", "odd")] {
        let chosen = json!({"model": model, "tone": tone});
        alice.mutation::<()>("preferences:set", chosen).await;
        // The service brings copies before a call that reads them.
        alice.sends("hi").await;
        alice.session.apply_outbox().await.unwrap();
        world.settled().await;
        wanted.push(complete(&format!("{model}: {tone} hi indeed")));
        assert_eq!(alice.answers().await, wanted);
    }
    // And main before those of its actions: what the service knows nothing of is seen, too.
    alice.sends("hi").await;
    let chosen = json!({"userId": alice.id, "tone": "new"});
    world.on_main::<()>("peek:choose", &chosen).await;
    alice.session.apply_outbox().await.unwrap();
    world.settled().await;
    let last = alice.answers().await.pop().unwrap();
    assert!(
        [
            complete("large: odd hi indeed"),
            complete("large: new hi indeed")
        ]
        .contains(&last),
        "{last:?}"
    );
    alice.sends("hi").await;
    alice.session.apply_outbox().await.unwrap();
    world.settled().await;
    let last = alice.answers().await.pop().unwrap();
    assert_eq!(last, complete("large: new hi indeed"));
}

#[tokio::test]
async fn an_answer_that_is_stopped_goes_no_further() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.connected("alice").await;
    let words = "word ".repeat(400);
    let id = alice.sends(words.trim()).await;
    alice.session.apply_outbox().await.unwrap();
    while !alice.answers().await[0].0.contains("word word") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let stop = json!({"answerId": id});
    alice.mutation::<()>("chat:stop", stop).await;
    world.settled().await;
    let (text, status) = alice.answers().await.remove(0);
    assert_eq!(status, "stopped");
    assert!(text.starts_with("small: plain word"), "{text}");
    assert!(!text.ends_with("indeed"), "{text}");
    assert_eq!(world.counted(&alice).await, [1, 0, 0]);
}
