//! Main is asked, and told, of many users at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use byod_fleet::{MaxFailures, Rollout, Told, Waves};
use byod_local::{FunctionError, Local, PushFault, Value};
use byod_runtime::{
    ConnectionStatus, Credentials, DeployProblem, DeployTogether, Deployed, HistoryKind,
};

use crate::support::{Fleet, bundle, bundle_that_says_nothing, manifest};

const VERSION: u64 = 7;

/// Longer than a test takes.
const LONG: Duration = Duration::from_secs(24 * 3_600);

fn rollout() -> Rollout {
    Rollout::of(bundle(VERSION)).waves(Waves::all()).lag(LONG)
}

async fn together(fleet: &Fleet, lasting: Duration) -> DeployTogether {
    let records = fleet.byod.user_records(None, 100).await.unwrap().records;
    fleet
        .byod
        .deploy_together(records, &bundle(VERSION), lasting)
}

/// Main's functions that were called since it was reset, in their order.
fn called(fleet: &Fleet) -> Vec<String> {
    let requests = fleet.main.requests().into_iter();
    let functions = requests.flat_map(|request| request.functions);
    functions
        .map(|path| path.split_once(':').unwrap().1.to_owned())
        .collect()
}

async fn connect_another(fleet: &Fleet, user: &str) -> byod_local::LocalDeployment {
    let other = Local::user(&manifest()).shared().start().await.unwrap();
    let credentials = Credentials::new(other.url(), other.deploy_key());
    let connected = ConnectionStatus::Connected;
    let saved = fleet.byod.save_credentials(user, &credentials, connected);
    saved.await.unwrap();
    other
}

#[tokio::test]
async fn a_page_of_users_costs_main_one_question_and_one_write() {
    let fleet = Fleet::start(9).await;
    let plan = rollout().plan(&fleet.byod).await.unwrap();
    fleet.main.reset_requests();
    let report = rollout().run(&fleet.byod, &plan, |_| {}).await.unwrap();
    assert_eq!(report.waves[0].counts.pushed, 9);
    assert_eq!(
        called(&fleet),
        ["listConfigs", "getConfigs", "updateConfigs"]
    );
    for user in &fleet.users {
        let record = fleet.record(&user.id);
        assert_eq!(record.number("schemaVersion"), Some(VERSION as f64));
        assert!(record.number("lastSchemaDeploy").is_some());
        let history = fleet.byod.history(&*user.id).await.unwrap().unwrap();
        assert_eq!(history[0].kind, HistoryKind::Deployed);
    }
    // One by name: their record, and what became of it.
    fleet.main.reset_requests();
    let newer = Rollout::of(bundle(VERSION + 1));
    let one = newer.run_for(&fleet.byod, &"user 3".into()).await;
    assert_eq!(one.unwrap(), Deployed::Pushed);
    assert_eq!(called(&fleet), ["getConfigInternal", "updateConfig"]);
}

/// What main has said lasts for so long as was set, and no longer.
#[tokio::test]
async fn whose_data_moves_by_now_is_not_pushed_to() {
    let fleet = Fleet::start(3).await;
    let users = together(&fleet, Duration::ZERO).await;
    assert_eq!(*users.push(0).await.unwrap().so_far(), Deployed::Pushed);
    fleet.begin_move("user 1");
    fleet.main.reset_requests();
    assert_eq!(*users.push(1).await.unwrap().so_far(), Deployed::Moving);
    assert_eq!(*users.push(2).await.unwrap().so_far(), Deployed::Pushed);
    assert!(fleet.users[1].deployment.pushes().is_empty());
    assert_eq!(called(&fleet), ["getConfigs", "getConfigs"]);
}

/// Who disconnects, or connects another deployment, wins over what is known of them.
#[tokio::test]
async fn who_changes_before_their_turn_is_for_another_run() {
    let fleet = Fleet::start(3).await;
    let users = together(&fleet, LONG).await;
    fleet.byod.disconnect("user 0").await.unwrap();
    let other = connect_another(&fleet, "user 1").await;
    for (number, outcome) in [Deployed::NotConnected, Deployed::Changed, Deployed::Pushed]
        .into_iter()
        .enumerate()
    {
        assert_eq!(*users.push(number).await.unwrap().so_far(), outcome);
    }
    assert!(fleet.users[0].deployment.pushes().is_empty());
    assert!(fleet.users[1].deployment.pushes().is_empty());

    let rest = rollout();
    let plan = rest.plan(&fleet.byod).await.unwrap();
    let rest = rest.run(&fleet.byod, &plan, |_| {}).await.unwrap();
    // The last was pushed to, and main not told: it is found to run the version.
    let counts = rest.waves[0].counts;
    assert_eq!((counts.pushed, counts.current), (1, 1), "{rest:?}");
    assert_eq!(other.pushes().len(), 1);
    assert_eq!(fleet.users[2].finished(), 1);
}

