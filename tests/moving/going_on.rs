//! Moves that were left on their way, or whose deployment isn't what it was.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use byod_local::{Ctx, FunctionError, Local, LocalDeployment, Object, Value};
use byod_runtime::{ConnectionStatus, Credentials, Direction, EncryptionKey, Error, KeepFor};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::between::{Becomes, Between};
use super::{World, everything};

/// Until what was moved is due to be deleted where it was.
const SOON: Duration = Duration::from_millis(300);

impl World {
    /// A move that somebody has begun who is gone.
    fn left(&self, user: &str, subject: &str, direction: &str) {
        let begun = json!({
            "user": user, "subject": subject, "direction": direction, "keepFor": 0.0,
            "holder": "gone", "lease": 0.0,
        });
        let begun = self.main.run("byod/moves:begin", begun).unwrap();
        assert!(Object::try_from(begun).is_ok());
    }

    pub(super) async fn connect(&self, own: &LocalDeployment) {
        let credentials = Credentials::new(own.url(), own.deploy_key());
        let connected = self.byod.connect(&*self.alice, "alice", &credentials).await;
        assert_eq!(connected.unwrap().problem, None);
    }

    /// What was moved is due.
    async fn later(&self) {
        tokio::time::sleep(SOON).await;
        self.byod.resume_moves().await.unwrap();
    }
}

/// Who disconnects before what was moved is deleted has it on the side that answers.
#[tokio::test]
async fn what_a_side_answers_with_is_not_deleted() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 3);
    let hers = everything(&world.main, alice);
    let keep = KeepFor::Time(SOON);
    byod.move_in(alice, "alice").keep(keep).await.unwrap();
    byod.disconnect(alice).await.unwrap();
    world.later().await;
    assert_eq!(everything(&world.main, alice), hers);

    // All is there once, whichever way it moves then.
    byod.move_out(alice, "alice").keep(keep).await.unwrap();
    assert_eq!(everything(&world.main, alice), hers);
    world.connect(&world.own).await;
    world.later().await;
    assert_eq!(everything(&world.own, "alice"), hers);
    byod.move_in(alice, "alice").keep(keep).await.unwrap();
    assert_eq!(everything(&world.own, "alice"), hers);
    world.later().await;
    assert_eq!(everything(&world.own, "alice"), hers);
    assert!(everything(&world.main, alice).is_empty());
    assert_eq!(world.main.count("byodMoves"), 0);
}

/// What was moved to one deployment isn't on another.
#[tokio::test]
async fn what_is_on_another_deployment_is_not_taken_for_moved() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 3);
    let hers = everything(&world.main, alice);
    let keep = KeepFor::Time(SOON);
    byod.move_in(alice, "alice").keep(keep).await.unwrap();
    let other = world.user_deployment("other").await;
    world.connect(&other).await;
    world.later().await;
    assert_eq!(everything(&world.main, alice), hers);
    assert_eq!(world.main.count("byodMoves"), 1);

    // It is the same one again, whatever its key.
    world.connect(&world.own).await;
    byod.move_out(alice, "alice").keep(keep).await.unwrap();
    assert_eq!(everything(&world.main, alice), hers);
    byod.move_in(alice, "alice").keep(keep).await.unwrap();
    world.connect(&world.own).await;
    world.later().await;
    assert!(everything(&world.main, alice).is_empty());
    assert_eq!(everything(&world.own, "alice"), hers);
    assert_eq!(world.main.count("byodMoves"), 0);
}

