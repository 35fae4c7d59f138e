//! `byod fleet`: on main, its users' records, and their deployments, all in this process.

use std::process::{Command, Output};
use std::time::Duration;

use byod_fleet::Bundles;
use byod_fleet::serve::Worker;
use byod_local::{Local, LocalDeployment, PushFault};
use byod_runtime::{Byod, ConnectionStatus, Credentials, EncryptionKey};
use byod_schema::Manifest;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::engine_server::Server;
use crate::support::{Project, node};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

struct World {
    project: Project,
    main: LocalDeployment,
    service: Byod,
    users: Vec<LocalDeployment>,
}

/// Of an app that has nothing of its own.
fn manifest() -> Manifest {
    serde_json::from_value(json!({
        "format": 1,
        "main": {
            "convex": "convex",
            "schema": {"tables": [], "schemaValidation": true},
            "functions": {},
            "warnings": [],
        },
        "userTables": [],
        "inject": {},
    }))
    .unwrap()
}

/// Writes an empty bundle in the place of the official tool, and does something else before.
fn tool(before: &str) -> String {
    format!(
        "const fs = require('fs');
        {before}
        const at = process.argv.indexOf('--write-push-request') + 1;
        const app = {{ changedModules: [], unchangedModuleHashes: [] }};
        fs.writeFileSync(process.argv[at] + '.json', JSON.stringify({{ appDefinition: app }}));"
    )
}

const TOOL: &str = "node_modules/convex/bin/main.js";

impl World {
    /// Users whose deployments were just made, and have nothing.
    async fn start(users: usize) -> Self {
        let manifest = manifest();
        let main = Local::main(&manifest).start().await.unwrap();
        let service = Byod::builder()
            .main_url(main.url())
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse(KEY).unwrap())
            .listen_to_main(false)
            .development(true)
            .build()
            .unwrap();
        let mut world = Self {
            project: Project::example(),
            main,
            service,
            users: Vec::new(),
        };
        for number in 0..users {
            let own = Local::user(&manifest).without_project();
            let own = own.start().await.unwrap();
            let entered = Credentials::new(own.url(), own.deploy_key());
            let id = format!("user {number}");
            let saved = world
                .service
                .save_credentials(&*id, &entered, ConnectionStatus::Connected);
            saved.await.unwrap();
            world.users.push(own);
        }
        world
    }

    /// Runs the command without holding up the deployments, which are in this process.
    async fn byod(&self, args: &[&str]) -> Output {
        let mut command = self.command(args);
        let run = move || command.output().unwrap();
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byod"));
        command
            .arg("fleet")
            .args(args)
            .current_dir(&self.project.root)
            .env("CONVEX_URL", self.main.url())
            .env("CONVEX_DEPLOY_KEY", self.main.deploy_key())
            .env("BYOD_ENCRYPTION_KEY", KEY);
        command
    }

    async fn report(&self, args: &[&str]) -> (i32, Json) {
        let output = self
            .byod(&[args, &["--json", "--development"]].concat())
            .await;
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|error| panic!("{error}: {output:?}"));
        (output.status.code().unwrap(), report)
    }
}

/// The example's project, bundled by the official tool, to five new deployments.
#[tokio::test]
async fn the_official_tools_bundle_reaches_every_deployment() {
    let Some(node) = node() else { return };
    let world = World::start(5).await;
    world.project.link_packages(&node);
    let (status, before) = world.report(&["status", "--probe"]).await;
    assert_eq!(status, 1);
    assert_eq!(before["totals"]["problems"], json!({"no_ping": 5}));
    // Whoever waits for the deployments is told how many there are.
    let asked = world.byod(&["status", "--probe", "--development"]).await;
    let said = String::from_utf8(asked.stderr).unwrap();
    assert!(
        said.contains("5 users, whose deployments are asked"),
        "{said}"
    );

    let (status, plan) = world
        .report(&["deploy", "--dry-run", "--waves", "100%"])
        .await;
    assert_eq!((status, &plan["waves"][0]["due"]), (1, &json!(5)));
    let (status, only) = world.report(&["deploy", "--only", "user 3"]).await;
    assert_eq!((status, &only["outcome"]["is"]), (0, &json!("pushed")));
    let (status, report) = world.report(&["deploy"]).await;
    assert_eq!((status, &report["stopped"]), (0, &Json::Null));
    let pushed = report["waves"].as_array().unwrap().iter();
    let pushed: u64 = pushed
        .map(|wave| wave["counts"]["pushed"].as_u64().unwrap())
        .sum();
    assert_eq!(pushed, 4);
    for own in &world.users {
        assert_eq!(own.pushes().len(), 1);
        assert!(own.pushes()[0].modules.contains(&"notes.js".to_owned()));
    }

    let (status, round) = world.report(&["run", "--once"]).await;
    assert_eq!((status, &round["rolledOut"]), (0, &Json::Null));
    assert_eq!(round["schemaVersion"], json!(12));

    let (status, after) = world
        .report(&["status", "--probe", "--older-than", "12"])
        .await;
    assert_eq!((status, &after["users"]), (0, &json!([])));
    assert_eq!(after["totals"]["versions"], json!({"12": 5}));
    let text = world.byod(&["status", "--probe", "--development"]).await;
    let text = String::from_utf8(text.stdout).unwrap();
    let mut lines = text.lines().map(str::split_whitespace);
    let head: Vec<_> = lines.next().unwrap().collect();
    assert_eq!(
        head,
        [
            "user", "status", "version", "claim", "tested", "latency", "problem"
        ]
    );
    let row: Vec<_> = lines.next().unwrap().collect();
    // "user 0", and whose it is.
    assert_eq!(row[2..5], ["connected", "12", "nobody's"], "{text}");
    assert!(
        text.contains("5 users, 5 with a deployment in use"),
        "{text}"
    );
}

