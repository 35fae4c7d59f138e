//! The example app in a real browser: Debian's Chromium, driven by `playwright-core` from `tests/node/browser`.
//!
//! For longer: `BYOD_BROWSER_STEPS=1000 cargo test --workspace --test across browser:: -- --nocapture`.
//! The README's picture anew: `BYOD_SCREENSHOT=write cargo test --workspace --test across browser::connect`.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use byod_example_app::{App, create_message};
use byod_local::FunctionError;
use byod_runtime::{Credentials, Value as Convex};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::gateway::network::{Network, Way};
use crate::gateway::sync::Instance;
use crate::support::node::{Node, run_script};

/// Leaves out these tests, where it is set to anything but nothing.
const WITHOUT_BROWSER: &str = "BYOD_WITHOUT_BROWSER";

/// The names that Chromium has.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Where Chromium is. `None` where these tests are left out; panics with what to do where there is none.
pub(crate) fn chromium() -> Option<PathBuf> {
    Node::get()?;
    if env::var_os(WITHOUT_BROWSER).is_some_and(|value| !value.is_empty()) {
        // Past the test harness, which would not show it.
        let _ = writeln!(
            std::io::stderr(),
            "{WITHOUT_BROWSER} is set: tests left out"
        );
        return None;
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|file| file.is_file());
    assert!(
        found.is_some(),
        "Chromium is needed, and none of {NAMES:?} is in PATH: `.ci/browser` installs it on Debian; to leave these \
         tests out, run {WITHOUT_BROWSER}=1 cargo test"
    );
    found
}

/// The app, whose deployments refuse a message that begins with `refused`.
async fn app() -> Arc<App> {
    let app = App::start_with(0, |local| {
        local.function("messages:create", |ctx, args| {
            if args
                .str("content")
                .is_some_and(|content| content.starts_with("refused"))
            {
                let data = [("message", "This can't be said here.")];
                return Err(FunctionError::convex(Convex::from_iter(data)));
            }
            create_message(ctx, &args)
        })
    });
    Arc::new(app.await.unwrap_or_else(|failure| panic!("{failure}")))
}

/// Alice's id on main.
fn alice(app: &App) -> String {
    let users = app.main.documents("users");
    let alice = users
        .iter()
        .find(|user| user.str("subject") == Some("alice"));
    alice.and_then(|alice| alice.id()).unwrap().to_owned()
}

/// How the app is reached that a script uses: it may be another process of it, and Alice's deployment may be far.
#[derive(Clone)]
struct Ways {
    app: String,
    alices: String,
}

impl Ways {
    fn of(app: &App) -> Self {
        let (app, alices) = (app.url(), app.alices.url());
        Self { app, alices }
    }
}

