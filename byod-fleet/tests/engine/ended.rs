//! A roll-out that is ended at the engine.

use std::time::Duration;

use byod_fleet::{Bundles, Engine, Error, Keep, MaxFailures, Order, Waves};
use byod_local::PushFault;
use byod_runtime::RolloutState;
use serde_json::{Value as Json, json};
use tokio::time::sleep;

use crate::server::Server;
use crate::support::{Fleet, User, bundle};
use crate::workers::{Told, Workers, folder};

const VERSION: u64 = 7;

/// Whoever followed it is told, and the next one goes on: behind the deployments that are under way, which are finished.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_cancelled_or_killed_is_in_nobodys_way() {
    let Some(server) = Server::start("ended") else {
        return;
    };
    let fleet = Fleet::start(4).await;
    let bundles = folder("ended");
    let told = Told::of(&fleet, &server.identity_key, &bundles);
    let workers = Workers::start(told, 1).await;
    server.register(workers.port);
    let engine = Engine::at(&server.url()).unwrap();
    let digest = Bundles::in_folder(&bundles).unwrap().put(&bundle(VERSION));
    let order = Order::of(
        digest.unwrap(),
        VERSION,
        Waves::all(),
        MaxFailures::Count(0),
    );
    for how in ["cancel", "kill"] {
        for user in &fleet.users {
            let for_long = Duration::from_secs(600);
            user.deployment.set_index_building(for_long);
        }
        let begun = engine.begin(&order).await.unwrap();
        while !is_under_way(&fleet).await {
            sleep(Duration::from_millis(50)).await;
        }
        let (key, engine_too) = (begun.key.clone(), engine.clone());
        let followed =
            tokio::spawn(async move { engine_too.follow(&begun, |_| {}).await.unwrap_err() });
        server.end(&key, how);
        let told = followed.await.unwrap();
        assert!(matches!(told, Error::Engine { .. }), "{how}: {told}");
    }
    // One that is killed can't say so any more.
    let kept = fleet.byod.rollouts().await.unwrap().unwrap();
    let states: Vec<_> = kept.iter().map(|kept| kept.progress.state).collect();
    assert_eq!(states, [RolloutState::Running, RolloutState::Interrupted]);
    let begun = |user: &&User| !user.deployment.pushes().is_empty();
    let under_way: Vec<_> = fleet.users.iter().filter(begun).collect();
    assert!(!under_way.is_empty());
    for user in &fleet.users {
        assert_eq!(user.finished(), 0);
        user.deployment.set_index_building(Duration::ZERO);
    }
    // Nobody asks for it, and what was begun is finished.
    while under_way.iter().any(|user| user.finished() == 0) {
        sleep(Duration::from_millis(50)).await;
    }
    let again = engine.begin(&order).await.unwrap();
    let round = engine.follow(&again, |_| {}).await.unwrap();
    assert!(round.rolled_out.unwrap().is_done());
    for user in &fleet.users {
        assert_eq!(user.finished(), 1);
    }
    std::fs::remove_dir_all(bundles).unwrap();
}

/// Who failed in a round that was cut off is left alone in the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_that_is_cancelled_forgets_nobody() {
    let Some(server) = Server::start("forgets") else {
        return;
    };
    let fleet = Fleet::start(8).await;
    let waves: Waves = "50%,100%".parse().unwrap();
    let bundles = folder("forgets");
    let told = Told::of(&fleet, &server.identity_key, &bundles);
    let workers = Workers::start(told, 1).await;
    server.register(workers.port);
    let engine = Engine::at(&server.url()).unwrap();
    let digest = Bundles::in_folder(&bundles).unwrap().put(&bundle(VERSION));
    let limit = MaxFailures::Count(1);
    let order = Order::of(digest.unwrap(), VERSION, waves.clone(), limit).keep(Keep::default());
    let (users, waves) = (&fleet.users, &waves);
    let of_wave = |wave| {
        let users = users.iter();
        users.filter(move |user| waves.of(&user.id) == Some(wave))
    };
    let failing = of_wave(0).next().unwrap();
    failing.deployment.fail_pushes(PushFault::FailsToFinish, 1);
    for user in of_wave(1) {
        let for_long = Duration::from_secs(600);
        user.deployment.set_index_building(for_long);
    }
    let begun = engine.begin(&order).await.unwrap();
    while of_wave(1).all(|user| user.deployment.pushes().is_empty()) {
        sleep(Duration::from_millis(50)).await;
    }
    server.end(&begun.key, "cancel");
    let told = engine.follow(&begun, |_| {}).await.unwrap_err();
    assert!(matches!(told, Error::Engine { .. }), "{told}");

    for user in of_wave(1) {
        user.deployment.set_index_building(Duration::ZERO);
    }
    let again = engine.begin(&order).await.unwrap();
    let round = engine.follow(&again, |_| {}).await.unwrap();
    assert_eq!((round.resting, failing.deployment.pushes().len()), (1, 1));
    assert!(of_wave(1).all(|user| user.finished() == 1));
    std::fs::remove_dir_all(bundles).unwrap();
}

