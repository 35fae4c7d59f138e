//! Round after round.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use byod_fleet::{Keeper, MaxFailures, Rollout, Round, Told, Waves};
use byod_local::{Local, PushFault, Value};
use byod_runtime::{ConnectionStatus, Credentials};
use tokio::time::sleep;

use crate::support::{Fleet, bundle, manifest, service_with};

const VERSION: u64 = 7;

fn rollout() -> Rollout {
    Rollout::of(bundle(VERSION)).waves(Waves::all())
}

async fn round(keeper: &mut Keeper, fleet: &Fleet) -> Round {
    keeper.round(&fleet.byod, |_| {}).await.unwrap()
}

/// How many had the version pushed, and how many failed.
fn pushed(round: &Round) -> (u64, u64) {
    let waves = round.rolled_out.iter().flat_map(|report| &report.waves);
    waves.fold((0, 0), |(pushed, failed), wave| {
        (pushed + wave.counts.pushed, failed + wave.counts.failed)
    })
}

#[tokio::test]
async fn who_failed_is_tried_again_after_pauses_that_grow() {
    let mut fleet = Fleet::start(4).await;
    let (first, longest) = (Duration::from_millis(300), Duration::from_secs(1));
    let limit = MaxFailures::Count(1);
    let mut keeper = Keeper::of(rollout().max_failures(limit)).pauses(first, longest);
    let failing = &fleet.users[2].deployment;
    failing.fail_pushes(PushFault::FailsToFinish, 2);
    let one = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&one), one.resting), ((3, 1), 1));
    // Left alone.
    let none = round(&mut keeper, &fleet).await;
    assert_eq!((none.rolled_out.is_none(), none.resting), (true, 1));
    sleep(first).await;
    let again = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&again), again.resting), ((0, 1), 1));

    // Who connects meanwhile gets it, and the pause has grown.
    fleet.add("late").await;
    sleep(first).await;
    let late = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&late), late.resting), ((1, 0), 1));
    assert_eq!(fleet.users[2].deployment.pushes().len(), 2);
    sleep(first).await;
    let last = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&last), last.resting), ((1, 0), 0));
    for user in &fleet.users {
        assert_eq!(user.finished(), 1);
    }
    assert!(round(&mut keeper, &fleet).await.is_well());
}

/// A process for each round, as of a scheduler: what one knew goes on in the next.
#[tokio::test]
async fn who_rests_does_so_for_the_next_process_too() {
    let fleet = Fleet::start(2).await;
    let failing = &fleet.users[0].deployment;
    failing.fail_pushes(PushFault::FailsToFinish, usize::MAX);
    let limit = MaxFailures::Count(1);
    let keeper = |version| {
        Keeper::of(
            Rollout::of(bundle(version))
                .waves(Waves::all())
                .max_failures(limit),
        )
    };
    let mut first = keeper(VERSION);
    assert_eq!(pushed(&round(&mut first, &fleet).await), (1, 1));
    let kept = serde_json::to_string(&first.memory()).unwrap();
    let memory = || serde_json::from_str(&kept).unwrap();

    let mut next = keeper(VERSION).going_on(memory());
    let rests = round(&mut next, &fleet).await;
    assert_eq!((rests.rolled_out.is_none(), rests.resting), (true, 1));
    assert_eq!(failing.pushes().len(), 1);

    // Another version is for all.
    let mut newer = keeper(VERSION + 1).going_on(memory());
    assert_eq!(pushed(&round(&mut newer, &fleet).await), (1, 1));
    assert_eq!(failing.pushes().len(), 2);
}

/// A wave in which too many fail holds up everybody but those.
#[tokio::test]
async fn nobody_new_is_begun_with_while_too_many_fail() {
    let fleet = Fleet::start(20).await;
    let waves: Waves = "50%,100%".parse().unwrap();
    let wave = |id: &str| waves.of(id).unwrap();
    let rollout = rollout()
        .waves(waves.clone())
        .max_failures(MaxFailures::Count(0));
    let mut keeper =
        Keeper::of(rollout.at_once(1)).pauses(Duration::from_millis(300), Duration::from_secs(1));
    let failing = fleet.users.iter().find(|user| wave(&user.id) == 0).unwrap();
    failing.deployment.fail_pushes(PushFault::FailsToFinish, 1);
    let held = round(&mut keeper, &fleet).await;
    assert_eq!(pushed(&held), (0, 1));
    let stopped = held.rolled_out.unwrap().stopped.unwrap();
    assert_eq!((stopped.wave, stopped.failed, stopped.allowed), (1, 1, 0));
    let still = round(&mut keeper, &fleet).await;
    assert_eq!(pushed(&still), (0, 0));
    assert!(still.rolled_out.unwrap().stopped.is_some());

    sleep(Duration::from_millis(300)).await;
    let mut all = 0;
    for _ in 0..3 {
        all += pushed(&round(&mut keeper, &fleet).await).0;
    }
    assert_eq!(all, 20);
}

