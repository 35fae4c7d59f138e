//! Workers are lost in the middle of it.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use byod_fleet::{
    Bundles, Engine, Error, MaxFailures, Order, Outcome, Progress, Report, Round, Share, Waves,
};
use byod_local::{PushFault, PushOutcome, PushRecord};
use byod_runtime::{RolloutState, UserId};
use tokio::time::sleep;

use crate::server::{Server, holds, request};
use crate::support::{Fleet, SECRET, bundle};
use crate::workers::{Told, Workers, folder};

const VERSION: u64 = 7;

/// How many deployments are pushed to at once.
const AT_ONCE: u32 = 12;

fn waves() -> Waves {
    "5%,30%,100%".parse().unwrap()
}

fn users() -> usize {
    let set = std::env::var("BYOD_ENGINE_USERS");
    set.map_or(200, |users| users.parse().unwrap())
}

/// By which it is decided who is killed, and when: another one each time, unless it is set.
fn seed() -> u64 {
    let set = std::env::var("BYOD_ENGINE_SEED");
    set.map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap())
}

fn rolled_out(round: Round) -> Report {
    round.rolled_out.expect("it did something")
}

/// How many are done with.
fn done(report: &Report) -> u64 {
    report.waves.iter().map(|wave| wave.counts.all()).sum()
}