/// One whose record is another by then keeps nobody else's from being written.
#[tokio::test]
async fn of_many_writes_each_stands_for_itself() {
    let fleet = Fleet::start(4).await;
    let users = together(&fleet, LONG).await;
    let mut pushed = Vec::new();
    for number in 0..4 {
        pushed.push(users.push(number).await.unwrap());
    }
    connect_another(&fleet, "user 1").await;
    fleet.byod.disconnect("user 2").await.unwrap();
    // A test says nothing of the version.
    fleet.byod.test_connection("user 3").await.unwrap();
    let outcomes = fleet.byod.note_deployed(pushed).await.unwrap();
    use Deployed::{Changed, Pushed};
    assert_eq!(outcomes, [Pushed, Changed, Changed, Pushed]);
    let deployed = |user: &str| fleet.record(user).number("lastSchemaDeploy").is_some();
    let noted = ["user 0", "user 1", "user 2", "user 3"].map(deployed);
    assert_eq!(noted, [true, false, false, true]);
    let status = |user: &str| {
        fleet
            .record(user)
            .str("connectionStatus")
            .map(str::to_owned)
    };
    assert_eq!(status("user 2").as_deref(), Some("disconnected"));
}

/// What was found before another version was deployed isn't so any more.
#[tokio::test]
async fn a_later_version_that_was_noted_first_stays() {
    let fleet = Fleet::start(2).await;
    let users = together(&fleet, LONG).await;
    let pushed = vec![users.push(0).await.unwrap(), users.push(1).await.unwrap()];
    let newer = Rollout::of(bundle(VERSION + 1));
    let one = newer.run_for(&fleet.byod, &"user 0".into()).await;
    assert_eq!(one.unwrap(), Deployed::Pushed);
    let outcomes = fleet.byod.note_deployed(pushed).await.unwrap();
    assert_eq!(outcomes, [Deployed::Changed, Deployed::Pushed]);
    let version = fleet.record("user 0").number("schemaVersion");
    assert_eq!(version, Some(VERSION as f64 + 1.0));
}

/// What came of some is told before main's failure is.
#[tokio::test]
async fn what_was_done_before_main_fails_is_told() {
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
                true => Err("no further page".into()),
                false => ctx.query("userDatabaseConfig").paginate(options),
            }
        }
    });
    let fleet = Fleet::beside(main, 120).await;
    let rollout = rollout().page(100);
    let plan = rollout.plan(&fleet.byod).await.unwrap();
    fails.store(true, Ordering::Relaxed);
    let mut told = 0;
    let cut_off = rollout.run(&fleet.byod, &plan, |event| {
        told += u64::from(matches!(event, Told::User { .. }));
    });
    cut_off.await.unwrap_err();
    let versions = fleet.users.iter().map(|user| fleet.record(&user.id));
    let noted = versions.filter(|record| record.number("lastSchemaDeploy").is_some());
    assert_eq!(noted.count() as u64, told);

    fails.store(false, Ordering::Relaxed);
    let rest = rollout.run(&fleet.byod, &plan, |_| {}).await.unwrap();
    assert!(rest.is_done());
    assert_eq!(rest.waves[0].counts.all(), 120 - told);
    assert!(fleet.users.iter().all(|user| user.finished() == 1));
}