#[tokio::test]
async fn each_is_tested_in_its_time() {
    let fleet = Fleet::start(5).await;
    let always = Duration::ZERO;
    let mut keeper = Keeper::of(rollout().at_once(1)).tests(always, 2);
    // Those were just tested, by the roll-out.
    let first = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&first), first.tested), ((5, 0), 0));
    fleet.users[0].deployment.set_deploy_key("local:x|other");
    sleep(Duration::from_millis(5)).await;
    let second = round(&mut keeper, &fleet).await;
    assert_eq!((second.tested, second.failing), (2, 1));
    assert_eq!(
        fleet.record("user 0").str("connectionStatus"),
        Some("error")
    );
    assert!(!second.is_well());

    let mut rarely = Keeper::of(rollout()).tests(Duration::from_secs(3_600), 2);
    assert_eq!(round(&mut rarely, &fleet).await.tested, 0);
}

/// Where more are to be tested than a round has room for, those come first who have waited longest.
#[tokio::test]
async fn nobody_waits_for_a_test_behind_those_who_had_one() {
    let fleet = Fleet::start(5).await;
    let mut keeper = Keeper::of(rollout()).tests(Duration::ZERO, 2);
    round(&mut keeper, &fleet).await;
    let tested = |fleet: &Fleet| -> Vec<f64> {
        let users = fleet.users.iter().map(|user| fleet.record(&user.id));
        let tested = users.map(|record| record.number("lastConnectionTest"));
        tested.map(Option::unwrap).collect()
    };
    let before = tested(&fleet);
    for _ in 0..3 {
        sleep(Duration::from_millis(5)).await;
        assert_eq!(round(&mut keeper, &fleet).await.tested, 2);
    }
    for (before, now) in before.iter().zip(tested(&fleet)) {
        assert!(now > *before, "{now} {before}");
    }
}

/// Another version is for those, too, who failed with the one before.
#[tokio::test]
async fn another_version_begins_anew() {
    let fleet = Fleet::start(2).await;
    let limit = MaxFailures::Count(1);
    let mut keeper = Keeper::of(rollout().max_failures(limit));
    fleet.users[0]
        .deployment
        .fail_pushes(PushFault::FailsToFinish, 1);
    assert_eq!(round(&mut keeper, &fleet).await.resting, 1);
    keeper.change(Rollout::of(bundle(VERSION + 1)).waves(Waves::all()));
    let next = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&next), next.resting), ((2, 0), 0));
}

/// Main can fail in the middle of its records; who was not seen by then is not forgotten.
#[tokio::test]
async fn a_pass_that_is_cut_off_forgets_nobody() {
    let fails = Arc::new(AtomicBool::new(false));
    let cut = fails.clone();
    let main = Local::main(&manifest()).function("byod/credentials:listConfigs", {
        move |ctx, args| {
            let options = args.get("paginationOpts").unwrap_or(&Value::Null);
            let is_first = match options {
                Value::Object(options) => !matches!(options.get("cursor"), Some(Value::String(_))),
                _ => true,
            };
            match cut.load(Ordering::Relaxed) && !is_first {
                true => Err("no second page".into()),
                false => ctx.query("userDatabaseConfig").paginate(options),
            }
        }
    });
    let fleet = Fleet::beside(main, 4).await;
    let long = Duration::from_secs(3600);
    let limit = MaxFailures::Count(0);
    let mut keeper =
        Keeper::of(rollout().page(2).at_once(1).max_failures(limit)).pauses(long, long);
    let failing = &fleet.users[0].deployment;
    failing.fail_pushes(PushFault::FailsToFinish, usize::MAX);
    let held = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&held), held.resting), ((0, 1), 1));

    fails.store(true, Ordering::Relaxed);
    keeper.round(&fleet.byod, |_| {}).await.unwrap_err();
    fails.store(false, Ordering::Relaxed);
    let still = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&still), still.resting), ((0, 0), 1));
    assert!(still.rolled_out.unwrap().stopped.is_some());
    assert_eq!(failing.pushes().len(), 1);
}