#[tokio::test]
async fn a_deployment_that_never_answers_holds_up_nobody_else() {
    let world = World::start().await;
    let (alice, bob) = (&*world.alice, &*world.bob);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    world.save(alice, &url, &world.own.deploy_key()).await;
    let his = world.user_deployment("bob").await;
    world.save(bob, &his.url(), &his.deploy_key()).await;
    world.fill(bob, "his", 2);
    world.left(alice, "alice", "in");
    world.left(bob, "bob", "in");
    let byod = world.byod.clone();
    let resuming = tokio::spawn(async move { byod.resume_moves().await });
    let soon = Instant::now() + Duration::from_secs(8);
    while everything(&his, "bob").len() < 10 || !everything(&world.main, bob).is_empty() {
        assert!(Instant::now() < soon, "nobody sees to it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!resuming.is_finished());
    resuming.abort();
}

/// Whoever owns a deployment may have it answer for ever.
#[tokio::test]
async fn a_deployment_that_comes_to_no_end_is_left() {
    let mut world = World::start().await;
    let endless =
        Local::user(&world.manifest)
            .name("endless")
            .function("byod/moving:next", |_, _| {
                Ok(Object::from([
                    ("rows", Value::Array(Vec::new())),
                    ("cursor", "on".into()),
                ]))
            });
    world.own = endless.start().await.unwrap();
    let alice = &*world.alice;
    world
        .save(alice, &world.own.url(), &world.own.deploy_key())
        .await;
    world.fill(alice, "hers", 1);
    let hers = everything(&world.main, alice);
    let moved = world.byod.move_in(alice, "alice").into_future();
    let moved = timeout(Duration::from_secs(60), moved).await.unwrap();
    let error = moved.unwrap_err();
    assert!(
        matches!(&error, Error::NotMoved { reason, .. } if reason.contains("without coming to an end")),
        "{error}"
    );
    assert_eq!(everything(&world.main, alice), hers);
    assert_eq!(world.own.count("notes"), 0);
    assert_eq!(world.main.count("byodMoves"), 0);
}

/// What the real one does of documents that don't change.
fn list(ctx: &mut Ctx<'_>, args: &Object) -> Result<Object, FunctionError> {
    let of = |object: &Object, name: &str| object.get(name).cloned().unwrap_or(Value::Null);
    let Value::Array(rows) = of(args, "rows") else {
        return Err("there are no rows".into());
    };
    let mut added = 0.0;
    for row in rows {
        let row = Object::try_from(row)?;
        let known = ctx.query("byodMoved").index("by_old");
        let known = known.eq("move", of(args, "move"));
        let known = known.eq("old", of(&row, "old")).first()?;
        if let Some(known) = known {
            if let Some(round) = args.get("round") {
                let id = known.id().unwrap_or_default();
                ctx.patch(id, Object::from([("round", round.clone())]))?;
            }
            continue;
        }
        let mut listed = Object::from([
            ("move", of(args, "move")),
            ("table", of(args, "table")),
            ("old", of(&row, "old")),
            ("created", of(&row, "created")),
            ("listed", of(&row, "hash")),
            ("state", "listed".into()),
        ]);
        if let Some(round) = args.get("round") {
            listed.set("round", round.clone());
        }
        ctx.insert("byodMoved", listed)?;
        added += 1.0;
    }
    Ok(Object::from([
        ("added", added.into()),
        ("changed", 0.0.into()),
    ]))
}

/// What comes where all of its table were listed already, and what refers to it, comes along whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_written_while_all_is_listed_comes_with_what_it_refers_to() {
    let mut world = World::start().await;
    let (asks, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let (wrote, written) = std::sync::mpsc::channel();
    let written = std::sync::Mutex::new(written);
    let own = Local::user(&world.manifest).name("meanwhile").function(
        "byod/moving:list",
        move |ctx, args| {
            // Once, when projects were looked at, and notes were not yet.
            if args.str("table") == Some("conversations") && asks.send(()).is_ok() {
                let _ = written.lock().unwrap().recv();
            }
            list(ctx, &args)
        },
    );
    world.own = own.start().await.unwrap();
    let alice = &*world.alice;
    world
        .save(alice, &world.own.url(), &world.own.deploy_key())
        .await;
    world.fill(alice, "hers", 2);
    let moved = world.byod.move_in(alice, "alice").keep(super::AT_ONCE);
    let moved = moved.into_future();
    let meanwhile = async {
        asked.recv().await.unwrap();
        world.fill(alice, "late", 1);
        asked.close();
        let hers = everything(&world.main, alice);
        wrote.send(()).unwrap();
        hers
    };
    let (moved, hers) = tokio::join!(moved, meanwhile);
    let moved = moved.unwrap();
    assert_eq!(moved.documents, hers.len() as u64);
    assert_eq!(everything(&world.own, "alice"), hers);
}

/// A deployment that is slow gets as much at once as it does in time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_takes_longer_than_a_call_may_is_asked_for_in_smaller_parts() {
    let mut world = World::start().await;
    let slow =
        Local::user(&world.manifest)
            .name("slow")
            .function("byod/moving:list", |ctx, args| {
                let rows = match args.get("rows") {
                    Some(Value::Array(rows)) => rows.len() as u32,
                    _ => return Err("there are no rows".into()),
                };
                std::thread::sleep(Duration::from_millis(4) * rows);
                list(ctx, &args)
            });
    world.own = slow.start().await.unwrap();
    let alice = &*world.alice;
    world
        .save(alice, &world.own.url(), &world.own.deploy_key())
        .await;
    world.fill(alice, "hers", 180);
    let hers = everything(&world.main, alice);
    // 360 of one table, of which a call gets 250 done.
    let moved = world
        .byod
        .move_in(alice, "alice")
        .keep(super::AT_ONCE)
        .await;
    assert_eq!(moved.unwrap().documents, hers.len() as u64);
    assert_eq!(everything(&world.own, "alice"), hers);
}

/// Calling a move off that came to main asks the deployment for nothing.
#[tokio::test]
async fn a_move_from_a_deployment_that_is_gone_is_called_off() {
    let world = World::start().await;
    world.connect(&world.own).await;
    world.left(&world.alice, "alice", "out");
    world.own.stop().await;
    assert!(world.byod.cancel_move(world.alice).await.unwrap());
    assert_eq!(world.main.count("byodMoves"), 0);
}

/// Moves that others see to, or that are kept for good, are not in the way of those that nobody sees to.
#[tokio::test]
async fn the_oldest_do_not_starve_the_rest() {
    let world = World::start().await;
    let alice = &*world.alice;
    let row = |phase: &str, keep: Json, until: f64| {
        json!({
            "user": world.bob, "subject": "bob", "direction": "in", "phase": phase, "before": "pending",
            "was": "pending", "authTags": "", "keepFor": keep, "table": null, "done": 0.0, "total": 0.0,
            "holder": "another", "until": until, "switched": 0.0, "report": "{}",
        })
    };
    for _ in 0..120 {
        let main = &world.main;
        main.insert("byodMoves", row("check", json!(0.0), 9e15))
            .unwrap();
        main.insert("byodMoves", row("tidy", Json::Null, 0.0))
            .unwrap();
    }
    world.fill(alice, "hers", 1);
    world.left(alice, "alice", "in");
    let resumed = world.byod.resume_moves().await.unwrap();
    assert_eq!((resumed.ended, resumed.failed), (1, 0));
    assert!(everything(&world.main, alice).is_empty());
    assert_eq!(everything(&world.own, "alice").len(), 5);

    let keep = KeepFor::Time(SOON);
    let moved = world.byod.move_out(alice, "alice").keep(keep).await;
    assert_eq!(moved.unwrap().direction, Direction::Out);
    tokio::time::sleep(SOON).await;
    let resumed = world.byod.resume_moves().await.unwrap();
    assert_eq!((resumed.ended, resumed.failed), (1, 0));
    assert!(everything(&world.own, "alice").is_empty());
}

/// Who disconnects may write at once, whoever sees to the move: nobody may.
#[tokio::test]
async fn nothing_is_refused_any_more_once_it_is_called_off() {
    let world = World::start().await;
    let (byod, alice) = (&world.byod, &*world.alice);
    world.fill(alice, "hers", 3);
    let hers = everything(&world.main, alice);
    let credentials = Credentials::new(world.own.url(), world.own.deploy_key());
    let moving = byod.connect(alice, "alice", &credentials).bring_data();
    let moving = tokio::spawn(moving.into_future());
    let frozen = || async {
        let status = byod.status(alice).await.unwrap();
        let moving = status.record.and_then(|record| record.moving);
        moving.is_some_and(|moving| moving.frozen)
    };
    while !frozen().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    moving.abort();
    let _ = moving.await;
    byod.disconnect(alice).await.unwrap();
    assert!(!frozen().await);

    // The same, asked for again, brings it all the same.
    let brought = byod.connect(alice, "alice", &credentials).bring_data();
    let brought = brought.await.unwrap();
    assert_eq!(brought.test.problem, None);
    assert_eq!(brought.moved.map(|moved| moved.documents), Some(15));
    assert_eq!(everything(&world.own, "alice"), hers);
}

/// Whoever has the user's record hears that it is called off, also where nobody saw to it.
#[tokio::test]
async fn all_are_told_of_a_move_that_is_called_off() {
    let world = World::start().await;
    world.left(&world.alice, "alice", "in");
    let changed = || {
        let record = world.main.documents("userDatabaseConfig").remove(0);
        record.number("updatedAt").unwrap()
    };
    let before = changed();
    let user = json!({"user": world.alice});
    world.main.run("byod/moves:cancel", user).unwrap();
    assert!(changed() > before);
}

/// Credentials that are sealed with another key are the same.
#[tokio::test]
async fn a_move_goes_on_while_keys_are_rotated() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 3);
    let hers = everything(&world.main, alice);
    world.left(alice, "alice", "in");
    let [former, new] = ["only for tests", "another"].map(|key| EncryptionKey::parse(key).unwrap());
    let rotating = world
        .builder()
        .encryption_key(new)
        .former_encryption_key(former);
    let rotating = rotating.build().unwrap();
    let record = rotating.user_record(alice).await.unwrap().unwrap();
    rotating.reseal(&record).await.unwrap();
    let resumed = rotating.resume_moves().await.unwrap();
    assert_eq!((resumed.ended, resumed.failed), (1, 0));
    assert_eq!(everything(&world.own, "alice"), hers);
    let status = rotating.status(alice).await.unwrap().record.unwrap();
    assert_eq!(status.connection_status, ConnectionStatus::Connected);
}

