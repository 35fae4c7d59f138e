//! Functions on users' deployments have something done on main: once, in order, and
//! nothing but what they themselves would do there.

mod crashes;
mod forged;
#[path = "../../support/node.rs"]
#[allow(dead_code, reason = "others use the rest of it")]
mod node;
#[path = "../../support/proxy.rs"]
mod proxy;
mod service;

use std::time::Duration;

use byod_runtime::{Error, Location};
use serde_json::{Value, json};

use service::World;

#[tokio::test]
async fn what_a_function_writes_on_main_is_there_after_the_call() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.connected("alice").await;
    let create = json!({"title": "one"});
    let created = alice
        .session
        .mutation::<String>("notes:create", &create)
        .unwrap();
    let created = created.routed().await.unwrap();
    assert_eq!(created.deployment.location(), Location::User);
    // By itself, soon; or when one waits for it.
    alice.session.apply_outbox().await.unwrap();
    assert_eq!(world.counted(&alice).await, 1);
    let events = world.of(&alice, "activityEvents").await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&events[0]["kind"], &events[0]["summary"]),
        (&json!("created"), &json!("one"))
    );
    assert_eq!(alice.holds("byodOutbox").await, Vec::<Value>::new());

    // A counter is counted by main's own helper, in main's transaction.
    for title in ["two", "three"] {
        alice
            .mutation::<String>("notes:create", json!({"title": title}))
            .await;
    }
    alice
        .mutation::<()>("notes:remove", json!({"id": created.value}))
        .await;
    alice.session.apply_outbox().await.unwrap();
    assert_eq!(world.counted(&alice).await, 2);
    let titles: Vec<String> = alice.query("notes:list", json!({})).await;
    assert_eq!(titles, ["two", "three"]);
}

#[tokio::test]
async fn calls_do_it_by_themselves() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.connected("alice").await;
    alice
        .mutation::<String>("notes:create", json!({"title": "one"}))
        .await;
    for _ in 0..200 {
        if world.counted(&alice).await == 1 && alice.holds("byodOutbox").await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("main was not told");
}

/// A reason may quote the row, which anybody may have written.
#[tokio::test]
async fn a_reason_is_one_line_whatever_the_row_says() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.connected("alice").await;
    let helper = "x\nERROR forged\u{2028}";
    alice
        .forge(&json!({"is": "help", "helper": helper, "args": []}))
        .await;
    let delivered = alice.session.apply_outbox().await.unwrap();
    let reason = &delivered.refused[0].reason;
    assert_eq!(&**reason, "No function calls `x ERROR forged ` so");
}

/// A disconnect is final for what functions have left, too: what is under way ends.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_disconnect_nothing_more_is_asked_of_the_deployment() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.connected("alice").await;
    for _ in 0..500 {
        alice.forge(&json!({"is": "nothing"})).await;
    }
    let before = alice.proxy.calls();
    // One that keeps no connection that was closed meanwhile.
    let byod = world.another();
    let session = world.session(&byod, &alice.id, &alice.subject);
    let taking = tokio::spawn(async move { session.apply_outbox().await });
    // The first rows are done.
    while alice.proxy.calls() < before + 2 {
        assert!(!taking.is_finished(), "{:?}", taking.await);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    byod.disconnect(&*alice.id).await.unwrap();
    let at = alice.proxy.calls();
    let delivered = taking.await.unwrap().unwrap();
    assert!(delivered.more, "{delivered:?}");
    assert!(alice.holds("byodOutbox").await.len() > 200);
    // The one that was on its way may be counted only after that.
    let later = alice.proxy.calls() - at;
    assert!(later <= 1, "{later} calls");
}

#[tokio::test]
async fn what_a_failing_function_left_is_not_done() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.connected("alice").await;
    let args = json!({"title": "never"});
    let failed = alice.session.mutation::<()>("notes:fail", &args).unwrap();
    failed.await.unwrap_err();
    alice.session.apply_outbox().await.unwrap();
    assert_eq!(world.counted(&alice).await, 0);
}

