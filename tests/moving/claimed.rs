//! A deployment that is somebody else's, from the beginning or by the time that documents come.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use byod_local::LocalDeployment;
use byod_runtime::{Claim, ConnectionStatus, Credentials, Error};
use serde_json::{Value as Json, json};

use super::between::{Becomes, Between};
use super::{AT_ONCE, World, everything};
use crate::support::claim;

fn is_somebody_elses(error: &Error) -> bool {
    matches!(error, Error::Claim { claim, .. } if *claim == Claim::SomebodyElses)
}

/// What was asked of the deployment about moves, but for its plan.
fn asked(deployment: &LocalDeployment) -> Vec<String> {
    let requests = deployment.requests().into_iter();
    let functions = requests.flat_map(|request| request.functions);
    let functions = functions.map(|function| function.to_string());
    functions
        .filter(|path| path.starts_with("byod/moving:") && path != "byod/moving:plan")
        .collect()
}

impl World {
    /// Main answers, with all that she had there, takes what she writes, and nobody moves anything.
    async fn is_as_before(&self, hers: &[Json], status: ConnectionStatus) {
        assert_eq!(everything(&self.main, &self.alice), hers);
        assert_eq!(self.main.count("byodMoves"), 0);
        let record = self
            .byod
            .status(&*self.alice)
            .await
            .unwrap()
            .record
            .unwrap();
        assert_eq!((record.moving, record.connection_status), (None, status));
        let resumed = self.byod.resume_moves().await.unwrap();
        assert_eq!((resumed.ended, resumed.failed), (0, 0));
    }
}

#[tokio::test]
async fn nothing_moves_to_a_deployment_that_is_somebody_elses() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 3);
    let hers = everything(&world.main, alice);
    claim(&world.own, "bob", &world.bob);

    let error = world.byod.move_in(alice, "alice").await.unwrap_err();
    assert!(is_somebody_elses(&error), "{error}");
    assert_eq!(asked(&world.own), Vec::<String>::new());
    world.is_as_before(&hers, ConnectionStatus::Pending).await;

    // The plan says so before.
    let plan = world.byod.move_in(alice, "alice").plan().await.unwrap();
    assert!(
        plan.problem
            .unwrap()
            .contains("the deployment belongs to somebody else")
    );

    let entered = Credentials::new(world.own.url(), world.own.deploy_key());
    let connect = world.byod.connect(alice, "alice", &entered).bring_data();
    let error = connect.await.unwrap_err();
    assert!(is_somebody_elses(&error), "{error}");
    world.is_as_before(&hers, ConnectionStatus::Pending).await;
}

/// Nor to main, what is on one that is somebody else's by now.
#[tokio::test]
async fn nothing_moves_from_a_deployment_that_is_somebody_elses() {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 3);
    let moved = world.byod.move_in(alice, "alice").keep(AT_ONCE);
    moved.await.unwrap();
    let hers = everything(&world.own, "alice");
    let release = json!({"subject": "alice"});
    world.own.run("byod/claim:release", release).unwrap();
    claim(&world.own, "bob", &world.bob);

    let error = world.byod.move_out(alice, "alice").await.unwrap_err();
    assert!(is_somebody_elses(&error), "{error}");
    assert_eq!(everything(&world.own, "alice"), hers);
    world.is_as_before(&[], ConnectionStatus::Connected).await;
}

/// It was hers when the move began, and is released before that function is first called there: for somebody else, or nobody
/// has claimed it yet.
async fn changes_hands(before: &'static str, others: bool) {
    let world = World::start().await;
    let alice = &*world.alice;
    world.fill(alice, "hers", 3);
    let hers = everything(&world.main, alice);
    let (waits, goes_on) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let (is_waiting, may_go_on) = (waits.clone(), goes_on.clone());
    let own = Between::start(&world.own, move |path, _| {
        if path == before {
            is_waiting.store(true, Ordering::Relaxed);
            // Else nobody might see to what wakes the others.
            tokio::task::block_in_place(|| {
                while !may_go_on.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
        }
        Becomes::Itself
    });
    let own = own.await;
    world.save(alice, &own.url, &world.own.deploy_key()).await;
    let changes = async {
        while !waits.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let release = json!({"subject": "alice"});
        world.own.run("byod/claim:release", release).unwrap();
        if others {
            claim(&world.own, "bob", &world.bob);
        }
        goes_on.store(true, Ordering::Relaxed);
    };
    let moving = world.byod.move_in(alice, "alice").into_future();
    let both = async { tokio::join!(moving, changes) };
    let both = tokio::time::timeout(Duration::from_secs(60), both);
    let (moved, ()) = both.await.expect("that function is called");
    let error = moved.unwrap_err();
    let expected = if others {
        Claim::SomebodyElses
    } else {
        Claim::Unclaimed
    };
    assert!(
        matches!(&error, Error::Claim { claim, .. } if *claim == expected),
        "{error}"
    );
    world.is_as_before(&hers, ConnectionStatus::Pending).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_move_is_called_off_where_the_deployment_changes_hands_before_anything_is_copied() {
    changes_hands("byod/moving:list", true).await;
    changes_hands("byod/moving:list", false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_move_is_called_off_where_the_deployment_changes_hands_once_all_is_copied() {
    changes_hands("byod/moving:verify", true).await;
    changes_hands("byod/moving:verify", false).await;
}