/// A deployment that is gone would refuse its user's writes for ever.
#[tokio::test]
async fn a_move_that_fails_for_hours_is_called_off() {
    let world = World::start().await;
    let (alice, bob) = (&*world.alice, &*world.bob);
    let his = world.user_deployment("bob").await;
    world.save(bob, &his.url(), &his.deploy_key()).await;
    world.fill(bob, "his", 1);
    let theirs = everything(&world.main, bob);
    for (user, hours) in [(alice, 5.0), (bob, 7.0)] {
        let records = world.main.documents("userDatabaseConfig");
        let record = records
            .iter()
            .find(|record| record.str("userId") == Some(user));
        let (record, hour) = (record.unwrap(), 3_600_000.0);
        let row = json!({
            "user": user, "subject": user, "direction": "in", "phase": "copy", "before": "pending", "was": "pending",
            "authTags": record.str("authTags"), "keepFor": 0.0, "table": null, "done": 0.0, "total": 0.0, "holder": "",
            "until": 0.0, "frozen": record.number("_creationTime").unwrap() - hours * hour, "report": "{}",
        });
        world.main.insert("byodMoves", row).unwrap();
    }
    let is_frozen = async |user: &str| {
        world.byod.clear_user_client(user);
        let status = world.byod.status(user).await.unwrap().record.unwrap();
        status.moving.is_some_and(|moving| moving.frozen)
    };
    assert!(is_frozen(alice).await && is_frozen(bob).await);
    world.own.stop().await;
    his.stop().await;
    let resumed = world.byod.resume_moves().await.unwrap();
    assert_eq!(resumed.failed, 2);
    assert!(is_frozen(alice).await, "for five hours");
    assert!(!is_frozen(bob).await, "for seven");
    assert_eq!(everything(&world.main, bob), theirs);
}