/// What a test writes into the record later says nothing of why the version failed there.
#[tokio::test]
async fn who_counts_does_so_until_they_do_not_fail() {
    let fleet = Fleet::start(2).await;
    let (first, longest) = (Duration::from_millis(200), Duration::from_secs(3600));
    let limit = MaxFailures::Count(0);
    let mut keeper = Keeper::of(rollout().at_once(1).max_failures(limit)).pauses(first, longest);
    let failing = &fleet.users[0].deployment;
    failing.fail_pushes(PushFault::FailsToFinish, 1);
    assert_eq!(pushed(&round(&mut keeper, &fleet).await), (0, 1));

    let key = failing.deploy_key();
    failing.set_deploy_key("local:x|other");
    fleet.byod.test_connection("user 0").await.unwrap();
    assert_eq!(
        fleet.record("user 0").str("connectionStatus"),
        Some("error")
    );
    // Left alone, and tried again: they hold up the others all the same.
    let left = round(&mut keeper, &fleet).await;
    assert_eq!(pushed(&left), (0, 0));
    sleep(first).await;
    let again = round(&mut keeper, &fleet).await;
    assert_eq!(pushed(&again), (0, 1));
    let stopped = again.rolled_out.unwrap().stopped.unwrap();
    assert_eq!((stopped.failed, stopped.allowed), (1, 0));

    failing.set_deploy_key(key);
    sleep(2 * first).await;
    let mended = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&mended), mended.resting), ((2, 0), 0));
}

/// What can't be used, by its record, counts as soon as it can be, and the version fails there.
#[tokio::test]
async fn who_failed_before_counts_once_the_version_is_to_blame() {
    let fleet = Fleet::start(2).await;
    let (first, longest) = (Duration::from_millis(200), Duration::from_secs(3600));
    let limit = MaxFailures::Count(0);
    let mut keeper = Keeper::of(rollout().at_once(1).max_failures(limit)).pauses(first, longest);
    let failing = &fleet.users[0].deployment;
    let key = failing.deploy_key();
    failing.set_deploy_key("local:x|other");
    fleet.byod.test_connection("user 0").await.unwrap();
    failing.set_deploy_key(key);
    failing.fail_pushes(PushFault::MissesEnvironmentVariable("KEY".to_owned()), 2);

    let held = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&held), held.resting), ((0, 1), 1));
    for pause in [Duration::ZERO, first] {
        sleep(pause).await;
        let still = round(&mut keeper, &fleet).await;
        assert!(still.rolled_out.unwrap().stopped.is_some());
    }
    assert_eq!(fleet.users[1].finished(), 0);
}

/// A move takes its time, and is looked at anew in pauses that grow.
#[tokio::test]
async fn whose_data_is_on_its_way_rests() {
    let fleet = Fleet::start(2).await;
    let first = Duration::from_millis(300);
    let limit = MaxFailures::Count(0);
    let mut keeper = Keeper::of(rollout().max_failures(limit)).pauses(first, first);
    fleet.begin_move("user 1");
    let one = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&one), one.resting), ((1, 0), 1));
    let none = round(&mut keeper, &fleet).await;
    assert_eq!((none.rolled_out.is_none(), none.resting), (true, 1));
    assert!(!none.is_well());

    fleet.call_off_move("user 1");
    sleep(first).await;
    let last = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&last), last.resting), ((1, 0), 0));
}

/// Who is due waits while others fail, and is looked after meanwhile.
#[tokio::test]
async fn who_is_behind_a_hold_is_tested() {
    let fleet = Fleet::start(3).await;
    let mut keeper = Keeper::of(rollout().at_once(1).max_failures(MaxFailures::Count(0)));
    let failing = &fleet.users[0].deployment;
    failing.fail_pushes(PushFault::FailsToFinish, usize::MAX);
    fleet.users[2].deployment.set_deploy_key("local:x|other");
    let held = round(&mut keeper, &fleet).await;
    assert_eq!(pushed(&held), (0, 1));
    assert_eq!((held.tested, held.failing), (2, 1));
    let status = |user| {
        fleet
            .record(user)
            .str("connectionStatus")
            .map(str::to_owned)
    };
    assert_eq!(status("user 1").as_deref(), Some("connected"));
    assert_eq!(status("user 2").as_deref(), Some("error"));
}

