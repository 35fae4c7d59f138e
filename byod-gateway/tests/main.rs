//! The program, as an operator runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod admin;
mod book;

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

fn sign_up(main: &LocalDeployment, subject: &str) {
    let user = serde_json::json!({
        "subject": subject, "name": "A", "email": "a@example.org", "createdAt": 0.0, "updatedAt": 0.0,
    });
    main.insert("users", user).unwrap();
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
    addresses(running).await.pop().unwrap()
}

/// All that it says where it listens, clients' place last.
async fn addresses(running: &mut Child) -> Vec<String> {
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    let mut addresses = Vec::new();
    loop {
        let line = lines.next_line().await.unwrap().unwrap();
        let (_, at) = line.split_once("at=").unwrap_or_else(|| panic!("{line}"));
        addresses.push(at.split(' ').next().unwrap().to_owned());
        if line.contains("listening") {
            break;
        }
    }
    // What it says later has to go somewhere.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    addresses
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

#[tokio::test]
async fn what_it_measures_is_at_an_address_of_its_own() {
    let main = main_deployment().await;
    sign_up(&main, "alice");
    let mut running = program(&main)
        .args(["--snapshot", SNAPSHOT, "--metrics", "127.0.0.1:0"])
        .spawn()
        .unwrap();
    let [metrics, at] = &addresses(&mut running).await[..] else {
        panic!("it says where both are");
    };
    let token = main.token("alice").unwrap();
    let call = web()
        .post(format!("http://{at}/api/query"))
        .bearer_auth(&token)
        .body(r#"{"path": "conversations:list", "args": {}}"#);
    call.send().await.unwrap();
    let (status, text) = get(format!("http://{metrics}/metrics")).await;
    assert_eq!(status, 200);
    // As Prometheus reads it: each metric with its type, and a value in each line.
    let (types, values): (Vec<_>, Vec<_>) = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# HELP"))
        .partition(|line| line.starts_with("# TYPE byod_"));
    assert!(
        !types.is_empty() && values.iter().all(|line| line.starts_with("byod_")),
        "{text}"
    );
    let is_number = |line: &&str| line.rsplit(' ').next().unwrap().parse::<f64>().is_ok();
    assert!(values.iter().all(is_number), "{text}");
    // Nobody's name, and no secret.
    assert!(!text.contains("alice") && !text.contains(&token), "{text}");
    assert_eq!(
        get(format!("http://{at}/metrics")).await.0,
        404,
        "clients have none"
    );
    assert_eq!(get(format!("http://{metrics}/api/query")).await.0, 404);
}

#[tokio::test]
async fn each_limit_is_set_by_a_flag_and_by_the_environment() {
    let main = main_deployment().await;
    let Output { stdout, .. } = program(&main).arg("--help").output().await.unwrap();
    let help = String::from_utf8(stdout).unwrap();
    let book = include_str!("../../docs/front-end.md");
    let (_, limits) = book.split_once("| `Settings` |").unwrap();
    let (limits, _) = limits.split_once("\n\n").unwrap();
    for row in limits.lines().filter(|line| line.starts_with("| `")) {
        let (_, rest) = row.split_once("(`").unwrap();
        let (flag, _) = rest.split_once("`)").unwrap();
        assert!(help.contains(&format!("{flag} <")), "{flag}");
    }

    let mut running = program(&main)
        .args(["--snapshot", SNAPSHOT, "--body-limit", "100"])
        .env("BYOD_GATEWAY_CALLS_AT_ONCE", "0")
        .spawn()
        .unwrap();
    let at = address(&mut running).await;
    let call = async |text: &str| {
        let body = format!(r#"{{"path": "a:a", "args": {{"text": "{text}"}}}}"#);
        let call = web().post(format!("http://{at}/api/query")).body(body);
        call.send().await.unwrap().status().as_u16()
    };
    assert_eq!(call(&"x".repeat(200)).await, 413);
    assert_eq!(call("").await, 503);

    for (flag, given) in [
        ("--silence", "soon"),
        ("--send-time", "1e99"),
        ("--message-rate", "5"),
    ] {
        let (code, said) = failure(program(&main).args([flag, given])).await;
        assert!(code == Some(2) && said.contains(flag), "{said}");
    }
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
    sign_up(&main, "alice");
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

const OPERATOR: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

#[tokio::test]
async fn the_operators_page_is_there_with_a_token_that_is_no_weak_one() {
    let main = main_deployment().await;
    let snapshot = ["--snapshot", SNAPSHOT];
    for (name, weak) in [
        ("--operator-token", "hunter2"),
        ("", "x x".repeat(20).as_str()),
    ] {
        let mut program = program(&main);
        match name {
            "" => program.env("BYOD_GATEWAY_OPERATOR_TOKEN", weak),
            flag => program.args([flag, weak]),
        };
        let (code, said) = failure(program.args(snapshot)).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("openssl") && !said.contains(weak), "{said}");
    }
    let mut help = program(&main);
    let help = help
        .arg("--help")
        .env("BYOD_GATEWAY_OPERATOR_TOKEN", OPERATOR);
    let help = help.output().await.unwrap();
    assert!(!String::from_utf8(help.stdout).unwrap().contains(OPERATOR));

    let mut running = program(&main)
        .args(snapshot)
        .args(["--path", "/convex"])
        .env("BYOD_GATEWAY_OPERATOR_TOKEN", OPERATOR)
        .spawn()
        .unwrap();
    let at = address(&mut running).await;
    let (status, page) = get(format!("http://{at}/convex/byod/admin")).await;
    assert!(status == 200 && page.contains("admin/page.js"), "{page}");
    let fleet = web().get(format!("http://{at}/convex/byod/admin/api/fleet"));
    let fleet = fleet.bearer_auth(OPERATOR).send().await.unwrap();
    assert_eq!(fleet.status(), 200);
}

/// What a gateway takes more while somebody looks at 10,000 users; printed, for docs/front-end.md.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_users_take_some_megabytes() {
    let main = main_deployment().await;
    for number in 0..10_000 {
        let user = serde_json::json!({
            "subject": format!("subject {number}"), "name": "A", "email": "a@example.org", "createdAt": 0.0, "updatedAt": 0.0,
        });
        let record = serde_json::json!({
            "userId": main.insert("users", user).unwrap(), "connectionStatus": "error",
            "connectionError": "the deployment can't be reached: connection refused by happy-animal-123.convex.cloud",
            "encryptedDeploymentUrl": "ab".repeat(48), "encryptedDeployKey": "cd".repeat(64),
            "encryptionIV": "ef".repeat(33), "authTags": "01".repeat(33),
            "schemaVersion": 7.0, "createdAt": 1.0, "updatedAt": 1.0,
        });
        main.insert("userDatabaseConfig", record).unwrap();
    }
    let mut running = program(&main)
        .args(["--snapshot", SNAPSHOT])
        .env("BYOD_GATEWAY_OPERATOR_TOKEN", OPERATOR)
        .spawn()
        .unwrap();
    let at = address(&mut running).await;
    let resident = || {
        let status = format!("/proc/{}/status", running.id().unwrap());
        let status = std::fs::read_to_string(status).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let before = resident();
    let begun = std::time::Instant::now();
    let mut first = None;
    let users = loop {
        let fleet = web().get(format!("http://{at}/byod/admin/api/fleet"));
        let fleet = fleet.bearer_auth(OPERATOR).send().await.unwrap();
        let fleet = fleet.text().await.unwrap();
        let fleet: serde_json::Value = serde_json::from_str(&fleet).unwrap();
        if fleet["users"] != 0 {
            first.get_or_insert(begun.elapsed());
        }
        if fleet["state"]["is"] == "complete" {
            break fleet["users"].clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(users, 10_000);
    println!(
        "10,000 users: the first after {:?}, all after {:?}, {} KiB before and {} KiB after",
        first.unwrap(),
        begun.elapsed(),
        before,
        resident()
    );
    assert!(resident() - before < 64 << 10);
}