#[tokio::test]
async fn a_job_of_mains_runs_at_its_time_and_can_be_cancelled() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.connected("alice").await;
    let id: String = alice
        .mutation("notes:create", json!({"title": "tea"}))
        .await;
    let remind = |ms: u64| json!({"id": id, "inMs": ms});
    alice.mutation::<()>("notes:remind", remind(400)).await;
    alice.session.apply_outbox().await.unwrap();
    assert_eq!(
        world.of(&alice, "reminders").await.len(),
        0,
        "not before its time"
    );
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let reminders = world.of(&alice, "reminders").await;
    assert_eq!(reminders.len(), 1, "{reminders:?}");
    assert_eq!(reminders[0]["text"], "tea");

    // Cancelled after main was told, and before.
    for is_told in [true, false] {
        alice.mutation::<()>("notes:remind", remind(600)).await;
        if is_told {
            alice.session.apply_outbox().await.unwrap();
        }
        alice
            .mutation::<()>("notes:forget", json!({"id": id}))
            .await;
        alice.session.apply_outbox().await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert_eq!(world.of(&alice, "reminders").await.len(), 1);
    assert!(world.of(&alice, "byodRefused").await.is_empty());
}

#[tokio::test]
async fn documents_of_mains_are_changed_by_their_ids() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.connected("alice").await, world.connected("bob").await);
    let mut ids = Vec::new();
    for (user, text) in [(&alice, "a"), (&alice, "b"), (&bob, "hers not")] {
        let args = json!({"userId": user.id, "text": text});
        ids.push(world.on_main::<String>("reminders:add", &args).await);
    }
    let args = json!({"done": ids[0], "gone": ids[1]});
    alice.mutation::<()>("notes:noteDown", args).await;
    alice.session.apply_outbox().await.unwrap();
    let left = world.of(&alice, "reminders").await;
    assert_eq!(left.len(), 1);
    assert_eq!(
        (&left[0]["text"], &left[0]["sent"]),
        (&json!("a"), &json!(true))
    );

    // Somebody else's are refused, each by itself.
    let args = json!({"done": ids[2], "gone": ids[2]});
    alice.mutation::<()>("notes:noteDown", args).await;
    alice.session.apply_outbox().await.unwrap();
    let others = world.of(&bob, "reminders").await;
    assert_eq!((others.len(), &others[0]["sent"]), (1, &json!(false)));
    assert_eq!(world.of(&alice, "byodRefused").await.len(), 2);
}

#[tokio::test]
async fn what_main_refuses_is_kept_and_blocks_nothing() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.connected("alice").await, world.connected("bob").await);
    let id: String = alice
        .mutation("notes:create", json!({"title": "tea"}))
        .await;
    alice.session.apply_outbox().await.unwrap();
    world.proxy.strike(proxy::Fault::ResetConnecting);
    for value in [1, 5, -1] {
        let args = json!({"id": id, "value": value});
        alice.mutation::<()>("notes:vote", args).await;
    }
    alice
        .mutation::<()>("notes:complain", json!({"id": id, "text": "Slow"}))
        .await;
    alice.session.apply_outbox().await.unwrap_err();
    world.proxy.heal();
    let delivered = alice.session.apply_outbox().await.unwrap();
    // A task of a call may have been faster.
    assert!(delivered.applied <= 3 && delivered.refused.len() <= 1);
    let votes = world.of(&alice, "votes").await;
    let values: Vec<&Value> = votes.iter().map(|vote| &vote["value"]).collect();
    assert_eq!(values, [&json!(1), &json!(-1)]);
    let feedback: Vec<Value> = world
        .on_main("peek:peek", &json!({"table": "feedback"}))
        .await;
    assert_eq!(feedback.len(), 1);
    let refused = world.of(&alice, "byodRefused").await;
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(
        refused[0]["reason"]
            .as_str()
            .unwrap()
            .contains("votes.value"),
        "{refused:?}"
    );
    assert!(alice.holds("byodOutbox").await.is_empty());
    bob.mutation::<String>("notes:create", json!({"title": "mine"}))
        .await;
    bob.session.apply_outbox().await.unwrap();
    assert_eq!(world.counted(&bob).await, 1);
}

