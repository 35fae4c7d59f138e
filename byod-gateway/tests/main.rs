//! The program, as an operator runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::process::{Output, Stdio};

use byod_local::{Local, LocalDeployment};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

const SNAPSHOT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/byod-snapshot.json"
);

async fn main_deployment() -> LocalDeployment {
    let manifest = std::fs::read_to_string(SNAPSHOT).unwrap();
    let manifest = byod_local::read_manifest(&manifest).unwrap();
    Local::main(&manifest).start().await.unwrap()
}

fn program(main: &LocalDeployment) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_byod-gateway"));
    program
        .args(["--listen", "127.0.0.1:0", "--development"])
        .env("CONVEX_URL", main.url())
        .env("CONVEX_DEPLOY_KEY", main.deploy_key())
        .env("BYOD_ENCRYPTION_KEY", "only for tests")
        .env("NO_COLOR", "1")
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    program
}

/// Where it listens, as it says itself.
async fn address(running: &mut Child) -> String {
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    // What it says later has to go somewhere.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let (_, at) = line.split_once("at=").unwrap_or_else(|| panic!("{line}"));
    at.split(' ').next().unwrap().to_owned()
}

fn web() -> reqwest::Client {
    // The other test's is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

async fn get(url: String) -> (u16, String) {
    let answer = web().get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn it_answers_until_it_is_told_to_end() {
    let main = main_deployment().await;
    let mut running = program(&main)
        .args(["--snapshot", SNAPSHOT, "--path", "/convex"])
        .spawn()
        .unwrap();
    let at = address(&mut running).await;
    assert_eq!(
        get(format!("http://{at}/healthz")).await,
        (200, "alive\n".to_owned())
    );
    assert_eq!(get(format!("http://{at}/readyz")).await.0, 200);
    assert_eq!(get(format!("http://{at}/convex/version")).await.0, 200);
    let call = web()
        .post(format!("http://{at}/convex/api/query"))
        .body(r#"{"path": "conversations:nothing", "args": {}}"#);
    let answer = call.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(main.requests().len(), 1, "main says what it knows of it");

    let pid = running.id().unwrap().to_string();
    let kill = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(kill.await.unwrap().success());
    assert!(running.wait().await.unwrap().success());
}

async fn failure(program: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = program.output().await.unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_helps() {
    let main = main_deployment().await;
    let (code, said) = failure(program(&main).args(["--snapshot", "/nowhere.json"])).await;
    assert_eq!(code, Some(1));
    assert!(
        said.contains("/nowhere.json") && said.contains("byod snapshot"),
        "{said}"
    );

    let snapshot = ["--snapshot", SNAPSHOT];
    let (_, said) = failure(program(&main).args(snapshot).args(["--path", "convex/"])).await;
    assert!(said.contains("it begins with `/`"), "{said}");
    let (_, said) = failure(
        program(&main)
            .args(snapshot)
            .env_remove("BYOD_ENCRYPTION_KEY"),
    )
    .await;
    assert!(said.contains("BYOD_ENCRYPTION_KEY is not set"), "{said}");
    assert!(!said.contains(&main.deploy_key()), "{said}");
    let (code, _) = failure(program(&main).arg("--nonsense")).await;
    assert_eq!(code, Some(2));
}
