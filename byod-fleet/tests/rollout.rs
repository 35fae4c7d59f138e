//! A version is brought to all users' deployments.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use byod_fleet::{Counts, MaxFailures, Report, Rollout, Share, Told, Waves};
use byod_local::{Local, PushFault, PushOutcome};
use byod_runtime::{Byod, ConnectionStatus, Credentials, Deployed, EncryptionKey, UserId};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::support::{Fleet, SECRET, bundle, bundle_with, manifest, service};

const VERSION: u64 = 7;

fn waves() -> Waves {
    "5%,30%,100%".parse().unwrap()
}

fn rollout() -> Rollout {
    let bundle = bundle(VERSION).with_patience(Duration::from_millis(500));
    Rollout::of(bundle).waves(waves()).page(32)
}

async fn run(fleet: &Fleet, rollout: &Rollout) -> Report {
    let plan = rollout.plan(&fleet.byod).await.unwrap();
    rollout.run(&fleet.byod, &plan, |_| {}).await.unwrap()
}

/// Runs it until so many users of that wave are done with, and cuts it off.
async fn run_until(fleet: &Fleet, rollout: &Rollout, wave: usize, users: usize) {
    let plan = rollout.plan(&fleet.byod).await.unwrap();
    let cut = Notify::new();
    let (mut present, mut done) = (0, 0);
    // Each is told of as soon as it is done with.
    let rollout = rollout.clone().lag(Duration::ZERO);
    let run = rollout.run(&fleet.byod, &plan, |told| match told {
        Told::Wave { number, .. } => present = number,
        Told::User { .. } if present == wave => {
            done += 1;
            if done == users {
                cut.notify_one();
            }
        }
        _ => {}
    });
    tokio::select! {
        biased;
        () = cut.notified() => {}
        report = run => panic!("it came to its end: {report:?}"),
    }
}

fn kinds(report: &Report) -> BTreeMap<&str, usize> {
    let mut kinds = BTreeMap::new();
    for failure in &report.failures {
        *kinds.entry(&*failure.problem.kind).or_default() += 1;
    }
    kinds
}

/// What is wrong with a deployment, and how it is mended.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Key,
    Stopped,
    Documents,
    Variable,
    Overtaken,
    Environment,
    Finish,
    SomebodyElses,
    Slow,
}

const ALL: [Wrong; 9] = [
    Wrong::Key,
    Wrong::Documents,
    Wrong::Variable,
    Wrong::Overtaken,
    Wrong::Environment,
    Wrong::Finish,
    Wrong::SomebodyElses,
    Wrong::Slow,
    Wrong::Stopped,
];

impl Wrong {
    async fn go(self, fleet: &mut Fleet, user: usize) {
        let deployment = &fleet.users[user].deployment;
        let always = |fault| deployment.fail_pushes(fault, usize::MAX);
        match self {
            Self::Key => deployment.set_deploy_key("local:other|key"),
            Self::Documents => {
                let note = json!({
                    "title": "geheim-title", "userId": fleet.users[user].id,
                    "createdAt": 0.0, "updatedAt": 0.0,
                });
                deployment.insert("notes", note).unwrap();
            }
            Self::Variable => always(PushFault::MissesEnvironmentVariable("KEY2".to_owned())),
            Self::Overtaken => always(PushFault::IsOvertaken),
            Self::Environment => always(PushFault::EnvironmentChanges),
            Self::Finish => always(PushFault::FailsToFinish),
            Self::SomebodyElses => {
                let user = json!({"user": fleet.users[user].id});
                deployment.run("byod/claim:release", user).unwrap();
                let other = json!({"subject": "x", "user": "x"});
                deployment.run("byod/claim:claim", other).unwrap();
            }
            Self::Slow => deployment.set_index_building(Duration::from_secs(3600)),
            Self::Stopped => {
                let gone = Local::user(&manifest()).start().await.unwrap();
                let here = std::mem::replace(&mut fleet.users[user].deployment, gone);
                here.stop().await;
            }
        }
    }