/// Nothing stays on a deployment in whose place another comes.
#[tokio::test]
async fn what_was_copied_goes_before_another_deployment_is_connected() {
    let world = World::start().await;
    let (byod, alice) = (world.byod.clone(), world.alice.clone());
    world.fill(&alice, "hers", 20);
    let hers = everything(&world.main, &alice);
    let user = alice.clone();
    let moving = tokio::spawn(async move { byod.move_in(user, "alice").await });
    while world.own.count("notes") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let other = world.user_deployment("other").await;
    world.connect(&other).await;
    let error = moving.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::NotMoved { .. }), "{error}");
    let left = (world.own.count("notes"), world.own.count("byodMoved"));
    assert_eq!(left, (0, 0));
    assert_eq!(everything(&world.main, &alice), hers);
    let status = world.byod.status(&*alice).await.unwrap();
    assert!(status.enabled);
    assert_eq!(world.main.count("byodMoves"), 0);
}

/// A deployment that is asked to remove what was copied to it, and takes its time until it is let go.
async fn held_up(world: &World) -> (Between, Arc<AtomicBool>) {
    let is_held = Arc::new(AtomicBool::new(true));
    let held = is_held.clone();
    let between = Between::start(&world.own, move |path, _| {
        while path == "byod/moving:clear" && held.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(5));
        }
        Becomes::Itself
    });
    let between = between.await;
    let key = world.own.deploy_key();
    world.save(&world.alice, &between.url, &key).await;
    (between, is_held)
}

