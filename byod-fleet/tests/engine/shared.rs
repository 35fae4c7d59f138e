//! Several users have one deployment.

use std::time::Duration;

use byod_fleet::{Bundles, Engine, MaxFailures, Order, Waves};
use byod_local::Local;
use byod_runtime::{ConnectionStatus, Credentials};

use crate::server::Server;
use crate::support::{Fleet, bundle, manifest};
use crate::workers::{Told, Workers, folder};

const VERSION: u64 = 7;

/// Who begins a push ends the one before, on whichever worker: all have the version in the end, and nobody failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_one_deployment_are_not_in_each_others_way() {
    let Some(server) = Server::start("shared") else {
        return;
    };
    let fleet = Fleet::start(0).await;
    let shared = Local::user(&manifest()).shared().start().await.unwrap();
    shared.set_index_building(Duration::from_millis(200));
    let credentials = Credentials::new(shared.url(), shared.deploy_key());
    let users: Vec<String> = (0..9).map(|number| format!("user {number}")).collect();
    for user in &users {
        let connected = ConnectionStatus::Connected;
        let saved = fleet
            .byod
            .save_credentials(&**user, &credentials, connected);
        saved.await.unwrap();
    }
    let bundles = folder("shared");
    let told = Told::of(&fleet, &server.identity_key, &bundles);
    let workers = Workers::start(told, 3).await;
    server.register(workers.port);
    let engine = Engine::at(&server.url()).unwrap();
    let digest = Bundles::in_folder(&bundles).unwrap().put(&bundle(VERSION));
    let limit = MaxFailures::Count(0);
    let order = Order::of(digest.unwrap(), VERSION, Waves::all(), limit).at_once(9);
    let begun = engine.begin(&order).await.unwrap();
    let round = engine.follow(&begun, |_| {}).await.unwrap();
    let report = round.rolled_out.unwrap();
    assert!(report.is_done(), "{report:?}");
    let counts = report.waves[0].counts;
    assert_eq!(counts.pushed + counts.current, 9, "{report:?}");
    assert!(workers.given().iter().all(|given| *given > 0));
    for user in &users {
        let version = fleet.record(user).number("schemaVersion");
        assert_eq!(version, Some(VERSION as f64));
    }
    std::fs::remove_dir_all(bundles).unwrap();
}
