//! `byod move`, here and with `--engine`, and `byod rotate-key` with it: on a real engine, whose worker is in this process.

use std::process::{Command, Output};
use std::time::Duration;

use byod_fleet::Bundles;
use byod_fleet::serve::Worker;
use byod_local::{Local, LocalDeployment};
use byod_runtime::{Byod, ByodBuilder, ConnectionStatus, Credentials, EncryptionKey};
use byod_schema::Manifest;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::engine_server::Server;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const NEW: &str = "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";

/// Alice has three notes on main, and a deployment that is connected.
struct Sides {
    main: LocalDeployment,
    own: LocalDeployment,
    alice: String,
}

struct World {
    sides: Sides,
    engine: String,
    server: Server,
    bundles: std::path::PathBuf,
}

impl Sides {
    async fn start() -> Self {
        let manifest = include_str!("../../byod-local/tests/manifest.json");
        let mut manifest: Manifest = byod_local::read_manifest(manifest).unwrap();
        manifest.moves = Some(Default::default());
        let main = Local::main(&manifest).start().await.unwrap();
        let own = Local::user(&manifest).name("alice").start().await.unwrap();
        let account = json!({"name": "Alice", "authId": "alice"});
        let alice = main.insert("users", account).unwrap();
        for title in ["one", "two", "three"] {
            let note = json!({"userId": alice, "title": title, "createdAt": 1.0, "updatedAt": 1.0});
            main.insert("notes", note).unwrap();
        }
        let service = service(&main, KEY).build().unwrap();
        let entered = Credentials::new(own.url(), own.deploy_key());
        let saved = service.save_credentials(&*alice, &entered, ConnectionStatus::Connected);
        saved.await.unwrap();
        Self { main, own, alice }
    }
}

impl World {
    /// Nobody works for the engine yet.
    async fn start(name: &str) -> Option<Self> {
        let server = Server::start(name)?;
        let sides = Sides::start().await;
        let bundles = format!("byod-{name}-{}", std::process::id());
        let bundles = std::env::temp_dir().join(bundles);
        Some(Self {
            engine: format!("restate={}", server.url()),
            sides,
            server,
            bundles,
        })
    }

    async fn worker(&self, service: ByodBuilder) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let bundles = Bundles::in_folder(&self.bundles).unwrap();
        let worker = Worker::new(service.build().unwrap(), bundles);
        let worker = worker.identity_key(&self.server.identity_key);
        tokio::spawn(worker.serve(listener));
        self.server.register(port);
    }

    async fn byod(&self, args: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byod"));
        command
            .args(args)
            .args(["--engine", &self.engine, "--json"])
            .envs(environment.iter().copied());
        let run = move || command.output().unwrap();
        tokio::task::spawn_blocking(run).await.unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Left behind, it is in the way of nothing.
        let _ = std::fs::remove_dir_all(&self.bundles);
    }
}

fn service(main: &LocalDeployment, key: &str) -> ByodBuilder {
    Byod::builder()
        .main_url(main.url())
        .deploy_key(main.deploy_key())
        .encryption_key(EncryptionKey::parse(key).unwrap())
        .cache_ttl(Duration::from_secs(2))
        .timeout(Duration::from_secs(2))
        .listen_to_main(false)
        .development(true)
}

fn report(output: &Output) -> (Option<i32>, Json) {
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output.status.code(), report)
}

fn said(output: &Output) -> (Option<i32>, String) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code(), said)
}

/// Who asks needs no keys, sees how far it is, and is told what they would be without an engine.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_is_done_by_the_engines_workers() {
    let Some(world) = World::start("cli-move").await else {
        return;
    };
    let (main, own) = (&world.sides.main, &world.sides.own);
    let to_own = ["move", "--user", &world.sides.alice, "--to", "own"];
    let (status, why) = said(&world.byod(&to_own, &[]).await);
    assert_eq!(status, Some(2));
    assert!(why.contains("start `byod-fleet serve`"), "{why}");

    world.worker(service(main, KEY)).await;
    let output = world.byod(&to_own, &[]).await;
    let (status, moved) = report(&output);
    assert_eq!((status, &moved["documents"]), (Some(0), &json!(3)));
    let (_, progress) = said(&output);
    assert!(progress.contains("3 of 3 documents"), "{progress}");
    // What was moved stays on main for a week.
    assert_eq!((own.count("notes"), main.count("notes")), (3, 3));

    // Back again, and for good. What can't be on main stays, and is named.
    let folder = json!({"userId": "alice", "name": "hers"});
    own.insert("folders", folder).unwrap();
    let to_main = [
        "move",
        "--user",
        &world.sides.alice,
        "--to",
        "main",
        "--keep",
    ];
    let (status, moved) = report(&world.byod(&to_main, &[]).await);
    assert_eq!((status, &moved["documents"]), (Some(1), &json!(3)));
    assert_eq!(moved["left"][0]["table"], "folders", "{moved}");
    assert_eq!((own.count("notes"), main.count("notes")), (3, 3));

    // What can't be is an error, as it is without an engine.
    let nobody = ["move", "--user", "nobody", "--to", "own"];
    let (status, why) = said(&world.byod(&nobody, &[]).await);
    assert_eq!(status, Some(2));
    assert!(why.contains("no record"), "{why}");
    // The times are the workers'.
    let with_a_time = [&to_own[..], &["--cache-ttl", "1"]].concat();
    let (status, why) = said(&world.byod(&with_a_time, &[]).await);
    assert_eq!(status, Some(2));
    assert!(why.contains("--cache-ttl"), "{why}");
}