    async fn mend(self, fleet: &mut Fleet, user: usize, key: &str) {
        let id = fleet.users[user].id.clone();
        let deployment = &fleet.users[user].deployment;
        match self {
            Self::Key => deployment.set_deploy_key(key),
            Self::Documents => {
                // The user takes it away.
                let note = deployment.documents("notes").remove(0);
                let remove = json!({
                    "id": note.id(), "userId": id, "createdAt": 0.0, "updatedAt": 0.0,
                });
                deployment.run("notes:remove", remove).unwrap();
            }
            Self::SomebodyElses => {
                deployment
                    .run("byod/claim:release", json!({"user": "x"}))
                    .unwrap();
            }
            Self::Slow => deployment.set_index_building(Duration::ZERO),
            Self::Stopped => {
                // Another one, which they connect.
                let credentials = Credentials::new(deployment.url(), deployment.deploy_key());
                let connected = fleet.byod.connect(&*id, &*id, &credentials).await.unwrap();
                assert_eq!(connected.status, ConnectionStatus::Connected);
            }
            _ => deployment.fail_pushes(PushFault::IsOvertaken, 0),
        }
    }
}

/// Two hundred deployments, of which ten fail in nine ways; cut off in each wave, stopped at the limit, and brought to
/// its end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_is_brought_to_a_version_through_all_that_happens() {
    let mut fleet = Fleet::start(200).await;
    let keys: Vec<String> = fleet
        .users
        .iter()
        .map(|user| user.deployment.deploy_key())
        .collect();
    let of_wave = |fleet: &Fleet, wave| -> Vec<usize> {
        let users = fleet.users.iter().enumerate();
        let users = users.filter(|(_, user)| waves().of(&user.id) == Some(wave));
        users.map(|(number, _)| number).collect()
    };
    let sizes = [0, 1, 2].map(|wave| of_wave(&fleet, wave).len());
    assert_eq!(sizes.iter().sum::<usize>(), 200);
    let rollout = rollout();
    let plan = rollout.plan(&fleet.byod).await.unwrap();
    let planned: Vec<_> = plan
        .waves
        .iter()
        .map(|wave| (wave.users, wave.due))
        .collect();
    let expected = sizes.map(|size| (size as u64, size as u64));
    assert_eq!(planned, expected);

    // Two fail in the second wave, where one may; the others in the last.
    let mut wrong: Vec<(Wrong, usize)> = Vec::new();
    for (way, user) in [Wrong::Key, Wrong::Documents]
        .into_iter()
        .zip(of_wave(&fleet, 1))
    {
        wrong.push((way, user));
    }
    for (way, user) in ALL.into_iter().skip(1).zip(of_wave(&fleet, 2)) {
        wrong.push((way, user));
    }
    assert_eq!(wrong.len(), 10);
    for (way, user) in &wrong {
        way.go(&mut fleet, *user).await;
    }

    // Cut off in the first wave and in the second, and gone on with.
    run_until(&fleet, &rollout, 1, 3).await;
    let limit = MaxFailures::Count(2);
    run_until(&fleet, &rollout.clone().max_failures(limit), 2, 20).await;
    let stopped = run(&fleet, &rollout).await;
    let stop = stopped.stopped.unwrap();
    assert_eq!(
        (stop.wave, stop.failed, stop.allowed),
        (2, 2, sizes[1] as u64 / 50)
    );
    assert_eq!(
        kinds(&stopped),
        BTreeMap::from([("does_not_fit", 1), ("wrong_key", 1)])
    );
    // Nobody of the last wave was pushed to.
    for user in of_wave(&fleet, 2) {
        assert!(fleet.users[user].deployment.pushes().is_empty());
    }
    let misfit = stopped
        .failures
        .iter()
        .find(|failure| failure.problem.kind == "does_not_fit");
    let problem = &misfit.unwrap().problem;
    assert_eq!(problem.table.as_deref(), Some("notes"));
    assert!(problem.message.contains("`notes`: Object "), "{problem}");

    // The two are mended: it goes on into the last wave, is cut off there, and stops.
    for (way, user) in wrong.drain(..2).collect::<Vec<_>>() {
        way.mend(&mut fleet, user, &keys[user]).await;
    }
    let lenient = rollout.clone().max_failures(MaxFailures::Count(8));
    run_until(&fleet, &lenient, 3, 40).await;
    let stopped = run(&fleet, &rollout).await;
    let stop = stopped.stopped.unwrap();
    assert_eq!(stop.wave, 3);
    assert_eq!(stop.allowed, sizes[2] as u64 / 50);
    assert!(stop.failed > stop.allowed && stop.failed <= 8, "{stop:?}");
    assert_eq!(
        stopped.waves[0].counts.all() + stopped.waves[1].counts.all(),
        0
    );

    // With all eight let fail it comes to the end, and says which way each failed.
    let all = run(&fleet, &lenient).await;
    assert_eq!((all.stopped, all.failed(), all.is_done()), (None, 8, false));
    let expected = [
        ("does_not_fit", 1),
        ("failing", 1),
        ("overtaken", 2),
        ("refused", 1),
        ("somebody_elses", 1),
        ("too_slow", 1),
        ("unreachable", 1),
    ];
    assert_eq!(kinds(&all), BTreeMap::from(expected));
    let told = serde_json::to_string(&all).unwrap();
    for secret in [SECRET, "geheim", &keys[0], "127.0.0.1"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    let failing: Vec<usize> = wrong.iter().map(|(_, user)| *user).collect();
    for (number, user) in fleet.users.iter().enumerate() {
        let (finished, version) = match failing.contains(&number) {
            true => (0, Some(0.0)),
            false => (1, Some(VERSION as f64)),
        };
        assert_eq!(user.finished(), finished, "{}", user.id);
        let record = fleet.record(&user.id);
        assert_eq!(record.number("schemaVersion"), version, "{}", user.id);
        assert_eq!(record.number("lastSchemaDeploy").is_some(), finished == 1);
        assert_eq!(record.str("connectionStatus"), Some("connected"));
    }

    for (way, user) in wrong {
        way.mend(&mut fleet, user, &keys[user]).await;
    }
    let last = run(&fleet, &rollout).await;
    assert!(last.is_done(), "{last:?}");
    assert_eq!(last.waves[2].counts.pushed, 8);
    for user in &fleet.users {
        assert_eq!(user.finished(), 1, "{}", user.id);
        assert_eq!(
            fleet.record(&user.id).number("schemaVersion"),
            Some(VERSION as f64)
        );
    }
    // Whoever was cut off had left it: none was ever pushed to by two at once.
    for user in &fleet.users {
        assert!(!user.was_fought_over(), "{}", user.id);
    }
    let nothing = run(&fleet, &rollout).await;
    assert!(
        nothing
            .waves
            .iter()
            .all(|wave| wave.counts == Counts::default())
    );
}

