//! What an operator is shown of all users' deployments, over sockets.

use std::time::{Duration, Instant};

use byod_gateway::{OperatorToken, Settings};
use byod_local::{FunctionError, Local, LocalDeployment};
use byod_runtime::{Byod, Credentials, EncryptionKey, RolloutProgress, RolloutState, WaveProgress};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;

const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// What never leaves main by this way.
const SEALED: [&str; 4] = ["5ea1ed01", "5ea1ed02", "5ea1ed03", "5ea1ed04"];

fn local() -> Local {
    let manifest = include_str!("../../byod-local/tests/manifest.json");
    Local::main(&byod_local::read_manifest(manifest).unwrap())
}

fn add(main: &LocalDeployment, user: &str, status: &str, version: u32) {
    let record = record(user, status, version);
    main.insert("userDatabaseConfig", record).unwrap();
}

fn record(user: &str, status: &str, version: u32) -> Value {
    let mut record = json!({
        "userId": user, "encryptedDeploymentUrl": SEALED[0], "encryptedDeployKey": SEALED[1],
        "encryptionIV": SEALED[2], "authTags": SEALED[3], "connectionStatus": status,
        "schemaVersion": version, "createdAt": 1.0, "updatedAt": 1.0,
    });
    if status == "error" {
        record["connectionError"] = "the deployment did not answer within 5s".into();
    }
    record
}

fn service(main: &LocalDeployment, key: &str) -> Byod {
    let byod = Byod::builder()
        .main_url(main.url())
        .deploy_key(key)
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .development(true);
    byod.build().unwrap()
}

struct Gateway {
    main: LocalDeployment,
    byod: Byod,
    url: String,
}

impl Gateway {
    async fn start(main: LocalDeployment) -> Self {
        let token = OperatorToken::new(TOKEN).unwrap();
        Self::with(main, Settings::default().operator_token(token)).await
    }

    async fn with(main: LocalDeployment, settings: Settings) -> Self {
        let byod = service(&main, &main.deploy_key());
        let url = serve(byod.clone(), settings).await;
        Self { main, byod, url }
    }

    async fn get(&self, path: &str, token: Option<&str>) -> (u16, HeaderMap, String) {
        let mut request = crate::web().get(format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.text().await.unwrap())
    }

    async fn ask(&self, path: &str) -> Value {
        let (status, _, text) = self
            .get(&format!("/byod/admin/api/{path}"), Some(TOKEN))
            .await;
        assert_eq!(status, 200, "{text}");
        for secret in SEALED.iter().chain([&TOKEN]) {
            assert!(!text.contains(secret), "{text}");
        }
        serde_json::from_str(&text).unwrap()
    }

    /// What is known once all records are read.
    async fn fleet(&self) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let fleet = self.ask("fleet").await;
            if fleet["state"]["is"] == "complete" {
                return fleet;
            }
            assert!(Instant::now() < deadline, "{fleet}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn ids(&self, query: &str) -> Vec<String> {
        let listed = self.ask(&format!("users?{query}")).await;
        let users = listed["users"].as_array().unwrap();
        let id = |user: &Value| user["userId"].as_str().unwrap().to_owned();
        users.iter().map(id).collect()
    }
}