/// In each user's turn; and not with another key than was meant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_sealed_anew_by_the_engines_workers() {
    let Some(world) = World::start("cli-rotate").await else {
        return;
    };
    let (url, main_key) = (world.sides.main.url(), world.sides.main.deploy_key());
    let environment = [
        ("CONVEX_URL", &*url),
        ("CONVEX_DEPLOY_KEY", &*main_key),
        ("BYOD_ENCRYPTION_KEY", NEW),
        ("BYOD_FORMER_ENCRYPTION_KEYS", KEY),
    ];
    let lost = service(&world.sides.main, "a third one").build().unwrap();
    let entered = Credentials::new(world.sides.own.url(), world.sides.own.deploy_key());
    let saved = lost.save_credentials("lost", &entered, ConnectionStatus::Connected);
    saved.await.unwrap();

    // A worker that was left with the old key.
    world.worker(service(&world.sides.main, KEY)).await;
    let rotate = ["rotate-key"];
    let (status, why) = said(&world.byod(&rotate, &environment).await);
    assert_eq!(status, Some(2));
    assert!(
        why.contains("start them with the same BYOD_ENCRYPTION_KEY"),
        "{why}"
    );

    let former = EncryptionKey::parse(KEY).unwrap();
    world
        .worker(service(&world.sides.main, NEW).former_encryption_key(former))
        .await;
    let check = ["rotate-key", "--check"];
    let (status, checked) = report(&world.byod(&check, &environment).await);
    assert_eq!((status, &checked["toReseal"]), (Some(1), &json!(1)));
    let (status, sealed) = report(&world.byod(&rotate, &environment).await);
    assert_eq!((status, &sealed["resealed"]), (Some(1), &json!(1)));
    assert_eq!(sealed["unopened"][0]["userId"], "lost");
    let alone = service(&world.sides.main, NEW).build().unwrap();
    let opened = alone.user_credentials(&*world.sides.alice).await.unwrap();
    assert_eq!(opened.unwrap().deployment_url, world.sides.own.url());
    let (_, again) = report(&world.byod(&rotate, &environment).await);
    assert_eq!(
        (&again["resealed"], &again["upToDate"]),
        (&json!(0), &json!(1))
    );
}

/// What would move is told as a table, and then moves; who disconnects is told what stays behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_is_planned_and_done_here() {
    let Sides { main, own, alice } = Sides::start().await;
    let (url, key) = (main.url(), main.deploy_key());
    let byod = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byod"));
        command
            .args(args)
            .args(["--user", &alice, "--subject", "alice", "--development"])
            .env("CONVEX_URL", &url)
            .env("CONVEX_DEPLOY_KEY", &key)
            .env("BYOD_ENCRYPTION_KEY", KEY);
        tokio::task::block_in_place(|| command.output().unwrap())
    };
    let times = ["--cache-ttl", "1", "--timeout", "1"];
    let to_own = [&["move", "--to", "own"], &times[..]].concat();
    let planned = byod(&[&to_own[..], &["--dry-run"]].concat());
    let text = String::from_utf8(planned.stdout).unwrap();
    let mut lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let head = ["table", "documents", "bytes", "references", "files", "stay"];
    assert_eq!(lines.next().unwrap(), head, "{text}");
    let notes = lines.find(|line| line[0] == "notes").unwrap();
    assert_eq!((notes[1], notes[5]), ("3", "0"), "{text}");
    assert!(text.contains("It would take about"), "{text}");
    let (status, planned) = report(&byod(&[&to_own[..], &["--dry-run", "--json"]].concat()));
    assert_eq!(
        (status, &planned["problem"]),
        (Some(0), &Json::Null),
        "{planned}"
    );
    assert_eq!((main.count("notes"), own.count("notes")), (3, 0));

    let moved = byod(&to_own);
    let (status, progress) = said(&moved);
    assert_eq!(status, Some(0), "{progress}");
    let text = String::from_utf8(moved.stdout).unwrap();
    assert!(text.contains("3 documents"), "{text}");
    assert_eq!(own.count("notes"), 3);

    let (status, left) = report(&byod(&["disconnect", "--json"]));
    assert_eq!(
        (status, &left["left"]["documents"]),
        (Some(0), &json!(3)),
        "{left}"
    );
}