/// Whoever waits for a bundle that no worker has is cancelled as any other, and one that is none ends by itself: the next roll-out
/// begins at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_whose_bundle_nobody_has_can_be_cancelled() {
    let Some(server) = Server::start("lacking") else {
        return;
    };
    let fleet = Fleet::start(2).await;
    let (here, elsewhere) = (folder("lacking"), folder("lacking-elsewhere"));
    let told = Told::of(&fleet, &server.identity_key, &here);
    let workers = Workers::start(told, 1).await;
    server.register(workers.port);
    let engine = Engine::at(&server.url()).unwrap();
    let order = |digest| Order::of(digest, VERSION, Waves::all(), MaxFailures::Count(0));

    let nowhere = Bundles::in_folder(&elsewhere).unwrap();
    let absent = order(nowhere.put(&bundle(VERSION)).unwrap());
    let begun = engine.begin(&absent).await.unwrap();
    while !workers.logged().contains("there is no such bundle") {
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(engine.stop().await.unwrap(), Some(begun.clone()));
    let told = engine.follow(&begun, |_| {}).await.unwrap_err();
    assert!(matches!(told, Error::Engine { status: 409, .. }), "{told}");
    while engine.stop().await.unwrap().is_some() {
        sleep(Duration::from_millis(50)).await;
    }

    // A file that is no bundle, under its digest.
    let none = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    std::fs::write(here.join(format!("{none}.json")), "{}").unwrap();
    let begun = engine.begin(&order(none.parse().unwrap())).await.unwrap();
    let told = engine.follow(&begun, |_| {}).await.unwrap_err();
    let said = told.to_string();
    assert!(
        said.contains("no push request") && said.contains("run the same again"),
        "{said}"
    );
    assert!(
        fleet
            .users
            .iter()
            .all(|user| user.deployment.pushes().is_empty())
    );

    let present = Bundles::in_folder(&here).unwrap();
    let present = order(present.put(&bundle(VERSION)).unwrap());
    let begun = engine.begin(&present).await.unwrap();
    let round = engine.follow(&begun, |_| {}).await.unwrap();
    assert!(round.rolled_out.unwrap().is_done());
    for folder in [here, elsewhere] {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

async fn is_under_way(fleet: &Fleet) -> bool {
    let kept = fleet.byod.rollouts().await.unwrap().unwrap();
    let mut kept = kept.iter();
    kept.any(|kept| kept.progress.state == RolloutState::Running)
        && fleet
            .users
            .iter()
            .any(|user| !user.deployment.pushes().is_empty())
}

impl Server {
    /// Cancels or kills a roll-out, as its operator can.
    fn end(&self, key: &str, how: &str) {
        let which = json!({
            "target": "workflow", "workflowName": "ByodRollout", "workflowKey": key,
        });
        let found = format!("{}/restate/lookup", self.url());
        let (_, found) = crate::server::request("POST", &found, &which.to_string()).unwrap();
        let found: Json = serde_json::from_str(&found).unwrap();
        let id = found["invocationId"].as_str().unwrap();
        self.change_invocation(id, how);
    }
}
