//! The operator's page in Chromium, before a fleet of 10,000 users.
//!
//! Its pictures: `BYOD_PICTURES=FOLDER cargo test --workspace --test across admin_page::`.

use std::env;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use byod_gateway::{OperatorToken, Settings};
use byod_local::{Local, LocalDeployment};
use byod_runtime::{Byod, Credentials, EncryptionKey, RolloutProgress, RolloutState, WaveProgress};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::browser::{browse_at, chromium};

const USERS: usize = 10_000;
const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const IMAGE: &str = "<img src=x onerror=\"window.caught=1\"><b>bold</b>";

/// Main, Alice's deployment, and the service.
struct World {
    main: LocalDeployment,
    alices: LocalDeployment,
    byod: Byod,
}

fn record(user: &str, status: &str, version: u32, problem: Option<&str>) -> Value {
    let mut record = json!({
        "userId": user, "encryptedDeploymentUrl": "ab", "encryptedDeployKey": "cd", "encryptionIV": "ef:01",
        "authTags": "23:45", "connectionStatus": status, "schemaVersion": version, "lastConnectionTest": 1_700_000_000_000.0,
        "createdAt": 1_600_000_000_000.0, "updatedAt": 1.0,
    });
    if let Some(problem) = problem {
        record["connectionError"] = problem.into();
    }
    record
}

/// So many, of whom 300 have an older version, a hundred don't answer, fifty refuse the key, and 150 have disconnected.
fn fill(main: &LocalDeployment) {
    for number in 0..USERS - 3 {
        let user = format!("user_{number:05}");
        let timed_out = "the deployment did not answer within 5s; it may be paused or overloaded";
        let wrong_key = "the deployment does not accept the deploy key; make a new one in its settings and enter it";
        let record = match number {
            0..300 => record(&user, "connected", 11, None),
            300..400 => record(&user, "error", 12, Some(timed_out)),
            400..450 => record(&user, "error", 12, Some(wrong_key)),
            450..600 => record(&user, "disconnected", 12, None),
            _ => record(&user, "connected", 12, None),
        };
        main.insert("userDatabaseConfig", record).unwrap();
    }
    let script = "it says <script>window.caught = 1</script>";
    let hostile = [
        record(IMAGE, "error", 12, Some(script)),
        record("bell\u{7} and \u{202e}turned", "connected", 12, None),
    ];
    for record in hostile {
        main.insert("userDatabaseConfig", record).unwrap();
    }
}

impl World {
    async fn start() -> Self {
        let manifest = include_str!("../byod-local/tests/manifest.json");
        let manifest = byod_local::read_manifest(manifest).unwrap();
        let main = Local::main(&manifest).start().await.unwrap();
        let alices = Local::user(&manifest).schema_version(1).start();
        let alices = alices.await.unwrap();
        let byod = Byod::builder()
            .main_url(main.url())
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse("only for tests").unwrap())
            .development(true)
            .build()
            .unwrap();
        fill(&main);
        let credentials = Credentials::new(alices.url(), alices.deploy_key());
        let connected = byod.connect("alice", "alice", &credentials).await.unwrap();
        assert!(connected.problem.is_none(), "{connected:?}");
        Self { main, alices, byod }
    }

    async fn tested(&self, key: &str) {
        self.alices.set_deploy_key(key);
        self.byod.test_connection("alice").await.unwrap();
    }
}

/// Somewhere of this machine's.
async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

fn progress(asked: &Value) -> RolloutProgress {
    let counts = |name: &str, at: usize| asked[name][at].as_u64().unwrap();
    let wave = |at: usize, up_to: &str, users: u64, allowed: u64| WaveProgress {
        up_to: up_to.to_owned(),
        users,
        due: users,
        allowed,
        done: counts("done", at),
        failed: counts("failed", at),
        left: 0,
    };
    RolloutProgress {
        run: "run".to_owned(),
        by: "machine 1".to_owned(),
        schema_version: 13,
        state: serde_json::from_value::<RolloutState>(asked["state"].clone()).unwrap(),
        wave: asked["wave"].as_u64().unwrap(),
        waves: vec![wave(0, "1%", 100, 2), wave(1, "100%", 9_850, 197)],
    }
}

/// What the script may have happen.
async fn control(world: Arc<World>) -> String {
    let key = world.alices.deploy_key();
    let block = async |State(world): State<Arc<World>>| {
        world.tested("local:alice|another").await;
        Json(Value::Null)
    };
    let restore = async move |State(world): State<Arc<World>>| {
        world.tested(&key).await;
        Json(Value::Null)
    };
    let disconnect = async |State(world): State<Arc<World>>| {
        world.byod.disconnect("alice").await.unwrap();
        Json(Value::Null)
    };
    // As another process writes it down.
    let deployed = async |State(world): State<Arc<World>>| {
        let record = world.byod.user_record("alice").await.unwrap().unwrap();
        let change = json!({
            "configId": record.id, "schemaVersion": 14.0, "lastSchemaDeploy": record.updated_at + 1.0,
            "updatedAt": record.updated_at + 1.0,
        });
        world
            .main
            .run("byod/credentials:updateConfig", change)
            .unwrap();
        Json(Value::Null)
    };
    let moved = async |State(world): State<Arc<World>>, Json(direction): Json<Value>| {
        let row =
            json!({"user": "alice", "kind": "moved", "version": 14.0, "direction": direction});
        world.main.insert("byodHistory", row).unwrap();
        Json(Value::Null)
    };
    let rollout = async |State(world): State<Arc<World>>, Json(asked): Json<Value>| {
        world.byod.note_rollout(&progress(&asked)).await.unwrap();
        Json(Value::Null)
    };
    let router = Router::new()
        .route("/block", post(block))
        .route("/restore", post(restore))
        .route("/disconnect", post(disconnect))
        .route("/deployed", post(deployed))
        .route("/moved", post(moved))
        .route("/rollout", post(rollout));
    serve(router.with_state(world)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_ten_thousand_users_and_what_becomes_of_them() {
    let Some(chromium) = chromium() else { return };
    let world = Arc::new(World::start().await);
    let token = OperatorToken::new(TOKEN).unwrap();
    let settings = Settings::default().operator_token(token);
    let gateway = |settings| {
        // As a service mounts it.
        let gateway = byod_gateway::router(world.byod.clone(), settings);
        serve(Router::new().nest("/convex", gateway))
    };
    let url = gateway(settings.clone()).await;
    let small = gateway(settings.listed_users(USERS - 1_000)).await;
    let records = world.main.documents("userDatabaseConfig");
    assert_eq!(records.len(), USERS);
    let given = json!({
        "chromium": chromium, "url": format!("{url}/convex"), "small": format!("{small}/convex"), "control": control(world).await, "token": TOKEN,
        "users": USERS, "connected": USERS - 150, "failing": 151, "image": IMAGE,
        "pictures": env::var("BYOD_PICTURES").ok(),
    });
    browse_at("browser/admin.mjs", &given).await;
}