/// Nobody is looked for where the plan has nobody.
#[tokio::test]
async fn a_wave_in_which_nobody_is_due_is_not_gone_through() {
    let fleet = Fleet::start(5).await;
    let rollout = rollout();
    assert!(run(&fleet, &rollout).await.is_done());
    let plan = rollout.plan(&fleet.byod).await.unwrap();
    fleet.main.reset_requests();
    let report = rollout.run(&fleet.byod, &plan, |_| {}).await.unwrap();
    assert_eq!(fleet.main.request_count(), 0);
    assert_eq!((report.waves.len(), report.is_done()), (3, true));
}

/// Who connected an empty deployment has an error in their record until the project is there.
#[tokio::test]
async fn a_new_deployment_is_connected_by_what_is_deployed() {
    let mut fleet = Fleet::start(0).await;
    fleet.add("new").await;
    let empty = Local::user(&manifest()).without_project();
    let empty = empty.start().await.unwrap();
    let entered = Credentials::new(empty.url(), empty.deploy_key());
    fleet.byod.disconnect("new").await.unwrap();
    let connected = fleet.byod.connect("new", "new", &entered).await.unwrap();
    assert_eq!(connected.status, ConnectionStatus::Error);

    let outcome = rollout().run_for(&fleet.byod, &UserId::from("new")).await;
    assert_eq!(outcome.unwrap(), Deployed::Pushed);
    let record = fleet.record("new");
    assert_eq!(record.str("connectionStatus"), Some("connected"));
    assert_eq!(record.number("schemaVersion"), Some(VERSION as f64));
    let again = rollout().run_for(&fleet.byod, &UserId::from("new")).await;
    assert_eq!(again.unwrap(), Deployed::Current);
    assert_eq!(empty.pushes().len(), 1);
}

