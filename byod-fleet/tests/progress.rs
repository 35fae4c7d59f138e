//! How far a roll-out is, is kept on main for whoever looks.

use std::pin::pin;
use std::time::Duration;

use byod_fleet::{Rollout, Waves};
use byod_local::{FunctionError, Local};
use byod_runtime::{Byod, EncryptionKey, KeptRollout, RolloutState};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use crate::support::{Fleet, bundle, manifest};

fn rollout() -> Rollout {
    let waves: Waves = "30%,100%".parse().unwrap();
    Rollout::of(bundle(7)).waves(waves)
}

async fn run(fleet: &Fleet, rollout: &Rollout) {
    let plan = rollout.plan(&fleet.byod).await.unwrap();
    rollout.run(&fleet.byod, &plan, |_| {}).await.unwrap();
}

async fn kept(fleet: &Fleet) -> Vec<KeptRollout> {
    fleet.byod.rollouts().await.unwrap().unwrap()
}

#[tokio::test]
async fn a_rollout_is_kept_with_its_waves() {
    let fleet = Fleet::start(12).await;
    run(&fleet, &rollout()).await;
    assert_eq!(kept(&fleet).await, [], "nobody asked for it");

    fleet.users[3].deployment.set_deploy_key("local:x|other");
    fleet.byod.test_connection("user 3").await.unwrap();
    let mut waiting = pin!(fleet.byod.watch_rollouts());
    assert_eq!(waiting.next().await, Some(Some(vec![])));

    let waves: Waves = "30%,100%".parse().unwrap();
    let later = Rollout::of(bundle(8)).waves(waves).recorded("machine 1");
    run(&fleet, &later).await;
    let [only] = &kept(&fleet).await[..] else {
        panic!("one is kept")
    };
    let progress = &only.progress;
    assert_eq!((progress.schema_version, &*progress.by), (8, "machine 1"));
    assert_eq!((progress.state, progress.wave), (RolloutState::Done, 2));
    let sum = |of: fn(&byod_runtime::WaveProgress) -> u64| progress.waves.iter().map(of).sum();
    let counts: [u64; 4] = [
        sum(|wave| wave.users),
        sum(|wave| wave.done),
        sum(|wave| wave.failed),
        sum(|wave| wave.left),
    ];
    assert_eq!(counts, [12, 11, 1, 0]);
    assert!(only.begun <= only.updated);
    // Who watches has heard how it ended.
    let ended = async {
        loop {
            let told = waiting.next().await.unwrap().unwrap();
            if told.first().map(|latest| latest.progress.state) == Some(RolloutState::Done) {
                return;
            }
        }
    };
    timeout(Duration::from_secs(10), ended).await.unwrap();
}

#[tokio::test]
async fn one_that_stops_says_so() {
    let fleet = Fleet::start(6).await;
    for user in &fleet.users {
        user.deployment.set_deploy_key("local:x|other");
    }
    let rollout = rollout().recorded("machine 1").at_once(1);
    run(&fleet, &rollout).await;
    run(&fleet, &rollout).await;
    let [only] = &kept(&fleet).await[..] else {
        panic!("the second run is the same roll-out, gone on with")
    };
    assert_eq!(only.progress.state, RolloutState::Stopped);
    let failed: u64 = only.progress.waves.iter().map(|wave| wave.failed).sum();
    assert_eq!(failed, 1, "of a few, none may fail");
}

/// A main of before keeps nothing, and holds nothing up.
#[tokio::test]
async fn an_older_main_is_rolled_out_from_as_ever() {
    let missing = |name: &str| FunctionError::new(format!("Could not find function for '{name}'."));
    let main = Local::main(&manifest())
        .function("byod/history:rolling", move |_, _| {
            Err::<(), _>(missing("byod/history:rolling"))
        })
        .function("byod/history:rollouts", move |_, _| {
            Err::<(), _>(missing("byod/history:rollouts"))
        });
    let main = main.start().await.unwrap();
    let byod = Byod::builder()
        .main_url(main.url())
        .deploy_key(main.deploy_key())
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .development(true)
        .build()
        .unwrap();
    let rollout = rollout().recorded("machine 1");
    let plan = rollout.plan(&byod).await.unwrap();
    let report = rollout.run(&byod, &plan, |_| {}).await.unwrap();
    assert!(report.is_done());
    assert_eq!(byod.rollouts().await.unwrap(), None);
}