/// The same by an engine and its worker: who asks for it needs no keys, and is told the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_does_what_is_handed_over() {
    let (Some(node), Some(server)) = (node(), Server::start("cli")) else {
        return;
    };
    let world = World::start(5).await;
    world.project.link_packages(&node);
    let bundles = world.project.root.join("bundles");
    let engine = format!("restate={}", server.url());
    let handed = ["--engine", &*engine, "--bundles", "bundles"];

    let nobody = world.byod(&[&["deploy"][..], &handed].concat()).await;
    let said = String::from_utf8(nobody.stderr).unwrap();
    assert_eq!(nobody.status.code(), Some(2));
    assert!(said.contains("start `byod-fleet serve`"), "{said}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let kept = Bundles::in_folder(&bundles).unwrap();
    let worker = Worker::new(world.service.clone(), kept).identity_key(&server.identity_key);
    tokio::spawn(worker.serve(listener));
    server.register(port);

    let only = [&["deploy", "--only", "user 3"][..], &handed].concat();
    let (status, only) = world.report(&only).await;
    assert_eq!((status, &only["outcome"]["is"]), (0, &json!("pushed")));
    let (status, report) = world.report(&[&["deploy"][..], &handed].concat()).await;
    assert_eq!((status, &report["stopped"]), (0, &Json::Null), "{report}");
    let waves = report["waves"].as_array().unwrap().iter();
    let pushed = waves.map(|wave| wave["counts"]["pushed"].as_u64().unwrap());
    assert_eq!(pushed.sum::<u64>(), 4);
    for own in &world.users {
        assert_eq!(own.pushes().len(), 1);
    }

    // Round after round: who connects later gets it, and who fails is left alone for a while.
    let run = [&["run", "--once"][..], &handed].concat();
    let (status, round) = world.report(&run).await;
    assert_eq!((status, &round["rolledOut"]), (0, &Json::Null), "{round}");
    let late = Local::user(&manifest()).without_project();
    let late = late.start().await.unwrap();
    late.fail_pushes(PushFault::FailsToFinish, usize::MAX);
    let entered = Credentials::new(late.url(), late.deploy_key());
    let saved = world
        .service
        .save_credentials("late", &entered, ConnectionStatus::Connected);
    saved.await.unwrap();
    let (status, round) = world.report(&run).await;
    assert_eq!((status, &round["resting"]), (1, &json!(1)), "{round}");
    assert_eq!(round["rolledOut"]["failures"][0]["userId"], "late");
    let (status, round) = world.report(&run).await;
    assert_eq!((status, &round["rolledOut"]), (1, &Json::Null), "{round}");
    assert_eq!((&round["resting"], late.pushes().len()), (&json!(1), 1));

    let stopped = world.byod(&["stop", "--engine", &*engine]).await;
    assert_eq!(stopped.stdout, b"no roll-out is under way\n");
}

#[tokio::test]
async fn what_stands_in_the_way_is_said() {
    let world = World::start(1).await;
    let old = world.byod(&["status", "--module", "lib/records"]).await;
    let said = String::from_utf8(old.stderr).unwrap();
    assert_eq!(old.status.code(), Some(2));
    assert!(
        said.contains("`lib/records:listConfigs`") && said.contains("byod export --main"),
        "{said}"
    );

    let unpackaged = world.byod(&["deploy", "--development"]).await;
    let said = String::from_utf8(unpackaged.stderr).unwrap();
    assert_eq!(unpackaged.status.code(), Some(2));
    assert!(said.contains("npm install"), "{said}");

    world.project.remove("byod/convex/byod/version.ts");
    let unwritten = world.byod(&["deploy", "--development"]).await;
    let said = String::from_utf8(unwritten.stderr).unwrap();
    assert!(said.contains("byod export"), "{said}");
    for wrong in [["--waves", "10%,1%"], ["--max-failures", "many"]] {
        let output = world.byod(&["deploy", wrong[0], wrong[1]]).await;
        assert_eq!(output.status.code(), Some(2));
    }
}