#[tokio::test]
async fn a_sweep_and_a_connect_take_what_is_left() {
    let Some(world) = World::start().await else {
        return;
    };
    let users = [world.connected("alice").await, world.connected("bob").await];
    for user in &users {
        user.mutation::<String>("notes:create", json!({"title": "one"}))
            .await;
        user.session.apply_outbox().await.unwrap();
        // The service's process ends before it has told main.
        let other = world.another();
        let session = world.session(&other, &user.id, &user.subject);
        world.proxy.strike(proxy::Fault::ResetConnecting);
        // Its route is known to the first process alone.
        let call = user
            .session
            .mutation::<String>("notes:create", &json!({"title": "two"}));
        call.unwrap().await.unwrap();
        user.session.apply_outbox().await.unwrap_err();
        world.proxy.heal();
        drop(session);
    }
    let swept = world.another().sweep_outboxes().await.unwrap();
    assert_eq!(
        (swept.users, swept.failed, swept.refused),
        (2, 0, 0),
        "{swept:?}"
    );
    for user in &users {
        assert_eq!(world.counted(user).await, 2);
    }
    let nothing = world.byod.sweep_outboxes().await.unwrap();
    assert_eq!((nothing.users, nothing.applied), (2, 0));
}

/// Main knows who somebody is there since they connected, before any row of theirs came.
#[tokio::test]
async fn a_sweep_takes_the_first_rows_of_who_has_had_none() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.connected("alice").await;
    // So that her route is known.
    alice.query::<Value>("notes:list", json!({})).await;
    world.proxy.strike(proxy::Fault::ResetConnecting);
    alice
        .mutation::<String>("notes:create", json!({"title": "one"}))
        .await;
    alice.session.apply_outbox().await.unwrap_err();
    world.proxy.heal();
    let swept = world.another().sweep_outboxes().await.unwrap();
    assert_eq!((swept.users, swept.failed), (1, 0), "{swept:?}");
    assert_eq!(world.counted(&alice).await, 1);
}

/// Whoever fills their outbox has main do so much of it, and holds up nobody else.
#[tokio::test]
async fn of_one_user_main_does_so_much_at_a_time_whatever_is_left() {
    let Some(world) = World::start().await else {
        return;
    };
    let (alice, bob) = (world.connected("alice").await, world.connected("bob").await);
    let begun = std::time::Instant::now();
    alice.flood(6_000).await;
    let mut done = 0;
    for round in 0..5 {
        let delivered = alice.session.apply_outbox().await.unwrap();
        assert!(delivered.more, "{round}");
        done += delivered.applied + delivered.refused.len() as u64;
        assert!(done <= 1_600 * (round + 1));
        if round == 0 {
            let title = json!({"title": "his"});
            bob.mutation::<String>("notes:create", title).await;
            bob.session.apply_outbox().await.unwrap();
            assert_eq!(world.counted(&bob).await, 1);
        }
    }
    let most = 3_200 + 10 * (begun.elapsed().as_secs() + 1);
    assert!((3_200..=most).contains(&done), "{done} of at most {most}");
    let left = alice.holds("byodOutbox").await.len() as u64;
    assert_eq!(left, 6_000 - done);
}

/// Deployments that take their time hold up nobody else's rows.
#[tokio::test]
async fn a_sweep_does_not_wait_for_those_that_are_slow() {
    let Some(world) = World::start().await else {
        return;
    };
    let _silent = world.connected_to_silence(12).await;
    let alice = world.connected("alice").await;
    // Main knows who she is there since her first row.
    alice
        .mutation::<String>("notes:create", json!({"title": "one"}))
        .await;
    alice.session.apply_outbox().await.unwrap();
    alice.forge(&json!({"is": "nothing"})).await;
    let byod = world.another();
    let sweep = tokio::spawn(async move { byod.sweep_outboxes().await });
    while world.of(&alice, "byodRefused").await.is_empty() {
        assert!(!sweep.is_finished(), "{:?}", sweep.await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!sweep.is_finished(), "nobody was slow");
    sweep.abort();
}

#[tokio::test]
async fn what_needs_main_at_once_is_refused_with_the_reason() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.connected("alice").await;
    let id: String = alice
        .mutation("notes:create", json!({"title": "tea"}))
        .await;
    for (path, args, reason) in [
        (
            "notes:publish",
            json!({"id": id}),
            "needs the id of what it inserts there",
        ),
        (
            "notes:rate",
            json!({"title": "a"}),
            "uses main's table `rateLimits`",
        ),
        (
            "notes:shareAny",
            json!({"id": id, "more": {"summary": ""}}),
            "isn't written out",
        ),
    ] {
        let error = alice
            .session
            .mutation::<()>(path, &args)
            .unwrap()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NotServed { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}