#[tokio::test]
async fn who_is_not_to_be_touched_is_not() {
    let mut fleet = Fleet::start(3).await;
    let ids: Vec<String> = fleet.users.iter().map(|user| user.id.clone()).collect();
    fleet.byod.disconnect(&*ids[0]).await.unwrap();
    let newer = Rollout::of(bundle(VERSION + 1)).waves(Waves::all());
    let one = newer.run_for(&fleet.byod, &UserId::from(&*ids[1])).await;
    assert_eq!(one.unwrap(), Deployed::Pushed);

    let waves = rollout().waves(Waves::all());
    let plan = waves.plan(&fleet.byod).await.unwrap();
    assert_eq!(
        (plan.not_connected, plan.waves[0].users, plan.waves[0].due),
        (1, 2, 1)
    );
    let report = run(&fleet, &waves).await;
    assert_eq!(report.waves[0].counts.pushed, 1);
    assert!(report.is_done());
    let finished: Vec<_> = fleet.users.iter().map(|user| user.finished()).collect();
    assert_eq!(finished, [0, 1, 1]);
    let outcomes: Vec<_> = fleet.users[1]
        .deployment
        .pushes()
        .into_iter()
        .map(|push| push.outcome)
        .collect();
    assert_eq!(outcomes, [PushOutcome::Finished]);
    // Asked for by name, a later version stays as well.
    let asked = rollout()
        .run_for(&fleet.byod, &UserId::from(&*ids[1]))
        .await;
    assert_eq!(asked.unwrap(), Deployed::Newer { found: VERSION + 1 });
    fleet.add("later").await;
    let behind = rollout()
        .waves(Waves::default())
        .max_failures(MaxFailures::Share(Share::ALL));
    let plan = behind.plan(&fleet.byod).await.unwrap();
    assert_eq!(plan.waves.iter().map(|wave| wave.due).sum::<u64>(), 1);
}

/// Where somebody's data will be is open until a move is over.
#[tokio::test]
async fn whose_data_is_on_its_way_is_for_another_run() {
    let fleet = Fleet::start(3).await;
    let rollout = rollout().waves(Waves::all());
    fleet.begin_move("user 1");
    let report = run(&fleet, &rollout).await;
    let counts = report.waves[0].counts;
    assert_eq!((counts.pushed, counts.moving), (2, 1));
    assert!(!report.is_done());
    assert!(fleet.users[1].deployment.pushes().is_empty());

    fleet.call_off_move("user 1");
    let rest = run(&fleet, &rollout).await;
    assert_eq!(rest.waves[0].counts.pushed, 1);
    assert!(rest.is_done());
}

/// A page of records is older than what is done with its last one.
#[tokio::test]
async fn who_disconnects_while_the_others_have_their_turn_is_left_alone() {
    let fleet = Fleet::start(1).await;
    let known = fleet.byod.user_record("user 0").await.unwrap().unwrap();
    fleet.byod.disconnect("user 0").await.unwrap();
    let outcome = fleet.byod.deploy(&known, &bundle(VERSION)).await;
    assert_eq!(outcome.unwrap(), Deployed::NotConnected);
    assert!(fleet.users[0].deployment.pushes().is_empty());
}

/// A revoked key that main knows of is no reason to hold the others up.
#[tokio::test]
async fn who_failed_before_counts_against_no_limit() {
    let fleet = Fleet::start(3).await;
    let failing = &fleet.users[1];
    failing.deployment.set_deploy_key("local:x|other");
    fleet.byod.test_connection(&*failing.id).await.unwrap();
    let strict = rollout()
        .waves(Waves::all())
        .max_failures(MaxFailures::Count(0));
    let report = run(&fleet, &strict).await;
    let counts = report.waves[0].counts;
    assert_eq!(
        (counts.pushed, counts.failed, counts.still_failing),
        (2, 0, 1)
    );
    assert_eq!(
        (report.stopped, report.failed(), report.is_done()),
        (None, 1, false)
    );
    assert_eq!(kinds(&report), BTreeMap::from([("wrong_key", 1)]));
}

