//! What an action reads, writes, searches and schedules, for users on either side.

use serde_json::json;

use super::world::{World, refused, until};

const ALL: &str = "hello, answered, followed, and later";

#[tokio::test]
async fn an_action_works_where_its_callers_data_is() {
    let Some(world) = World::start() else { return };
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;

    // Ann has connected nothing: all is on main, as ever.
    let id = ann.note("hello").await;
    let answered = ann.action("assistant:answer", json!({"id": id})).await;
    assert_eq!(answered.unwrap(), "hello");
    until(vec![ALL.to_owned()], async || ann.notes().await).await;

    // Of Bob's, main has the counters alone.
    let id = theirs.note("bob", "hello").await;
    let answered = bob.action("assistant:answer", json!({"id": id})).await;
    assert_eq!(answered.unwrap(), "hello");
    until(vec![ALL.to_owned()], async || theirs.notes("bob").await).await;
    assert_eq!(bob.notes().await, Vec::<String>::new());
    assert_eq!(ann.notes().await, [ALL]);
    for name in ["answers", "follows"] {
        let count = world.main.admin();
        until(2.0, async || {
            let args = json!({"name": name});
            count.query::<f64>("counters:of", &args).await.unwrap()
        })
        .await;
    }

    // Convex's own runtime, and a file that has a mutation, too.
    let all = bob.action("summaries:all", json!({})).await.unwrap();
    assert_eq!(all, ALL);
}

#[tokio::test]
async fn owners_are_the_users_id_on_main_and_their_subject_there() {
    let Some(world) = World::start() else { return };
    let bob = world.user("bob").await;
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    let id = theirs.note("bob", "one").await;
    let copied = bob.action("assistant:copy", json!({"id": id})).await;
    assert!(copied.unwrap().is_string());
    assert_eq!(theirs.notes("bob").await, ["one", "one"]);
}

#[tokio::test]
async fn what_a_user_has_is_searched_where_it_is() {
    let Some(world) = World::start() else { return };
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    for (text, embedding) in [("near", [1.0, 0.0]), ("far", [0.0, 1.0])] {
        let mut args = json!({"text": text, "embedding": embedding});
        let added = ann.main.mutation::<String>("notes:add", &args).await;
        added.unwrap();
        args["userId"] = "bob".into();
        args["text"] = format!("{text} of bob's").into();
        let admin = theirs.admin();
        let added = admin.mutation::<String>("notes:add", &args).await;
        added.unwrap();
    }
    let args = json!({"vector": [1.0, 0.1]});
    let found = ann.action("assistant:similar", args.clone()).await;
    assert_eq!(found.unwrap(), json!(["near", "far"]));
    let found = bob.action("assistant:similar", args).await;
    assert_eq!(found.unwrap(), json!(["near of bob's", "far of bob's"]));
}

#[tokio::test]
async fn what_runs_nowhere_for_connected_users_is_refused_before_anything_is_sent() {
    let Some(world) = World::start() else { return };
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    let id = theirs.note("bob", "one").await;
    let (code, message) = refused(bob.action("assistant:publish", json!({"id": id})).await);
    assert_eq!(code, "byod_not_served");
    assert!(message.contains("`notes:publish`"), "{message}");
    assert_eq!(theirs.notes("bob").await, ["one"]);
    // Everybody else has it.
    let id = ann.note("one").await;
    ann.action("assistant:publish", json!({"id": id}))
        .await
        .unwrap();
    assert_eq!(ann.notes().await, ["one, published"]);
}

/// Half of what it does must not be on one deployment and half on another.
#[tokio::test]
async fn an_action_ends_where_its_callers_data_moves_while_it_runs() {
    let Some(world) = World::start() else { return };
    let bob = world.user("bob").await;
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    let id = theirs.note("bob", "one").await;
    let slow = bob.action("summaries:slow", json!({"id": id, "wait": 6_000}));
    let (slow, ()) = tokio::join!(slow, async {
        until(vec!["one, begun".to_owned()], async || {
            theirs.notes("bob").await
        })
        .await;
        world.byod.disconnect(&*bob.id).await.unwrap();
    });
    let (code, _) = refused(slow);
    assert_eq!(code, "byod_moved");
    assert_eq!(theirs.notes("bob").await, ["one, begun"]);
}

#[tokio::test]
async fn a_failing_deployment_blocks_the_action_too() {
    let Some(world) = World::start() else { return };
    let bob = world.user("bob").await;
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    let record = world.record(&bob).await;
    let args = json!({
        "configId": record["_id"], "connectionStatus": "error",
        "connectionError": format!("it is\npaused\u{2028}for\r\n{}", "long ".repeat(2000)),
        "updatedAt": 0,
    });
    let admin = world.main.admin();
    let update = admin.mutation::<bool>("byod/credentials:updateConfig", &args);
    assert!(update.await.unwrap());
    let (code, message) = refused(bob.action("summaries:all", json!({})).await);
    assert_eq!(code, "byod_blocked");
    // The reason may quote a deployment: one line, and the beginning of it.
    assert!(
        message.contains("the user's deployment is failing: it is paused for long long"),
        "{message}"
    );
    assert!(
        !message.contains('\u{2028}') && message.len() < 700,
        "{message}"
    );
}

/// An operator can keep all on main, as the service's rollout does.
#[tokio::test]
async fn routing_can_be_switched_off() {
    let mut environment = super::world::environment();
    environment.insert("BYOD_ROUTING", "off");
    let Some(world) = World::with(&environment) else {
        return;
    };
    let bob = world.user("bob").await;
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    theirs.note("bob", "there").await;
    bob.note("here").await;
    let all = bob.action("summaries:all", json!({})).await.unwrap();
    assert_eq!(all, "here");
}

#[tokio::test]
async fn an_http_action_asks_for_what_the_sender_of_the_token_has() {
    let Some(world) = World::start() else { return };
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let theirs = world.deploy("bobs");
    bob.note("before").await;
    world.connect(&bob, &theirs).await;
    theirs.note("bob", "there").await;
    ann.note("here").await;
    for (user, notes) in [(&ann, r#"["here"]"#), (&bob, r#"["there"]"#)] {
        let answer = world.get("/notes", Some(&user.token)).await;
        assert_eq!(answer, (200, notes.to_owned()), "{}", user.subject);
    }
    // Nobody has a caller without a token, or by one that nobody signed.
    for token in [None, Some("forged")] {
        let (status, body) = world.get("/notes", token).await;
        assert!(status >= 400, "{status} {body}");
    }
    world.byod.disconnect(&*bob.id).await.unwrap();
    let answer = world.get("/notes", Some(&bob.token)).await;
    assert_eq!(answer, (200, r#"["before"]"#.to_owned()));
}
