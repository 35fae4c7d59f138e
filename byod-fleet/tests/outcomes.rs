//! What is said of a deployment that was pushed to, or runs the version already, and can't be used.

use std::time::Duration;

use byod_fleet::{Rollout, Waves};
use byod_local::Local;
use byod_runtime::{
    Byod, ConnectionProblem, DeployProblem, Deployed, EncryptionKey, HistoryKind, UserId,
};
use serde_json::json;

use crate::support::{Fleet, bundle, bundle_that_says_nothing, manifest};

const VERSION: u64 = 7;

/// Longer than a test takes.
const LONG: Duration = Duration::from_secs(24 * 3_600);

fn rollout() -> Rollout {
    Rollout::of(bundle(VERSION)).waves(Waves::all())
}

async fn deploy(fleet: &Fleet, user: &str) -> Deployed {
    let deployed = rollout().run_for(&fleet.byod, &UserId::from(user)).await;
    deployed.unwrap()
}

async fn kinds(fleet: &Fleet, user: &str) -> Vec<HistoryKind> {
    let history = fleet.byod.history(user).await.unwrap().unwrap();
    history.iter().map(|entry| entry.kind).collect()
}

/// It runs the version, which a run that was cut off could not note, and is somebody else's by now.
#[tokio::test]
async fn what_runs_it_already_and_cannot_be_used_fails() {
    let fleet = Fleet::start(2).await;
    let plan = rollout().plan(&fleet.byod).await.unwrap();
    // Pushed to, and main isn't told.
    let records = fleet.byod.user_records(None, 10).await.unwrap().records;
    let all = fleet.byod.deploy_together(records, &bundle(VERSION), LONG);
    assert_eq!(*all.push(0).await.unwrap().so_far(), Deployed::Pushed);
    let own = &fleet.users[0].deployment;
    let user = json!({"user": "user 0"});
    own.run("byod/claim:release", user).unwrap();
    let other = json!({"subject": "x", "user": "x"});
    own.run("byod/claim:claim", other).unwrap();

    let report = rollout().run(&fleet.byod, &plan, |_| {}).await.unwrap();
    let counts = report.waves[0].counts;
    assert_eq!(
        (counts.pushed, counts.current, counts.failed),
        (1, 0, 1),
        "{report:?}"
    );
    assert_eq!(report.failures[0].problem.kind, "somebody_elses");
    let record = fleet.record("user 0");
    assert_eq!(record.str("connectionStatus"), Some("error"));
    assert!(record.str("connectionError").is_some());
    // Nobody has said which version that is.
    assert_eq!(record.number("lastSchemaDeploy"), None);
    assert_eq!(
        kinds(&fleet, "user 0").await,
        [HistoryKind::Blocked, HistoryKind::Connected]
    );
    assert_eq!(own.pushes().len(), 1);
}

/// The project lacks the function that says which version it is: it was pushed, and that is all that is known.
#[tokio::test]
async fn it_is_deployed_only_where_a_version_is_known() {
    let fleet = Fleet::start(2).await;
    let silent = Rollout::of(bundle_that_says_nothing(VERSION));
    let pushed = silent.run_for(&fleet.byod, &"user 0".into()).await;
    let no_ping = DeployProblem::Connection(ConnectionProblem::NoPing);
    assert_eq!(pushed.unwrap(), Deployed::Failed(no_ping));
    assert_eq!(fleet.users[0].finished(), 1);
    let record = fleet.record("user 0");
    assert_eq!(record.number("schemaVersion"), Some(0.0));
    assert_eq!(record.number("lastSchemaDeploy"), None);
    assert_eq!(
        kinds(&fleet, "user 0").await,
        [HistoryKind::Blocked, HistoryKind::Connected]
    );

    // Brought what says it, it is.
    assert_eq!(deploy(&fleet, "user 0").await, Deployed::Pushed);
    assert!(fleet.record("user 0").number("lastSchemaDeploy").is_some());
    let mut kinds = kinds(&fleet, "user 0").await;
    kinds.truncate(2);
    kinds.sort_by_key(|kind| *kind != HistoryKind::Deployed);
    assert_eq!(kinds, [HistoryKind::Deployed, HistoryKind::Recovered]);
}

/// The record says what was found, or whose turn it was is told otherwise.
#[tokio::test]
async fn who_wrote_first_is_believed() {
    let fleet = Fleet::start(1).await;
    let records = fleet.byod.user_records(None, 10).await.unwrap().records;
    let all = fleet.byod.deploy_together(records, &bundle(VERSION), LONG);
    let pushed = all.push(0).await.unwrap();
    assert_eq!(*pushed.so_far(), Deployed::Pushed);
    let other = Local::user(&manifest()).shared().start().await.unwrap();
    let entered = byod_runtime::Credentials::new(other.url(), other.deploy_key());
    let connected = byod_runtime::ConnectionStatus::Connected;
    let saved = fleet.byod.save_credentials("user 0", &entered, connected);
    saved.await.unwrap();
    let outcome = fleet.byod.note_deployed(vec![pushed]).await.unwrap();
    assert_eq!(outcome, [Deployed::Changed]);
    let record = fleet.record("user 0");
    assert_eq!(record.number("lastSchemaDeploy"), None);
    // Another deployment has not got it, and is due.
    assert_eq!(deploy(&fleet, "user 0").await, Deployed::Pushed);
    assert_eq!(other.pushes().len(), 1);
}

/// As for calls: what a record says may be anywhere.
#[tokio::test]
async fn nothing_is_pushed_to_an_address_that_is_refused() {
    let fleet = Fleet::start(1).await;
    let strict = Byod::builder()
        .main_url(fleet.main.url())
        .deploy_key(fleet.main.deploy_key())
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .listen_to_main(false)
        .build()
        .unwrap();
    let record = strict.user_record("user 0").await.unwrap().unwrap();
    let deployment = &fleet.users[0].deployment;
    deployment.reset_requests();
    let deployed = strict.deploy(&record, &bundle(7)).await.unwrap();
    let Deployed::Failed(DeployProblem::Connection(problem)) = &deployed else {
        panic!("{deployed:?}")
    };
    let said = problem.to_string();
    assert!(said.contains("not encrypted (http://)"), "{said}");
    assert_eq!(deployment.request_count(), 0);
    assert!(deployment.pushes().is_empty());
}
