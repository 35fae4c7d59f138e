//! Functions on users' deployments read copies of the caller's own documents on main.

#[path = "../../support/node.rs"]
#[allow(dead_code, reason = "others use the rest of it")]
mod node;
#[path = "../../support/proxy.rs"]
mod proxy;
mod service;

use std::time::Duration;

use byod_runtime::{Claim, ConnectionStatus, Error, Location, Outcome};
use serde_json::{Value, json};

use service::World;

/// Longer than any test.
const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn a_changed_preference_is_seen_by_the_next_call() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let alice = world.connected("alice").await;
    for title in ["zebra", "ant"] {
        alice
            .mutation::<String>("notes:create", json!({"title": title}))
            .await;
    }
    let sorted: Vec<String> = alice.query("notes:sorted", json!({})).await;
    assert_eq!(sorted, ["zebra", "ant"]);
    for (by, first) in [("title", "ant"), ("time", "zebra"), ("title", "ant")] {
        let set = json!({"key": "sort", "value": by});
        alice.mutation::<()>("preferences:set", set).await;
        let sorted = alice.session.query("notes:sorted", &json!({})).unwrap();
        let sorted = sorted.routed().await.unwrap();
        let titles: Vec<String> = sorted.value;
        assert_eq!(titles[0], first);
        assert_eq!(sorted.deployment.location(), Location::User);
        assert!(sorted.mirror_age.unwrap() < Duration::from_secs(20));
    }
    // What needs no refresh sends nothing but the call.
    let before = alice.proxy.calls();
    alice.query::<Vec<String>>("notes:sorted", json!({})).await;
    assert_eq!(alice.proxy.calls(), before + 1);
}

#[tokio::test]
async fn a_plan_is_what_main_says() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let alice = world.connected("alice").await;
    let create = |title: &str| {
        let args = json!({"title": title});
        let call = alice.session.mutation::<String>("notes:create", &args);
        call.unwrap()
    };
    create("one").await.unwrap();
    create("two").await.unwrap();
    let error = create("three").await.unwrap_err();
    assert!(error.to_string().contains("Two notes are free"), "{error}");
    alice.mutation::<()>("users:upgrade", json!({})).await;
    create("three").await.unwrap();

    // What others change is seen once the copies are too old.
    world
        .on_main::<()>("users:ban", &json!({"user": alice.id}))
        .await;
    create("four").await.unwrap();
    world.byod.mirror_outdated(&*alice.id);
    let error = create("five").await.unwrap_err();
    assert!(error.to_string().contains("Banned"), "{error}");
    world
        .on_main::<()>("users:pardon", &json!({"user": alice.id}))
        .await;
    let strict = world.another(Duration::ZERO);
    let session = world.session(&strict, &alice.id, &alice.subject);
    let args = json!({"title": "five"});
    let call = session.mutation::<String>("notes:create", &args).unwrap();
    call.await.unwrap();
}

