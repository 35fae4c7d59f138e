//! A user's data moves by the engine.

use std::time::Duration;

use byod_local::{LocalDeployment, Object};
use serde_json::{Value as Json, json};
use tokio::time::sleep;

use crate::server::Server;
use crate::support::Fleet;
use crate::workers::{Told, Workers, folder};

/// How many notes she has.
const NOTES: usize = 2_000;

/// How long a route is kept, and a call may take: a user's writes are refused for both before the other side answers.
const SETTLING: [&str; 4] = ["--cache-ttl", "2", "--timeout", "2"];

struct Alice {
    id: String,
    fleet: Fleet,
}

impl Alice {
    async fn start() -> Self {
        let mut fleet = Fleet::start(0).await;
        let account = json!({"name": "Alice", "authId": "alice"});
        let id = fleet.main.insert("users", account).unwrap();
        fleet.add(&id).await;
        for number in 0..NOTES {
            let note =
                json!({"userId": id, "title": number.to_string(), "createdAt": 1, "updatedAt": 1});
            fleet.main.insert("notes", note).unwrap();
        }
        Self { id, fleet }
    }

    fn own(&self) -> &LocalDeployment {
        &self.fleet.users[0].deployment
    }

    fn order(&self) -> Json {
        json!({"subject": self.id, "stays": {"days": 0}})
    }

    /// How far it is, as main has it.
    fn moving(&self) -> Option<Object> {
        let user = json!({"user": self.id});
        let moving = self.fleet.main.run("byod/moves:get", user).unwrap();
        Object::try_from(moving).ok()
    }

    fn is_at(&self, phase: &str) -> bool {
        let moving = self.moving();
        moving.is_some_and(|moving| moving.str("phase") == Some(phase))
    }

    /// A minute after whoever saw to it is gone.
    fn a_minute_later(&self) {
        let moving = self.moving().unwrap();
        let (id, holder) = (moving.str("id"), moving.str("holder"));
        let held = json!({"user": self.id, "id": id, "holder": holder});
        self.fleet.main.run("byod/moves:release", held).unwrap();
    }
}

/// The titles of all notes there, each as often as there is a note of it.
fn titles(deployment: &LocalDeployment) -> Vec<usize> {
    let notes = deployment.documents("notes").into_iter();
    let titles = notes.map(|note| note.str("title").unwrap().parse().unwrap());
    let mut titles: Vec<usize> = titles.collect();
    titles.sort_unstable();
    titles
}

fn all() -> Vec<usize> {
    (0..NOTES).collect()
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        sleep(Duration::from_millis(2)).await;
    }
}

/// Whichever worker does it, each document is there once, and who asks meanwhile waits for their turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_whose_worker_is_killed_goes_on_with_another_one() {
    let Some(server) = Server::start("moved") else {
        return;
    };
    let alice = Alice::start().await;
    let (main, own) = (&alice.fleet.main, alice.own());
    let bundles = folder("moved");
    let told = Told {
        args: &SETTLING,
        ..Told::of(&alice.fleet, &server.identity_key, &bundles)
    };
    let mut workers = Workers::start(told, 2).await;
    server.register(workers.port);
    let ask = |what: &str, order| server.ask(&format!("ByodUser/{}/{what}", alice.id), order);
    workers.kill(1);

    let moved_in = ask("move_in", alice.order());
    until(|| own.count("notes") > 0).await;
    workers.kill(0);
    let moving = alice.moving().unwrap();
    assert_ne!(moving.str("phase"), Some("tidy"));
    // Asked for in the middle of it, the way back waits.
    let moved_out = ask("move_out", alice.order());
    workers.start_again(1);
    // The other one finds it held by the first, and tries again.
    let held = "another process sees to it";
    until(|| workers.logged().contains(held)).await;
    assert_eq!(alice.moving().unwrap().str("holder"), moving.str("holder"));
    alice.a_minute_later();
    let (status, moved) = moved_in.await.unwrap();
    assert_eq!(
        (status, &moved["documents"]),
        (200, &json!(NOTES)),
        "{moved}"
    );
    let (status, moved) = moved_out.await.unwrap();
    assert_eq!(
        (status, &moved["documents"]),
        (200, &json!(NOTES)),
        "{moved}"
    );
    assert_eq!((titles(main), own.count("notes")), (all(), 0));
    assert_eq!(main.count("byodMoves"), 0);
    let status = alice.fleet.record(&alice.id);
    assert_eq!(status.str("connectionStatus"), Some("disconnected"));

    // Calling one off doesn't wait until it is over.
    let called_off = ask("move_in", alice.order());
    until(|| alice.is_at("verify")).await;
    let (status, is_off) = ask("cancel_move", Json::Null).await.unwrap();
    assert_eq!((status, is_off), (200, json!(true)));
    let (status, said) = called_off.await.unwrap();
    assert_eq!(status, 500);
    let said = said["message"].as_str().unwrap();
    assert!(said.contains("it was called off"), "{said}");
    assert_eq!((titles(main), own.count("notes")), (all(), 0));
    workers.know_none_of(&[&own.deploy_key()], &server);
    std::fs::remove_dir_all(bundles).unwrap();
}
