//! The same over sockets, as it comes: each round is a user of its own, many at once.

use std::sync::Arc;
use std::time::Duration;

use byod_local::LocalDeployment;
use byod_runtime::{Byod, ConnectionStatus, FunctionType, Resealed};
use serde_json::json;
use tokio::sync::Semaphore;

use super::rounds;
use super::world::{self, Seals, process, record};

struct World {
    main: LocalDeployment,
    users: LocalDeployment,
    /// Two processes of the service, and `rotate-key`.
    one: Byod,
    other: Byod,
    rotation: Byod,
}

impl World {
    async fn start() -> Self {
        let main = world::main().await;
        // All rounds share it.
        let users = byod_local::Local::user(&empty()).shared().name("users");
        let process = |seals| {
            let pause = Duration::from_millis(5);
            let process = process(&main.url(), &main, seals).recovery_pauses(pause, pause);
            process.build().unwrap()
        };
        Self {
            one: process(Seals::Old),
            other: process(Seals::Old),
            rotation: process(Seals::New),
            users: users.start().await.unwrap(),
            main,
        }
    }

    async fn save(&self, user: &str, status: ConnectionStatus) {
        let credentials = world::credentials(&self.users);
        let saved = self.one.save_credentials(user, &credentials, status);
        saved.await.unwrap();
    }

    fn status(&self, user: &str) -> String {
        record(&self.main, user).unwrap().status
    }

    /// A user disconnects in one process while another tests the deployment.
    async fn disconnect_and_test(&self, user: &str) -> bool {
        self.save(user, ConnectionStatus::Connected).await;
        let (tests, wanted) = (self.other.clone(), user.to_owned());
        let test = tokio::spawn(async move { tests.test_connection(wanted).await });
        pause().await;
        self.one.disconnect(user).await.unwrap();
        test.await.unwrap().unwrap();
        self.status(user) == "disconnected"
    }

    /// The user disconnects by main's own function while a process tries whether the
    /// deployment is back.
    async fn disconnect_at_main_and_recovery(&self, user: &str) -> bool {
        self.save(user, ConnectionStatus::Error).await;
        let blocked = self
            .other
            .client_for_table("notes", user, FunctionType::Query);
        let blocked = blocked.await.map(drop);
        pause().await;
        self.main
            .run_as(user, "byod/credentials:disconnect", json!({}))
            .unwrap();
        tokio::time::sleep(Duration::from_millis(25)).await;
        assert!(blocked.is_err(), "the recovery begins");
        self.status(user) == "disconnected"
    }

    /// The record is sealed anew while the deployment is connected again.
    async fn rotation_and_connect(&self, user: &str, before: ConnectionStatus) -> bool {
        self.save(user, before).await;
        let (connects, wanted) = (self.one.clone(), user.to_owned());
        let credentials = world::credentials(&self.users);
        let connect =
            tokio::spawn(async move { connects.connect(&*wanted, &*wanted, &credentials).await });
        let seen = self.rotation.user_record(user).await.unwrap().unwrap();
        pause().await;
        let resealed = self.rotation.reseal(&seen).await.unwrap();
        assert_ne!(resealed, Resealed::Gone);
        connect.await.unwrap().unwrap();
        self.status(user) == "connected"
    }
}

/// How many kinds of races there are.
const KINDS: usize = 4;

fn empty() -> byod_local::Manifest {
    world::manifest(&json!({}))
}

/// So long that the other is now before, now in the middle, now behind.
async fn pause() {
    tokio::time::sleep(Duration::from_micros(fastrand::u64(0..12_000))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_race_is_lost() {
    let world = Arc::new(World::start().await);
    let count = rounds(60);
    let at_once = Arc::new(Semaphore::new(8));
    let races = (0..count).map(|round| {
        let (world, at_once) = (world.clone(), at_once.clone());
        tokio::spawn(async move {
            let _place = at_once.acquire().await.unwrap();
            let user = format!("u{round}");
            let kept = match round % KINDS {
                0 => world.disconnect_and_test(&user).await,
                1 => world.disconnect_at_main_and_recovery(&user).await,
                2 => {
                    let before = ConnectionStatus::Pending;
                    world.rotation_and_connect(&user, before).await
                }
                // Who had disconnected before comes back.
                _ => {
                    let before = ConnectionStatus::Disconnected;
                    world.rotation_and_connect(&user, before).await
                }
            };
            (!kept).then_some(round % KINDS)
        })
    });
    let mut lost = Vec::new();
    for race in races.collect::<Vec<_>>() {
        lost.extend(race.await.unwrap());
    }
    println!("races {count}, lost {}", lost.len());
    assert!(lost.is_empty(), "of the kinds {lost:?}");
}