/// What failed turns out to be of a record that is gone: so many may go on, but those of the wave come first who were not begun with.
#[tokio::test]
async fn who_was_not_begun_with_comes_before_the_next_wave() {
    // They go at this moment.
    let main = Local::main(&manifest()).function("byod/credentials:updateConfig", |ctx, args| {
        ctx.delete(args.str("configId").unwrap_or_default())?;
        Ok(false)
    });
    let fleet = Fleet::beside(main, 12).await;
    // After it nobody can say which version they run.
    let rollout = Rollout::of(bundle_that_says_nothing(VERSION))
        .waves("50%,100%".parse().unwrap())
        .max_failures(MaxFailures::Count(0))
        .at_once(1)
        .lag(LONG);
    let plan = rollout.plan(&fleet.byod).await.unwrap();
    assert!(plan.waves[0].due > 1 && plan.waves[1].due > 0, "{plan:?}");
    let report = rollout.run(&fleet.byod, &plan, |_| {}).await.unwrap();
    let counts: Vec<_> = report.waves.iter().map(|wave| wave.counts).collect();
    assert_eq!(counts.len(), 1, "{report:?}");
    assert_eq!((counts[0].changed, counts[0].all()), (1, 1));
    assert!(report.passed_over && !report.is_done());
}

/// What main doesn't take is a failure of that user, and counts as others do: where it takes nothing, that ends it.
#[tokio::test]
async fn what_main_does_not_take_is_said_of_whom_it_concerns() {
    let main = Local::main(&manifest()).function("byod/credentials:updateConfig", |_, _| {
        Err::<Value, _>("not now".into())
    });
    let fleet = Fleet::beside(main, 2).await;
    fleet.users[0]
        .deployment
        .fail_pushes(PushFault::FailsToFinish, 1);
    let plan = rollout().plan(&fleet.byod).await.unwrap();
    let mut told = Vec::new();
    let rollout = rollout();
    let cut_off = rollout.run(&fleet.byod, &plan, |event| {
        if let Told::User { user, outcome, .. } = event {
            told.push((user.to_owned(), matches!(outcome, Deployed::Failed(_))));
        }
    });
    let report = cut_off.await.unwrap();
    told.sort();
    assert_eq!(
        told,
        [("user 0".to_owned(), true), ("user 1".to_owned(), true)]
    );
    let stopped = report.stopped.as_ref().map(|stopped| stopped.wave);
    assert_eq!((stopped, report.failed()), (Some(1), 2), "{report:?}");
    let failures = report.failures.iter();
    let mut kinds: Vec<&str> = failures.map(|failure| &*failure.problem.kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["failing", "not_noted"]);
    assert_eq!(fleet.users[1].finished(), 1);
}

/// A main of before has no functions for several users: all is done by those for one.
#[tokio::test]
async fn an_older_main_is_asked_for_one_after_the_other() {
    fn missing(name: &str) -> Result<Value, FunctionError> {
        let said = format!("Could not find function for 'byod/credentials:{name}'.");
        Err(FunctionError::new(said))
    }
    let main = Local::main(&manifest())
        .function("byod/credentials:getConfigs", |_, _| missing("getConfigs"))
        .function("byod/credentials:updateConfigs", |_, _| {
            missing("updateConfigs")
        });
    let fleet = Fleet::beside(main, 3).await;
    fleet.begin_move("user 1");
    let plan = rollout().plan(&fleet.byod).await.unwrap();
    fleet.main.reset_requests();
    let report = rollout().run(&fleet.byod, &plan, |_| {}).await.unwrap();
    let counts = report.waves[0].counts;
    assert_eq!((counts.pushed, counts.moving), (2, 1), "{report:?}");
    let mut called = called(&fleet);
    called.sort();
    assert_eq!(
        called,
        [
            "getConfigInternal",
            "getConfigInternal",
            "getConfigInternal",
            "getConfigs",
            "listConfigs",
            "updateConfig",
            "updateConfig",
            "updateConfigs"
        ]
    );
}

/// Two records of one user, say, which is for somebody to see to.
#[tokio::test]
async fn one_record_that_main_cannot_give_keeps_nobody_else_waiting() {
    let fleet = Fleet::with_a_record_that_main_cannot_give().await;
    let plan = rollout().plan(&fleet.byod).await.unwrap();
    let report = rollout().run(&fleet.byod, &plan, |_| {}).await.unwrap();
    let counts = report.waves[0].counts;
    // That says nothing of the version, and stops nothing.
    assert_eq!((counts.pushed, counts.still_failing), (2, 1), "{report:?}");
    assert_eq!((report.stopped, report.is_done()), (None, false));
    let [failure] = &report.failures[..] else {
        panic!("{report:?}")
    };
    assert_eq!(
        (&*failure.user_id, &*failure.problem.kind),
        ("user 1", "record")
    );
    let problem = DeployProblem::Record {
        reason: "Uncaught Error: unique() query returned more than one result".into(),
    };
    assert_eq!(failure.problem.to_string(), problem.to_string());
}