async fn serve(byod: Byod, settings: Settings) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = byod_gateway::router(byod, settings);
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test]
async fn without_a_token_in_the_settings_there_is_nothing() {
    let main = local().start().await.unwrap();
    let gateway = Gateway::with(main, Settings::default()).await;
    for path in ["", "/page.js", "/api/fleet", "/api/events"] {
        let path = format!("/byod/admin{path}");
        for token in [None, Some(TOKEN), Some("")] {
            assert_eq!(gateway.get(&path, token).await.0, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn the_page_is_anybodys_and_what_it_shows_is_the_operators() {
    let gateway = Gateway::start(local().start().await.unwrap()).await;
    for (path, kind) in [
        ("", "text/html"),
        ("/page.js", "text/javascript"),
        ("/page.css", "text/css"),
        ("/api/fleet", "application/problem+json"),
    ] {
        let (status, headers, text) = gateway.get(&format!("/byod/admin{path}"), None).await;
        assert_eq!(status, if kind.ends_with("json") { 401 } else { 200 });
        let header = |name: &str| headers[name].to_str().unwrap();
        assert!(header("content-type").starts_with(kind), "{path}");
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        // Pages of other origins can't read it.
        assert!(!headers.contains_key("access-control-allow-origin"));
        // Nothing in it is inline, and nothing is from elsewhere.
        assert!(
            !text.contains("<style") && !text.contains(" style="),
            "{path}"
        );
        assert!(
            !text.contains("https://") && !text.contains("innerHTML"),
            "{path}"
        );
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(gateway.main.request_count(), 0, "nobody has looked");
}

#[tokio::test]
async fn wrong_tokens_are_refused_and_only_so_often() {
    let gateway = Gateway::start(local().start().await.unwrap()).await;
    let path = "/byod/admin/api/fleet";
    let wrong = TOKEN.replace('0', "1");
    for _ in 0..10 {
        let (status, _, text) = gateway.get(path, Some(&wrong)).await;
        assert_eq!(status, 401);
        assert!(!text.contains(&wrong), "{text}");
    }
    let (status, headers, _) = gateway.get(path, Some(&wrong)).await;
    assert_eq!(status, 429);
    assert!(headers.contains_key("retry-after"));
    // The operator isn't shut out by that, nor is anybody let in by another way.
    assert_eq!(gateway.get(path, Some(TOKEN)).await.0, 200);
    let key = gateway.main.deploy_key();
    let request = crate::web().get(format!("{}{path}", gateway.url));
    let by_key = request.header("authorization", format!("Convex {key}"));
    assert_eq!(by_key.send().await.unwrap().status(), 401);
    let in_url = format!("{path}?token={TOKEN}");
    assert_eq!(gateway.get(&in_url, None).await.0, 401);
}

#[tokio::test]
async fn users_are_counted_found_and_listed_by_pages() {
    let main = local().start().await.unwrap();
    for number in 0..450 {
        let (status, version) = match number {
            0..10 => ("error", 6),
            10..30 => ("disconnected", 7),
            _ => ("connected", 7),
        };
        add(&main, &format!("user_{number:03}"), status, version);
    }
    let image = "<img src=x onerror=alert(1)>";
    let control = "a\u{7}b\u{202e}c\nd&e=f";
    for user in [image, control] {
        add(&main, user, "connected", 8);
    }
    let gateway = Gateway::start(main).await;
    let fleet = gateway.fleet().await;
    assert_eq!(
        (&fleet["users"], &fleet["connected"], &fleet["failing"]),
        (&json!(452), &json!(432), &json!(10))
    );
    assert_eq!(fleet["versions"], json!({"6": 10, "7": 420, "8": 2}));
    assert_eq!(fleet["problems"], json!({"timed_out": 10}));
    let records = gateway.main.request_count();
    assert!(records < 10, "by pages, not one by one: {records}");

    assert_eq!(gateway.ids("q=USER_44").await.len(), 10);
    assert_eq!(gateway.ids("q=44").await.len(), 14);
    assert_eq!(gateway.ids("status=disconnected").await.len(), 20);
    assert_eq!(gateway.ids("problem=timed_out").await.len(), 10);
    assert_eq!(gateway.ids("problem=wrong_key").await.len(), 0);
    assert_eq!(gateway.ids("version=6&q=9").await, ["user_009"]);
    let page = gateway.ask("users?offset=440&limit=20&q=user").await;
    assert_eq!(
        (&page["found"], &page["offset"]),
        (&json!(450), &json!(440))
    );
    assert_eq!(page["users"].as_array().unwrap().len(), 10);
    assert_eq!(gateway.ids("limit=100000").await.len(), 452);

    // What anybody is called is text, and comes as JSON.
    assert_eq!(gateway.ids("version=8").await, [image, control]);
    assert_eq!(gateway.ids("q=%3CIMG").await, [image]);
    let (status, headers, _) = gateway
        .get("/byod/admin/api/users?version=x", Some(TOKEN))
        .await;
    assert_eq!(status, 400);
    assert_eq!(headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn one_user_is_shown_with_their_history() {
    let main = local().start().await.unwrap();
    let own = include_str!("../../byod-local/tests/manifest.json");
    let own = Local::user(&byod_local::read_manifest(own).unwrap());
    let own = own.start().await.unwrap();
    let gateway = Gateway::start(main).await;
    let user = "a/user?&#\u{1F600}";
    let credentials = Credentials::new(own.url(), own.deploy_key());
    gateway
        .byod
        .connect(user, "subject", &credentials)
        .await
        .unwrap();
    own.set_deploy_key("local:x|other");
    gateway.byod.test_connection(user).await.unwrap();
    let id = url_encoded(user);
    let one = gateway.ask(&format!("user?id={id}")).await;
    assert_eq!(
        (&one["userId"], &one["status"]),
        (&json!(user), &json!("error"))
    );
    assert_eq!(one["problem"]["kind"], "wrong_key");
    let history = one["history"].as_array().unwrap();
    let kinds: Vec<_> = history.iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(kinds, ["blocked", "connected"], "the latest first");
    let text = one.to_string();
    assert!(!text.contains("authTags") && !text.contains(&own.url()));

    let (status, ..) = gateway
        .get("/byod/admin/api/user?id=nobody", Some(TOKEN))
        .await;
    assert_eq!(status, 404);
    let (status, ..) = gateway.get("/byod/admin/api/user", Some(TOKEN)).await;
    assert_eq!(status, 400);
}

fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Main's functions of before there was a history.
#[tokio::test]
async fn an_older_main_is_shown_without_history() {
    let mut main = local();
    for name in ["get", "rollouts"] {
        let path = format!("byod/history:{name}");
        main = main.function(&path.clone(), move |_, _| {
            let said = format!(
                "Could not find function for '{path}'. Did you forget to run `npx convex dev`?"
            );
            Err::<(), _>(FunctionError::new(said))
        });
    }
    let main = main.start().await.unwrap();
    add(&main, "alice", "connected", 7);
    let gateway = Gateway::start(main).await;
    let one = gateway.ask("user?id=alice").await;
    assert_eq!(
        (&one["status"], &one["history"]),
        (&json!("connected"), &Value::Null)
    );
    let mut events = Events::of(&gateway).await;
    assert_eq!(events.next("rollouts").await, Value::Null);
}

struct Events {
    answer: reqwest::Response,
    text: String,
}

impl Events {
    async fn of(gateway: &Gateway) -> Self {
        let url = format!("{}/byod/admin/api/events", gateway.url);
        let answer = crate::web().get(url).bearer_auth(TOKEN).send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        Self {
            answer,
            text: String::new(),
        }
    }

    /// The next one of that kind.
    async fn next(&mut self, kind: &str) -> Value {
        let next = async {
            loop {
                while let Some((event, rest)) = self.text.split_once("\n\n") {
                    let found = event.strip_prefix(&format!("event: {kind}\ndata: "));
                    let found = found.map(|data| serde_json::from_str(data).unwrap());
                    self.text = rest.to_owned();
                    if let Some(found) = found {
                        return found;
                    }
                }
                let more = self.answer.chunk().await.unwrap().expect("it goes on");
                self.text += std::str::from_utf8(&more).unwrap();
            }
        };
        let next = timeout(Duration::from_secs(20), next).await;
        next.unwrap_or_else(|_| panic!("there was no event `{kind}`"))
    }

    /// The first of that kind of which that is true.
    async fn find(&mut self, kind: &str, is: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.next(kind).await;
            if is(&event) {
                return event;
            }
        }
    }
}

#[tokio::test]
async fn who_looks_sees_what_changes() {
    let main = local().start().await.unwrap();
    for number in 0..300 {
        add(&main, &format!("user_{number:03}"), "connected", 7);
    }
    let gateway = Gateway::start(main).await;
    let mut events = Events::of(&gateway).await;
    let is_complete = |fleet: &Value| fleet["state"]["is"] == "complete";
    let fleet = events.find("fleet", is_complete).await;
    assert_eq!(fleet["users"], 300);
    assert_eq!(gateway.ids("q=user_007").await, ["user_007"]);

    // Another process changes something; main tells of it.
    let others = service(&gateway.main, &gateway.main.deploy_key());
    others.disconnect("user_007").await.unwrap();
    let disconnected = |fleet: &Value| fleet["statuses"]["disconnected"] == 1;
    events.find("fleet", disconnected).await;
    events
        .find("changed", |users| {
            let users = users.as_array();
            users.is_none_or(|users| users.contains(&json!("user_007")))
        })
        .await;
    assert_eq!(gateway.ids("status=disconnected").await, ["user_007"]);
    let mut new = record("somebody new", "error", 7);
    new["updatedAt"] = json!(f64::from(u32::MAX) * 1_000.0);
    gateway.main.insert("userDatabaseConfig", new).unwrap();
    events.find("fleet", |fleet| fleet["failing"] == 1).await;

    // A roll-out as it goes.
    let progress = |done: u64, state: RolloutState| RolloutProgress {
        run: "run".to_owned(),
        by: "machine 1".to_owned(),
        schema_version: 8,
        state,
        wave: 1,
        waves: vec![WaveProgress {
            up_to: "100%".to_owned(),
            users: 300,
            due: 300,
            allowed: 6,
            done,
            failed: 0,
            left: 0,
        }],
    };
    for (done, state) in [
        (0, RolloutState::Running),
        (150, RolloutState::Running),
        (300, RolloutState::Done),
    ] {
        others.note_rollout(&progress(done, state)).await.unwrap();
        let is_it = |rollouts: &Value| rollouts[0]["waves"][0]["done"] == json!(done);
        let told = events.find("rollouts", is_it).await;
        assert_eq!(told[0]["state"], serde_json::to_value(state).unwrap());
    }
}

#[tokio::test]
async fn what_keeps_records_from_being_read_is_said() {
    let main = local().start().await.unwrap();
    let byod = service(&main, "local:x|a wrong and secret key");
    let token = OperatorToken::new(TOKEN).unwrap();
    let url = serve(byod.clone(), Settings::default().operator_token(token)).await;
    let gateway = Gateway { main, byod, url };
    let mut events = Events::of(&gateway).await;
    let has_failed = |fleet: &Value| fleet["state"]["is"] == "failed";
    let fleet = events.find("fleet", has_failed).await;
    let why = fleet["state"]["why"].as_str().unwrap();
    assert!(
        !why.is_empty() && !why.contains("a wrong and secret key"),
        "{why}"
    );
}

/// More would only keep main busy.
#[tokio::test]
async fn so_much_is_asked_for_an_operator_at_a_time_and_no_more() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let token = OperatorToken::new(TOKEN).unwrap();
    let byod = Byod::builder()
        .main_url(format!("http://{}", silent.local_addr().unwrap()))
        .deploy_key("local:main|nothing")
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .development(true)
        .build()
        .unwrap();
    let url = serve(byod, Settings::default().operator_token(token)).await;
    let ask = |path: &str, token: &str| {
        let request = crate::web().get(format!("{url}/byod/admin/api/{path}"));
        request.bearer_auth(token).send()
    };
    // Who has no token takes nobody's place.
    let wrong = ask("user?id=alice", "wrong").await.unwrap();
    assert_eq!(wrong.status(), 401);
    let asked: Vec<_> = (0..64)
        .map(|_| tokio::spawn(ask("user?id=alice", TOKEN)))
        .collect();
    let deadline = Instant::now() + Duration::from_secs(20);
    let answer = loop {
        let answer = ask("fleet", TOKEN).await.unwrap();
        if answer.status() != 200 || Instant::now() > deadline {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "1");
    // The page itself is there, and all of it once there is room.
    let page = crate::web().get(format!("{url}/byod/admin")).send();
    assert_eq!(page.await.unwrap().status(), 200);
    for asked in asked {
        asked.abort();
    }
    while ask("fleet", TOKEN).await.unwrap().status() != 200 {
        assert!(Instant::now() < deadline, "there is room again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