#[tokio::test]
async fn main_and_user_ids_go_together_as_on_main() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let (alice, bob) = (world.connected("alice").await, world.user("bob").await);
    let title = json!({"title": "hers"});
    let note: String = alice.mutation("notes:create", title).await;
    // `ctx.db.get(note.userId)`
    let author: Option<String> = alice.query("notes:author", json!({"id": note})).await;
    assert_eq!(author.as_deref(), Some("Dr alice"));
    let mut given = Vec::new();
    for (to, title) in [(&alice, "first"), (&bob, "not hers"), (&alice, "second")] {
        let points = json!({"$integer": "KgAAAAAAAAA="});
        let args = json!({"to": to.id, "by": bob.id, "title": title, "points": points});
        given.push(world.on_main::<String>("preferences:give", &args).await);
    }
    let fresh = world.another(LONG);
    let session = world.session(&fresh, &alice.id, &alice.subject);
    let page: Value = session
        .query("notes:page", &json!({}))
        .unwrap()
        .await
        .unwrap();
    let badges = page["badges"].as_array().unwrap();
    let seen: Vec<(&str, &str)> = badges
        .iter()
        .map(|badge| {
            (
                badge["_id"].as_str().unwrap(),
                badge["title"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(seen, [(&*given[2], "second"), (&*given[0], "first")]);
    for badge in badges {
        assert_eq!(badge["userId"], "alice");
        assert_eq!(badge["givenBy"], bob.id.as_str());
        assert_eq!(badge["points"], json!({"$integer": "KgAAAAAAAAA="}));
        assert!(badge["_creationTime"].is_number());
        assert_eq!(badge.as_object().unwrap().len(), 6, "{badge}");
    }
    for (id, title) in [
        (&given[0], json!("first of hers")),
        (&given[1], json!(null)),
    ] {
        let badge: Value = alice.query("notes:badge", json!({"id": id})).await;
        assert_eq!(badge, title);
    }
}

#[tokio::test]
async fn what_is_nobodys_is_there_for_everybody() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let (alice, bob) = (world.connected("alice").await, world.connected("bob").await);
    let plan = |notes: i32| json!({"slug": "free", "notes": notes});
    let left = |user: &service::User| {
        let call = user.session.query::<Option<f64>>("plans:left", &json!({}));
        call.unwrap()
    };
    assert_eq!(left(&alice).await.unwrap(), None);
    for (notes, says) in [(5, 5.0), (9, 9.0)] {
        alice.mutation::<()>("plans:set", plan(notes)).await;
        let left = left(&alice).routed().await.unwrap();
        assert_eq!(left.value, Some(says));
        assert_eq!(left.deployment.location(), Location::User);
    }
    // What she set is there for him as soon as his copies are too old.
    assert_eq!(left(&bob).await.unwrap(), None);
    world.byod.mirror_outdated(&*bob.id);
    assert_eq!(left(&bob).await.unwrap(), Some(9.0));
    for user in [&alice, &bob] {
        let plans = user.holds("plans").await;
        let [copy] = plans.as_slice() else {
            panic!("{plans:?}")
        };
        let of = (copy["slug"].as_str(), copy["notes"].as_f64());
        assert_eq!(of, (Some("free"), Some(9.0)));
        assert_eq!(copy["cost"], json!(null), "it never leaves main");
    }

    let news = json!({"titles": ["one", "two", "three", "four"], "plan": "free"});
    world.on_main::<()>("plans:announce", &news).await;
    let note = json!({"title": "hers"});
    alice.mutation::<String>("notes:create", note).await;
    world.byod.mirror_outdated(&*alice.id);
    let told: Value = alice.query("plans:news", json!({})).await;
    let news = json!(["four (free)", "three (free)", "two (free)"]);
    assert_eq!(told, json!({"last": "hers", "told": news}));
}

#[tokio::test]
async fn of_what_is_too_much_to_bring_nothing_is_and_it_is_said() {
    let long = "x".repeat(600_000);
    let many: Vec<String> = (0..1001).map(|i| format!("Number {i}")).collect();
    for titles in [many, vec![long.clone(), long]] {
        let Some(world) = World::start(LONG).await else {
            return;
        };
        let alice = world.connected("alice").await;
        let news = json!({"titles": titles});
        world.on_main::<()>("plans:announce", &news).await;
        world.byod.mirror_outdated(&*alice.id);
        let news = alice.session.query::<Value>("plans:news", &json!({}));
        let error = news.unwrap().await.unwrap_err().to_string();
        let said = "there is more of main's table `announcements` than is mirrored: 1,000 documents or 1 MiB";
        assert!(error.contains(said), "{error}");
        assert_eq!(alice.holds("announcements").await.len(), 0);
        // The rest is there.
        let plan = json!({"slug": "free", "notes": 2});
        alice.mutation::<()>("plans:set", plan).await;
        let left: Option<f64> = alice.query("plans:left", json!({})).await;
        assert_eq!(left, Some(2.0));
    }
}

/// Somebody who is watched has current copies, though nobody calls.
#[tokio::test]
async fn who_is_watched_has_what_main_has_soon() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let alice = world.connected("alice").await;
    let watching = world.watching();
    let session = world.session(&watching, &alice.id, &alice.subject);
    let sorted = session.query::<Vec<String>>("notes:sorted", &json!({}));
    sorted.unwrap().await.unwrap();
    let status = watching.watch_status(&*alice.id);
    let args = json!({"user": alice.id});
    world.on_main::<()>("users:ban", &args).await;
    let is_banned = async || alice.holds("users").await[0]["bannedAt"].is_number();
    for _ in 0..100 {
        if is_banned().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(is_banned().await);
    // Nobody watches any more.
    drop(status);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    world.on_main::<()>("users:pardon", &args).await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(is_banned().await);
}

#[tokio::test]
async fn nobody_elses_document_travels_and_no_field_that_nobody_reads() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let (alice, bob) = (world.connected("alice").await, world.connected("bob").await);
    for user in [&alice, &bob] {
        let set = json!({"key": "sort", "value": user.subject});
        user.mutation::<()>("preferences:set", set).await;
        user.query::<Vec<String>>("notes:sorted", json!({})).await;
    }
    for user in [&alice, &bob] {
        let users = user.holds("users").await;
        let [copy] = users.as_slice() else {
            panic!("{users:?}")
        };
        assert_eq!(copy["byodId"], user.subject.as_str());
        assert_eq!(copy["plan"], "free");
        // One is never to leave main, the other is read by nobody there.
        assert_eq!((&copy["email"], &copy["bio"]), (&json!(null), &json!(null)));
        let preferences = user.holds("userPreferences").await;
        let [copy] = preferences.as_slice() else {
            panic!("{preferences:?}")
        };
        assert_eq!(copy["value"], user.subject.as_str());
        assert_eq!(copy["changedFrom"], json!(null));
    }
    // Not even main's own function gives it.
    let args = json!({"user": alice.id, "subject": "alice"});
    let read: Value = world.on_main("byod/mirror:read", &args).await;
    let read = read.to_string();
    for nothing in ["@example.org", "likes notes", "bob", "the settings page"] {
        assert!(!read.contains(nothing), "{read}");
    }

    // What would need more is refused before anything is sent.
    for (path, reason) in [
        (
            "notes:mailed",
            "reads `email` of main's table `users`, which never leaves main",
        ),
        ("notes:byName", "that the argument `other` names"),
    ] {
        let args = json!({"other": bob.id});
        let error = alice.session.query::<Value>(path, &args).unwrap().await;
        let error = error.unwrap_err();
        assert!(matches!(error, Error::NotServed { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[tokio::test]
async fn while_main_fails_the_copies_serve_and_say_how_old_they_are() {
    let Some(world) = World::start(Duration::ZERO).await else {
        return;
    };
    let alice = world.connected("alice").await;
    alice.query::<Vec<String>>("notes:sorted", json!({})).await;
    world.main_fails();
    tokio::time::sleep(Duration::from_millis(300)).await;
    for _ in 0..2 {
        let call = alice
            .session
            .query::<Vec<String>>("notes:sorted", &json!({}));
        let routed = call.unwrap().routed().await.unwrap();
        assert!(routed.mirror_age.unwrap() >= Duration::from_millis(300));
    }

    // Another process knows what is there from the deployment itself.
    world.main_works();
    let other = world.another(LONG);
    let session = world.session(&other, &alice.id, &alice.subject);
    other.user_record(&*alice.id).await.unwrap();
    let author = session
        .query::<Value>("notes:author", &json!({"id": "none"}))
        .unwrap();
    // That finds the route; its argument is no id.
    author.await.unwrap_err();
    world.main_fails();
    let call = session
        .query::<Vec<String>>("notes:sorted", &json!({}))
        .unwrap();
    call.routed().await.unwrap();
}

#[tokio::test]
async fn without_copies_a_call_waits_for_main() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let alice = world.user("alice").await;
    alice.save(&world.byod, &alice.credentials()).await;
    // So that the route is known, and nothing else: it reads no copies.
    let route = world.byod.client_for_function("notes:sorted", &*alice.id);
    route.await.unwrap();
    let claim = json!({"subject": "alice", "user": alice.id});
    let client = world.byod.client_for_function("notes:sorted", &*alice.id);
    let client = client.await.unwrap().client;
    client
        .mutation::<String>("byod/claim:claim", &claim)
        .await
        .unwrap();
    world.main_fails();
    let call = || {
        alice
            .session
            .query::<Vec<String>>("notes:sorted", &json!({}))
    };
    let error = call().unwrap().await.unwrap_err();
    assert!(matches!(error, Error::Copies { .. }), "{error}");
    assert_eq!(error.kind(), "copies");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert!(error.is_retryable());
    world.main_works();
    assert!(call().unwrap().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_deployment_that_is_somebody_elses_gets_nothing() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let (alice, bob) = (world.connected("alice").await, world.user("bob").await);
    bob.save(&world.byod, &alice.credentials()).await;
    let error = bob.session.query::<Vec<String>>("notes:sorted", &json!({}));
    let error = error.unwrap().await.unwrap_err();
    let Error::Claim { call, claim } = &error else {
        panic!("{error}")
    };
    assert_eq!(call.function_path(), "notes:sorted");
    assert_eq!(*claim, Claim::SomebodyElses);
    let users = alice.holds("users").await;
    assert_eq!(users.len(), 1);
    assert_eq!(users[0]["byodOwner"], "alice");

    // Where it is nobody's yet it is claimed, and the copies are brought there.
    bob.save(&world.byod, &bob.credentials()).await;
    bob.query::<Vec<String>>("notes:sorted", json!({})).await;
    assert_eq!(bob.holds("users").await.len(), 1);
}

/// Another process disconnects the user when the credentials are stored, before the process
/// that stored them has main's answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_disconnect_comes_before_the_copies() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    world.main_is_slow();
    let other = world.beside_the_proxy();
    for (user, disconnects) in [(&alice, true), (&bob, false)] {
        let (byod, id, subject) = (world.byod.clone(), user.id.clone(), user.subject.clone());
        let credentials = user.credentials();
        let connecting = tokio::spawn(async move { byod.connect(id, subject, &credentials).await });
        if disconnects {
            let args = json!({"userId": user.id});
            let is_stored = async || {
                let record: Value = world
                    .on_main("byod/credentials:getConfigInternal", &args)
                    .await;
                record["connectionStatus"] == "connected"
            };
            while !is_stored().await {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            other.disconnect(&*user.id).await.unwrap();
        }
        let status = connecting.await.unwrap().unwrap().status;
        let expected = if disconnects {
            ConnectionStatus::Disconnected
        } else {
            ConnectionStatus::Connected
        };
        assert_eq!(status, expected);
        assert_eq!(user.holds("users").await.is_empty(), disconnects);
    }
}

#[tokio::test]
async fn what_is_older_replaces_nothing() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let alice = world.connected("alice").await;
    let args = json!({"user": alice.id, "subject": "alice"});
    let early: Value = world.on_main("byod/mirror:read", &args).await;
    let set = json!({"key": "sort", "value": "title"});
    alice.mutation::<()>("preferences:set", set).await;
    alice.query::<Vec<String>>("notes:sorted", json!({})).await;
    let client = world.byod.client_for_function("notes:sorted", &*alice.id);
    let client = client.await.unwrap().client;
    let late = json!({
        "subject": "alice", "user": alice.id, "at": early["at"], "digest": "another",
        "tables": early["tables"],
    });
    let written: String = client.mutation("byod/mirror:write", &late).await.unwrap();
    assert_eq!(written, "older");
    assert_eq!(alice.holds("userPreferences").await.len(), 1);
}

#[tokio::test]
async fn a_batch_reads_current_copies() {
    let Some(world) = World::start(LONG).await else {
        return;
    };
    let alice = world.connected("alice").await;
    for title in ["b", "a"] {
        alice
            .mutation::<String>("notes:create", json!({"title": title}))
            .await;
    }
    let set = json!({"key": "sort", "value": "title"});
    alice.mutation::<()>("preferences:set", set).await;
    let sorted = || {
        let call = alice
            .session
            .query::<Vec<String>>("notes:sorted", &json!({}));
        call.unwrap()
    };
    let (first, second) = alice.session.batch((sorted(), sorted())).await.unwrap();
    assert_eq!(first, ["a", "b"]);
    assert_eq!(second, ["a", "b"]);
}