/// What a script may ask for: what happens to deployments, and what is in them.
async fn control(app: Arc<App>, ways: &Ways, more: Router) -> String {
    let key = app.alices.deploy_key();
    let alices = ways.alices.clone();
    let credentials = json!({"deploymentUrl": alices, "deployKey": key});
    let counts = async |State(app): State<Arc<App>>, Json(asked): Json<Value>| {
        let tables = asked["tables"].as_array().unwrap();
        let tables: Vec<_> = tables.iter().map(|table| table.as_str().unwrap()).collect();
        let main: Vec<_> = tables.iter().map(|table| app.main.count(table)).collect();
        let alices: Vec<_> = tables.iter().map(|table| app.alices.count(table)).collect();
        Json(json!({"main": main, "alices": alices}))
    };
    let connect = async move |State(app): State<Arc<App>>| {
        let alice = alice(&app);
        let credentials = Credentials::new(alices, app.alices.deploy_key());
        let test = app
            .byod
            .connect(&*alice, "alice", &credentials)
            .await
            .unwrap();
        assert!(test.problem.is_none(), "{test:?}");
        Json(Value::Null)
    };
    let revoke = async |State(app): State<Arc<App>>| {
        app.alices.set_deploy_key("local:alice|another");
        Json(Value::Null)
    };
    let restore = async move |State(app): State<Arc<App>>| {
        app.alices.set_deploy_key(key);
        Json(Value::Null)
    };
    let test = async |State(app): State<Arc<App>>| {
        app.byod.test_connection(&*alice(&app)).await.unwrap();
        Json(Value::Null)
    };
    let disconnect = async |State(app): State<Arc<App>>| {
        app.byod.disconnect(&*alice(&app)).await.unwrap();
        Json(Value::Null)
    };
    let router = Router::new()
        .route("/credentials", post(async move || Json(credentials)))
        .route("/counts", post(counts))
        .route("/connect", post(connect))
        .route("/test", post(test))
        .route("/disconnect", post(disconnect))
        .route("/revoke", post(revoke))
        .route("/restore", post(restore))
        .with_state(app)
        .merge(more);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// Runs a script of `tests/node/browser` with an app of its own.
async fn run(script: &'static str, more: Value) {
    let Some(chromium) = chromium() else { return };
    let app = app().await;
    let ways = Ways::of(&app);
    let control = control(app, &ways, Router::new()).await;
    browse(&chromium, script, &ways, &control, more).await;
}

async fn browse(chromium: &Path, script: &'static str, ways: &Ways, control: &str, more: Value) {
    let mut given = json!({"chromium": chromium, "url": ways.app, "control": control});
    for (name, value) in more.as_object().unwrap() {
        given[name] = value.clone();
    }
    browse_at(script, &given).await;
}

/// Runs a script of `tests/node/browser`, which is given that.
pub(crate) async fn browse_at(script: &'static str, given: &Value) {
    // One browser at a time: they are many processes each.
    static ONE: Mutex<()> = Mutex::const_new(());
    let _one = ONE.lock().await;
    let given = given.to_string();
    let script = move || run_script(script, &[&given]);
    let printed = tokio::task::spawn_blocking(script).await.unwrap();
    print!("{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_have_two_windows_each_which_are_live_and_their_own() {
    run("browser/live.mjs", json!({"connected": true})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_guessed_is_taken_back_and_pages_come_while_rows_arrive() {
    for connected in [false, true] {
        run("browser/writing.mjs", json!({"connected": connected})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connecting_failing_recovering_and_disconnecting_by_keyboard() {
    let write = env::var_os("BYOD_SCREENSHOT").is_some_and(|value| value == "write");
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/app.png");
    let screenshot = write.then(|| picture.to_str().unwrap().to_owned());
    run("browser/connecting.mjs", json!({"screenshot": screenshot})).await;
}

/// Before Alice's deployment there is a network that hangs and dies; the service itself is killed and started anew, and its
/// tokens are soon worth nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_hangs_and_dies_a_service_that_is_killed_and_tokens_that_run_out() {
    let Some(chromium) = chromium() else { return };
    let app = app().await;
    let lifetime = Duration::from_secs(8);
    let alices = app.alices.address();
    let far = Arc::new(Network::start(Way::To(alices)).await);
    let start = move |app: &App| Instance::of(app.another(lifetime).unwrap());
    let instance = start(&app);
    let front = Arc::new(Network::start(Way::To(instance.address)).await);
    let ways = Ways {
        app: format!("http://{}", front.address),
        alices: format!("http://{}", far.address),
    };
    let goes = |network: &Arc<Network>, way| {
        let network = network.clone();
        post(async move || {
            network.goes(way);
            Json(Value::Null)
        })
    };
    let kill = {
        let (app, front) = (app.clone(), front.clone());
        let running = Arc::new(Mutex::new(Some(instance)));
        post(async move || {
            let mut running = running.lock().await;
            drop(running.take());
            let next = start(&app);
            front.goes(Way::To(next.address));
            *running = Some(next);
            Json(Value::Null)
        })
    };
    let more = Router::new()
        .route("/die", goes(&far, Way::Dead))
        .route("/hang", goes(&far, Way::Hangs))
        .route("/live", goes(&far, Way::To(alices)))
        .route("/kill", kill);
    let control = control(app, &ways, more).await;
    let lifetime = json!({"lifetime": lifetime.as_millis() as u64});
    browse(&chromium, "browser/failing.mjs", &ways, &control, lifetime).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_in_whatever_order_every_window_shows_what_was_said() {
    let number = |name| {
        env::var(name)
            .ok()
            .map(|value| value.parse::<u32>().expect(name))
    };
    let seed = number("BYOD_BROWSER_SEED").unwrap_or_else(|| fastrand::u32(..));
    let steps = number("BYOD_BROWSER_STEPS").unwrap_or(15);
    run("browser/walk.mjs", json!({"seed": seed, "steps": steps})).await;
}