/// A test leaves no trace in the record of somebody whose data is on its way.
#[tokio::test]
async fn whose_move_takes_long_keeps_nobody_from_their_test() {
    let fleet = Fleet::start(3).await;
    fleet.begin_move("user 0");
    // Goes to nobody.
    let rollout = rollout().waves("1%".parse().unwrap());
    let mut keeper = Keeper::of(rollout).tests(Duration::from_secs(3600), 1);
    let mut tested = Vec::new();
    for _ in 0..4 {
        tested.push(round(&mut keeper, &fleet).await.tested);
    }
    assert_eq!(tested, [1, 1, 1, 0]);
    for user in ["user 1", "user 2"] {
        assert!(fleet.record(user).number("lastConnectionTest").is_some());
    }
}

/// What was done is told all the same.
#[tokio::test]
async fn a_round_whose_tests_fail_says_what_was_done() {
    let fleet = Fleet::start(2).await;
    let mut keeper = Keeper::of(rollout().at_once(1).max_failures(MaxFailures::Count(0)));
    let failing = &fleet.users[0].deployment;
    failing.fail_pushes(PushFault::FailsToFinish, usize::MAX);
    let key = fleet.main.deploy_key();
    let cut = keeper.round(&fleet.byod, |told| {
        if let Told::User { .. } = told {
            fleet.main.set_deploy_key("local:x|other");
        }
    });
    let cut = cut.await.unwrap();
    assert_eq!((pushed(&cut), cut.resting, cut.tested), ((0, 1), 1, 0));
    assert!(cut.untested.is_some() && !cut.is_well());

    fleet.main.set_deploy_key(key);
    let next = round(&mut keeper, &fleet).await;
    assert_eq!((next.untested, next.tested), (None, 2));
}

/// Their record comes before that of who failed, and no longer does.
#[tokio::test]
async fn who_was_passed_over_is_still_to_come() {
    let fleet = Fleet::start(2).await;
    fleet.byod.disconnect("user 0").await.unwrap();
    let first = Duration::from_millis(200);
    let limit = MaxFailures::Count(0);
    let mut keeper = Keeper::of(rollout().at_once(1).max_failures(limit)).pauses(first, first);
    let failing = &fleet.users[1].deployment;
    failing.fail_pushes(PushFault::FailsToFinish, 1);
    assert_eq!(pushed(&round(&mut keeper, &fleet).await), (0, 1));

    let own = &fleet.users[0].deployment;
    let credentials = Credentials::new(own.url(), own.deploy_key());
    let connected = ConnectionStatus::Connected;
    let saved = fleet
        .byod
        .save_credentials("user 0", &credentials, connected);
    saved.await.unwrap();
    sleep(first).await;
    let mended = round(&mut keeper, &fleet).await;
    assert_eq!((pushed(&mended), mended.resting), ((1, 0), 0));
    assert!(!mended.is_well(), "{mended:?}");
    let last = round(&mut keeper, &fleet).await;
    assert_eq!(pushed(&last), (1, 0));
    assert!(last.is_well(), "{last:?}");
}

/// With another key than the service's nobody's credentials open, which says nothing of the deployments: nobody is kept
/// from what they have.
#[tokio::test]
async fn who_has_the_wrong_key_writes_nothing_of_anybody() {
    let fleet = Fleet::start(3).await;
    round(&mut Keeper::of(rollout()), &fleet).await;
    let mistaken = service_with(&fleet.main, "another key");
    let mut keeper = Keeper::of(rollout()).tests(Duration::ZERO, 50);
    let round = keeper.round(&mistaken, |_| {}).await.unwrap();
    assert_eq!((round.tested, round.failing, round.unopened), (3, 3, 3));
    assert!(!round.is_well());
    for user in &fleet.users {
        let record = fleet.record(&user.id);
        assert_eq!(record.str("connectionStatus"), Some("connected"));
    }
}