/// Users' ids and what records say are any text.
#[tokio::test]
async fn what_main_says_is_printed_as_it_is_but_moves_no_terminal() {
    let world = World::start(0).await;
    let credentials = Credentials::new("http://127.0.0.1:9", "local:x|y");
    let connected = ConnectionStatus::Connected;
    let saved = world
        .service
        .save_credentials("o'hara\u{202e}\u{1b}[2J", &credentials, connected);
    saved.await.unwrap();
    world
        .service
        .test_connection("o'hara\u{202e}\u{1b}[2J")
        .await
        .unwrap();
    let output = world.byod(&["status", "--development"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("o'hara\\u{202e}\\u{1b}[2J"), "{text}");
    assert!(text.contains("can't be reached"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
}

/// A scheduler begins a process for each round.
#[tokio::test]
async fn who_failed_is_left_alone_by_the_next_process() {
    if node().is_none() {
        return;
    }
    let world = World::start(1).await;
    world.project.write(TOOL, &tool(""));
    // What is bundled so is refused.
    let tried = || {
        let requests = world.users[0].requests().into_iter();
        let pushes = requests.filter(|request| request.endpoint == "/api/deploy2/start_push");
        pushes.count()
    };
    let once = ["run", "--once", "--state", "kept.json"];
    for _ in 0..2 {
        let (status, round) = world.report(&once).await;
        assert_eq!((status, &round["resting"]), (1, &json!(1)), "{round}");
        assert_eq!(tried(), 1);
    }
    // Without it nobody knows.
    world.report(&["run", "--once"]).await;
    assert_eq!(tried(), 2);

    world.project.write("kept.json", "{}");
    let wrong = world.byod(&[&once[..], &["--development"]].concat()).await;
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said.contains("kept.json: this isn't what"), "{said}");
}

#[tokio::test]
async fn who_has_no_deployment_has_not_got_the_version() {
    if node().is_none() {
        return;
    }
    let world = World::start(1).await;
    world.project.write(TOOL, &tool(""));
    world.service.disconnect("user 0").await.unwrap();
    let (status, only) = world.report(&["deploy", "--only", "user 0"]).await;
    assert_eq!(
        (status, &only["outcome"]["is"]),
        (1, &json!("notConnected"))
    );
}

/// The tool reads one file after the other.
#[tokio::test]
async fn what_was_exported_meanwhile_is_not_deployed() {
    if node().is_none() {
        return;
    }
    let world = World::start(1).await;
    let exported =
        "fs.writeFileSync('convex/byod/version.ts', 'export const SCHEMA_VERSION = 99;\\n');";
    world.project.write(TOOL, &tool(exported));
    let output = world.byod(&["deploy", "--development"]).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("was exported meanwhile; run this again"),
        "{said}"
    );
    assert!(world.users[0].pushes().is_empty());
}

/// It is bounded by its own limits, and holds up nobody else.
#[tokio::test]
async fn one_deployment_that_hangs_is_said_to_and_the_others_are_asked() {
    let world = World::start(2).await;
    // It takes connections, and never says anything.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let entered = Credentials::new(url, "local:silent|key");
    let connected = ConnectionStatus::Connected;
    let saved = world
        .service
        .save_credentials("silent", &entered, connected);
    saved.await.unwrap();
    let (status, report) = world.report(&["status", "--probe", "--at-once", "1"]).await;
    assert_eq!(status, 1);
    let problems = &report["totals"]["problems"];
    assert_eq!(*problems, json!({"no_ping": 2, "timed_out": 1}), "{report}");
}

/// A version that is exported while it runs reaches all without anybody's doing.
#[tokio::test]
async fn what_goes_on_notices_a_new_export() {
    let Some(node) = node() else { return };
    let world = World::start(2).await;
    world.project.link_packages(&node);
    let mut going_on = world.command(&["run", "--every", "1", "--development"]);
    let mut going_on = going_on.spawn().unwrap();
    for version in [12.0, 13.0] {
        let has = |own: &LocalDeployment| {
            let mut pushes = own.pushes().into_iter();
            pushes.any(|push| push.schema_version == Some(version))
        };
        while !world.users.iter().all(has) {
            assert!(going_on.try_wait().unwrap().is_none(), "it goes on");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let next = "export const SCHEMA_VERSION = 13;\n";
        world.project.write("byod/convex/byod/version.ts", next);
    }
    for own in &world.users {
        assert_eq!(own.pushes().len(), 2);
    }
    going_on.kill().unwrap();
    going_on.wait().unwrap();
}
