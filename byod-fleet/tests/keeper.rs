//! Round after round.

use std::time::Duration;

use byod_fleet::{Keeper, MaxFailures, Rollout, Round, Waves};
use byod_local::PushFault;
use tokio::time::sleep;

use crate::support::{Fleet, bundle};

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
    let mut keeper = Keeper::of(rollout()).tests(always, 2);
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
