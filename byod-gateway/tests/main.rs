//! The program, as an operator runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

use std::process::{Output, Stdio};
use std::time::Duration;

use byod_local::{Local, LocalDeployment};
use byod_sync::{ClientMessage, Json, Request, RequestId, SessionId};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

const SNAPSHOT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/byod-snapshot.json"
);

async fn main_deployment() -> LocalDeployment {
    main_with(|main| main).await
}

async fn main_with(change: impl FnOnce(Local) -> Local) -> LocalDeployment {
    let manifest = std::fs::read_to_string(SNAPSHOT).unwrap();
    let manifest = byod_local::read_manifest(&manifest).unwrap();
    change(Local::main(&manifest)).start().await.unwrap()
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

    tell_to_end(&running).await;
    assert!(running.wait().await.unwrap().success());
}

async fn tell_to_end(running: &Child) {
    let pid = running.id().unwrap().to_string();
    let kill = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(kill.await.unwrap().success());
}

async fn say(socket: &mut WebSocketStream<TcpStream>, message: ClientMessage) {
    let text = Message::text(message.to_text());
    socket.send(text).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_it_answers_what_runs_on_sockets_and_sends_their_clients_elsewhere() {
    let main = main_with(|main| {
        main.function("shares:create", |_, _| {
            // Longer than it takes connections after it was told to end.
            std::thread::sleep(Duration::from_secs(4));
            Ok("the token")
        })
    })
    .await;
    let user = r#"{"subject": "alice", "name": "A", "email": "a@example.org", "createdAt": 0.0, "updatedAt": 0.0}"#;
    let user: serde_json::Value = serde_json::from_str(user).unwrap();
    main.insert("users", user).unwrap();
    let mut running = program(&main)
        .args(["--snapshot", SNAPSHOT])
        .spawn()
        .unwrap();
    let at = address(&mut running).await;
    let events = web()
        .get(format!("http://{at}/byod/events"))
        .bearer_auth(main.token("alice").unwrap());
    let events = events.send().await.unwrap();
    assert_eq!(events.status(), 200);

    let stream = TcpStream::connect(&at).await.unwrap();
    let url = format!("ws://{at}/api/1.48.0/sync");
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    let connect = ClientMessage::Connect {
        session: SessionId::random().unwrap(),
        connection_count: 0,
        last_close_reason: None,
        max_observed_timestamp: None,
        client_ts: None,
    };
    say(&mut socket, connect).await;
    let args = serde_json::json!([{"conversationId": "c", "title": "T", "messages": []}]);
    let slow = Request {
        id: RequestId(0),
        path: "shares:create".to_owned(),
        args: Json::of(&args).unwrap(),
        component_path: None,
    };
    say(&mut socket, ClientMessage::Mutation(slow)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    tell_to_end(&running).await;

    let mut heard = String::new();
    let code: u16 = loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => heard += &text,
            Message::Close(close) => break close.unwrap().code.into(),
            _ => {}
        }
    };
    assert!(
        heard.contains("MutationResponse") && heard.contains("the token"),
        "{heard}"
    );
    assert_eq!(code, 1012);
    // The client's side of the farewell.
    assert!(socket.next().await.is_none_or(|end| end.is_err()));
    let events = events.text().await.unwrap();
    assert!(events.starts_with("event: status"), "{events}");
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