/// How many run the version now that were due.
fn have_it(report: &Report) -> u64 {
    let counts = report.waves.iter().map(|wave| wave.counts);
    // Where a worker was lost between a push and its answer, the next one finds it.
    counts.map(|counts| counts.pushed + counts.current).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_are_killed_lose_nothing() {
    let Some(server) = Server::start("killed") else {
        return;
    };
    let (users, seed) = (users(), seed());
    println!("BYOD_ENGINE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let fleet = Fleet::start(users).await;
    for user in &fleet.users {
        // So that there is something to be killed in the middle of.
        let building = Duration::from_millis(100);
        user.deployment.set_index_building(building);
    }
    let shared = folder("bundles");
    let told = Told::of(&fleet, &server.identity_key, &shared);
    let mut workers = Workers::start(told, 3).await;
    let engine = Engine::at(&server.url()).unwrap();

    // The bundle comes later than the order, as where folders are copied.
    let elsewhere = folder("elsewhere");
    let made = Bundles::in_folder(&elsewhere).unwrap();
    let digest = made.put(&bundle(VERSION)).unwrap();
    let order = Order::of(
        digest,
        VERSION,
        waves(),
        MaxFailures::Share(Share::percent(2)),
    )
    .patience(Duration::from_secs(20))
    .at_once(AT_ONCE);
    let failing: Vec<usize> = (0..users)
        .filter(|user| waves().of(&fleet.users[*user].id) == Some(2))
        .step_by(users / 20)
        .collect();
    for user in &failing {
        let deployment = &fleet.users[*user].deployment;
        deployment.fail_pushes(PushFault::FailsToFinish, usize::MAX);
    }
    let unknown = engine.begin(&order).await.unwrap_err();
    assert!(matches!(unknown, Error::NoWorkers { .. }), "{unknown}");
    server.register(workers.port);
    let since = Instant::now();
    let begun = engine.begin(&order).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(fleet.users[0].finished(), 0);
    assert!(workers.logged().contains("there is no such bundle"));
    let name = format!("{digest}.json");
    fs::copy(elsewhere.join(&name), shared.join(&name)).unwrap();

    // Who asks again is told of the same, and of another version that it has to wait.
    assert_eq!(engine.begin(&order).await.unwrap(), begun);
    let other = made.put(&bundle(VERSION + 1)).unwrap();
    let other = Order::of(other, VERSION + 1, waves(), MaxFailures::Count(0));
    let busy = engine.begin(&other).await.unwrap_err();
    assert!(matches!(busy, Error::Engine { status: 409, .. }), "{busy}");

    // Two are lost, one after the other, wherever they are, and come back.
    let followed = {
        let (engine, begun) = (engine.clone(), begun.clone());
        tokio::spawn(async move { rolled_out(engine.follow(&begun, |_| {}).await.unwrap()) })
    };
    let mut kills = 0;
    let mut numbers = [0, 1, 2];
    random.shuffle(&mut numbers);
    let [first, second, last] = numbers;
    for number in [first, second] {
        let at = finished(&fleet) + random.usize(1..users / 6);
        while finished(&fleet) < at && !followed.is_finished() {
            sleep(Duration::from_millis(2)).await;
        }
        sleep(Duration::from_millis(random.u64(0..150))).await;
        workers.kill(number);
        kills += 1;
        sleep(Duration::from_millis(500)).await;
        workers.start_again(number);
    }
    let stopped = followed.await.unwrap();
    let stop = stopped.stopped.expect("it stops at the limit");
    assert_eq!(stop.wave, 3);
    assert!(stop.failed > stop.allowed, "{stop:?}");
    assert!(stop.failed <= stop.allowed + u64::from(AT_ONCE), "{stop:?}");
    assert_eq!(stopped.failed(), stop.failed);
    assert_eq!(have_it(&stopped), finished(&fleet) as u64);
    assert_eq!(done(&stopped), finished(&fleet) as u64 + stop.failed);

    // Seen to, and gone on with: by one worker less.
    for user in &failing {
        let deployment = &fleet.users[*user].deployment;
        deployment.fail_pushes(PushFault::FailsToFinish, 0);
    }
    let left = users - finished(&fleet);
    let again = engine.begin(&order).await.unwrap();
    assert_ne!(again.key, begun.key);
    let mut looked = Vec::new();
    let look = |progress: Option<&Progress>| looked.extend(progress.cloned());
    let followed = engine.follow(&again, look);
    let kill = async {
        let still = random.usize(left / 4..left);
        while users - finished(&fleet) > still {
            sleep(Duration::from_millis(2)).await;
        }
        workers.kill(last);
        kills += 1;
    };
    let (last, ()) = tokio::join!(followed, kill);
    let last = rolled_out(last.unwrap());
    assert!(last.is_done(), "{last:?}");
    assert_eq!((have_it(&last), done(&last)), (left as u64, left as u64));
    assert!(
        looked
            .iter()
            .all(|progress| progress.plan.schema_version == VERSION)
    );

    // None was left out, and none was pushed to by two at once: of those that were begun twice, a worker was lost in the first.
    let mut overtaken = 0;
    for (number, user) in fleet.users.iter().enumerate() {
        assert_eq!(user.finished(), 1, "{}", user.id);
        assert!(!user.was_fought_over(), "{}", user.id);
        let record = fleet.record(&user.id);
        assert_eq!(record.number("schemaVersion"), Some(VERSION as f64));
        // Those that were to fail left their pushes open, for the next one.
        if !failing.contains(&number) {
            let pushes = user.deployment.pushes().into_iter();
            let of_lost = |push: &PushRecord| push.outcome == PushOutcome::Overtaken;
            overtaken += pushes.filter(of_lost).count();
        }
    }
    assert!(overtaken <= kills * AT_ONCE as usize, "{overtaken}");
    assert!(workers.given().iter().all(|given| *given > 0));

    // One by name, in their turn.
    let one = UserId::from(&*fleet.users[3].id);
    let outcome = engine.deploy_to(&one, &order).await.unwrap();
    assert_eq!(outcome, Outcome::Current);

    // What else is done for one user.
    let probe = format!("{}/ByodUser/user%203/probe", server.url());
    let (status, found) = request("POST", &probe, "").unwrap();
    assert_eq!(status, 200, "{found}");
    assert!(found.contains(r#""status":"connected""#), "{found}");

    // The engine knows of whom it was, and no secret.
    let written = server.written();
    println!(
        "{users} users: {:.1} s, {} MiB written by the engine",
        since.elapsed().as_secs_f64(),
        written.len() >> 20
    );
    // Main keeps how it went, for whoever looks there.
    let kept = fleet.byod.rollouts().await.unwrap().unwrap();
    let latest = &kept[0].progress;
    assert_eq!(
        (&*latest.by, latest.state),
        ("an engine", RolloutState::Done)
    );
    let known = |text: &str| holds(&written, text);
    assert!(known(&fleet.users[0].id) && known(&digest.to_string()));
    let sealed: BTreeSet<String> = fleet
        .users
        .iter()
        .map(|user| {
            fleet
                .record(&user.id)
                .str("encryptedDeployKey")
                .unwrap()
                .to_owned()
        })
        .collect();
    let keys = [
        fleet.main.deploy_key(),
        fleet.users[0].deployment.deploy_key(),
    ];
    let logged = workers.logged();
    for secret in sealed.iter().take(3).chain(&keys) {
        assert!(!known(secret) && !logged.contains(secret), "{secret}");
    }
    for secret in [SECRET, "only for tests"] {
        assert!(!known(secret) && !logged.contains(secret), "{secret}");
    }
    for folder in [shared, elsewhere] {
        fs::remove_dir_all(folder).unwrap();
    }
}

fn finished(fleet: &Fleet) -> usize {
    fleet.users.iter().map(|user| user.finished()).sum()
}
