//! How every user's deployment is.

use std::collections::BTreeMap;

use byod_fleet::{Row, Status, Totals};
use byod_runtime::{Claim, Credentials};

use crate::support::{Fleet, SECRET};

async fn read(fleet: &Fleet, status: Status) -> (Vec<Row>, Totals) {
    let mut rows = Vec::new();
    let totals = status
        .read(&fleet.byod, |row| rows.extend(row.cloned()))
        .await;
    (rows, totals.unwrap())
}

fn ids(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.user_id.as_str()).collect()
}

#[tokio::test]
async fn the_records_say_how_all_are() {
    let fleet = Fleet::start(5).await;
    fleet.byod.disconnect("user 1").await.unwrap();
    fleet.users[2].deployment.set_deploy_key("local:x|other");
    fleet.byod.test_connection("user 2").await.unwrap();
    fleet.byod.test_connection("user 3").await.unwrap();
    fleet.main.reset_requests();

    let (rows, totals) = read(&fleet, Status::default().page(2)).await;
    assert_eq!(
        ids(&rows),
        ["user 0", "user 1", "user 2", "user 3", "user 4"]
    );
    assert_eq!(fleet.main.request_count(), 3);
    assert_eq!((totals.users, totals.connected, totals.failing), (5, 4, 1));
    assert_eq!(totals.versions, BTreeMap::from([(0, 3), (1, 1)]));
    assert_eq!(totals.problems, BTreeMap::from([("wrong_key", 1)]));
    let statuses = [("connected", 3), ("disconnected", 1), ("error", 1)];
    let statuses = statuses.map(|(status, count)| (status.to_owned(), count));
    assert_eq!(totals.statuses, BTreeMap::from(statuses));
    assert!(rows[3].last_tested.is_some() && rows[0].last_tested.is_none());

    let (rows, totals) = read(&fleet, Status::default().failing(true)).await;
    assert_eq!(
        (ids(&rows), totals.listed, totals.users),
        (vec!["user 2"], 1, 5)
    );
    let problem = rows[0].problem.as_ref().unwrap();
    assert!(problem.message.contains("does not accept the deploy key"));
    let (rows, _) = read(&fleet, Status::default().older_than(Some(1))).await;
    assert_eq!(ids(&rows), ["user 0", "user 2", "user 4"]);
}

#[tokio::test]
async fn the_deployments_say_how_they_are_themselves() {
    let mut fleet = Fleet::start(12).await;
    fleet.byod.disconnect("user 1").await.unwrap();
    fleet.users[2].deployment.set_deploy_key("local:x|other");
    let gone = fleet.users.remove(3);
    gone.deployment.stop().await;
    let before = fleet.main.documents("userDatabaseConfig");
    fleet.main.reset_requests();

    let (rows, totals) = read(&fleet, Status::default().probe(true).at_once(4)).await;
    assert_eq!(fleet.main.request_count(), 1);
    assert_eq!(fleet.main.documents("userDatabaseConfig"), before);
    assert_eq!(totals.versions, BTreeMap::from([(0, 2), (1, 9)]));
    let problems = [("unreachable", 1), ("wrong_key", 1)];
    assert_eq!(totals.problems, BTreeMap::from(problems));
    let asked: Vec<_> = rows.iter().filter(|row| row.latency_ms.is_some()).collect();
    assert_eq!(asked.len(), 11);
    assert_eq!(rows[0].claim, Some(Claim::Yours));
    assert!(rows[0].last_tested.is_some() && rows[2].last_tested.is_none());
    assert_eq!(fleet.users[1].deployment.request_count(), 0);
    let json = serde_json::to_string(&rows).unwrap();
    for secret in [
        SECRET,
        "only for tests",
        &fleet.users[0].deployment.deploy_key(),
    ] {
        assert!(!json.contains(secret), "{json}");
    }
}

/// A record that no key opens is one user's problem.
#[tokio::test]
async fn what_no_key_opens_is_told() {
    let fleet = Fleet::start(2).await;
    let other = byod_runtime::Byod::builder()
        .main_url(fleet.main.url())
        .deploy_key(fleet.main.deploy_key())
        .encryption_key(byod_runtime::EncryptionKey::parse("another").unwrap())
        .listen_to_main(false)
        .development(true)
        .build()
        .unwrap();
    let credentials = Credentials::new("http://127.0.0.1:9", "local:x|y");
    let connected = byod_runtime::ConnectionStatus::Connected;
    other
        .save_credentials("sealed", &credentials, connected)
        .await
        .unwrap();
    let (rows, totals) = read(&fleet, Status::default().probe(true)).await;
    assert_eq!(totals.problems, BTreeMap::from([("credentials", 1)]));
    assert_eq!(rows[2].problem.as_ref().unwrap().kind, "credentials");
}