/// Who begins a push ends the one before, so they have their turns one after the other.
#[tokio::test]
async fn users_of_one_deployment_are_not_in_each_others_way() {
    let fleet = Fleet::start(0).await;
    let shared = Local::user(&manifest()).shared().start().await.unwrap();
    shared.set_index_building(Duration::from_millis(200));
    let credentials = Credentials::new(shared.url(), shared.deploy_key());
    for user in ["one", "two", "three"] {
        let connected = ConnectionStatus::Connected;
        let saved = fleet.byod.save_credentials(user, &credentials, connected);
        saved.await.unwrap();
    }
    let report = run(&fleet, &rollout().waves(Waves::all())).await;
    let counts = report.waves[0].counts;
    assert_eq!((counts.pushed, counts.current), (1, 2), "{report:?}");
    assert!(report.is_done());
    assert_eq!(shared.pushes().len(), 1);
    for user in ["one", "two", "three"] {
        let version = fleet.record(user).number("schemaVersion");
        assert_eq!(version, Some(VERSION as f64));
    }
}

/// Two machines that roll out at once: each deployment ends with one version, and neither reports what isn't so.
#[tokio::test]
async fn two_runs_at_once_do_no_harm() {
    let fleet = Fleet::start(12).await;
    let rollout = rollout()
        .waves(Waves::all())
        .max_failures(MaxFailures::Share(Share::ALL));
    let machine = service(&fleet.main);
    let plan = rollout.plan(&machine).await.unwrap();
    let other = rollout.run(&machine, &plan, |_| {});
    let (one, other) = tokio::join!(run(&fleet, &rollout), other);
    let other = other.unwrap();
    let overtaken = [&one, &other]
        .map(|report| report.failed())
        .iter()
        .sum::<u64>();
    for failure in one.failures.iter().chain(&other.failures) {
        assert_eq!(failure.problem.kind, "overtaken", "{failure:?}");
    }
    let last = run(&fleet, &rollout).await;
    assert!(last.is_done(), "{overtaken} {last:?}");
    for user in &fleet.users {
        assert!(user.finished() >= 1);
        assert_eq!(
            fleet.record(&user.id).number("schemaVersion"),
            Some(VERSION as f64)
        );
    }
}

/// A module may throw what an environment variable holds as soon as it is loaded.
#[tokio::test]
async fn what_a_module_throws_is_not_told() {
    let fleet = Fleet::start(1).await;
    let throws = bundle_with(VERSION, &format!("throw new Error({SECRET:?});"));
    let rollout = Rollout::of(throws).waves(Waves::all());
    let report = run(&fleet, &rollout).await;
    let problem = &report.failures[0].problem;
    assert!(!format!("{problem} {problem:?}").contains(SECRET));
    let said =
        "the deployment refuses the project: InvalidModules; its own `npx convex deploy` says why";
    assert_eq!(problem.to_string(), said);
}

/// A way to that deployment on which nothing that waits for a schema arrives.
async fn hanging(deployment: SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (here, _) = listener.accept().await.unwrap();
            let there = TcpStream::connect(deployment).await.unwrap();
            let (mut from, mut back) = here.into_split();
            let (mut answers, mut to) = there.into_split();
            tokio::spawn(async move { copy(&mut answers, &mut back).await });
            tokio::spawn(async move {
                let mut bytes = vec![0; 64 << 10];
                while let Ok(read @ 1..) = from.read(&mut bytes).await {
                    let bytes = &bytes[..read];
                    if bytes
                        .windows(16)
                        .any(|window| window == b"/wait_for_schema")
                    {
                        std::future::pending::<()>().await;
                    }
                    to.write_all(bytes).await.unwrap();
                }
            });
        }
    });
    url
}

/// One that takes a poll and says nothing holds nobody up for longer than the poll and a call take.
#[tokio::test]
async fn a_poll_that_hangs_is_given_up() {
    let fleet = Fleet::start(1).await;
    let own = &fleet.users[0].deployment;
    let credentials = Credentials::new(hanging(own.address()).await, own.deploy_key());
    let connected = ConnectionStatus::Connected;
    let saved = fleet
        .byod
        .save_credentials("user 0", &credentials, connected);
    saved.await.unwrap();
    let hasty = Byod::builder()
        .main_url(fleet.main.url())
        .deploy_key(fleet.main.deploy_key())
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .listen_to_main(false)
        .development(true)
        .timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    let begun = Instant::now();
    let outcome = rollout().run_for(&hasty, &UserId::from("user 0")).await;
    let outcome = outcome.unwrap();
    let Deployed::Failed(problem) = &outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(problem.kind(), "timed_out", "{problem}");
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(own.pushes()[0].outcome, PushOutcome::Started);
}