/// Alice's data is on its way by another process, and is called off by a third, which removes what was copied.
async fn called_off(world: &World) -> JoinHandle<Result<bool, Error>> {
    let (moves, ends) = (world.builder().build(), world.builder().build());
    let (moves, ends, alice) = (moves.unwrap(), ends.unwrap(), world.alice.clone());
    let user = alice.clone();
    tokio::spawn(async move { moves.move_in(user, "alice").await });
    while world.own.count("notes") == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let called_off = tokio::spawn(async move { ends.cancel_move(alice).await });
    while world.main.documents("byodMoves")[0].str("phase") != Some("cancel") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    called_off
}

/// Nor while somebody else is still about to remove it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_others_remove_is_waited_for() {
    let world = World::start().await;
    world.fill(&world.alice, "hers", 20);
    let (_between, is_held) = held_up(&world).await;
    let called_off = called_off(&world).await;
    let other = world.user_deployment("other").await;
    let connected = world.connect(&other);
    let released = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        is_held.store(false, Ordering::Relaxed);
    };
    tokio::join!(connected, released);
    let left = (world.own.count("notes"), world.own.count("byodMoved"));
    assert_eq!(left, (0, 0));
    called_off.await.unwrap().unwrap();
}

/// Who disconnects while another deployment is being connected, in another process, has disconnected.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_disconnect_stands_while_what_was_copied_is_removed() {
    let world = World::start().await;
    let alice = world.alice.clone();
    world.fill(&alice, "hers", 20);
    let (_between, is_held) = held_up(&world).await;
    let _called_off = called_off(&world).await;
    let (connects, other) = (world.byod.clone(), world.user_deployment("other").await);
    let credentials = Credentials::new(other.url(), other.deploy_key());
    let user = alice.clone();
    let connected =
        tokio::spawn(async move { connects.connect(user, "alice", &credentials).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let disconnects = world.builder().build().unwrap();
    disconnects.disconnect(&*alice).await.unwrap();
    is_held.store(false, Ordering::Relaxed);
    let connected = connected.await.unwrap();
    let is_told = match &connected {
        Ok(test) => test.status == ConnectionStatus::Disconnected,
        Err(error) => matches!(error, Error::RecordChanged { .. }),
    };
    assert!(is_told, "{connected:?}");
    let record = world.main.documents("userDatabaseConfig").remove(0);
    assert_eq!(record.str("connectionStatus"), Some("disconnected"));
}

/// What is more than one user may bring is found before anything is refused to them.
#[tokio::test]
async fn what_is_too_much_for_main_is_found_before_anything_is_frozen() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 2);
    world
        .byod
        .move_in(alice, "alice")
        .keep(super::AT_ONCE)
        .await
        .unwrap();
    let bytes = world.builder().most_moved_out(1_000, 500).build().unwrap();
    let error = bytes.move_out(alice, "alice").await.unwrap_err();
    assert!(
        matches!(&error, Error::NotMoved { reason, .. } if reason.contains("500 bytes")),
        "{error}"
    );
    // Nothing was told to main of what there is.
    assert_eq!(
        (world.main.count("byodMoved"), world.main.count("byodMoves")),
        (0, 0)
    );
    assert_eq!(everything(&world.own, "alice").len(), 10);
}
