//! The official clients of Convex that keep a socket, unmodified, against `byod-local`.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::node::{Node, run_script};
use byod_local::{FunctionError, Identity, Local, LocalDeployment};
use byod_runtime::Value;
use serde_json::json;

/// Main, with Alice.
async fn main_with_alice() -> LocalDeployment {
    let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let main = Local::main(&manifest)
        .function("messages:page", |ctx, args| {
            let id = args.str("conversationId").unwrap_or_default();
            let options = args.get("paginationOpts").cloned();
            let messages = ctx.query("messages").eq("conversationId", id);
            messages.desc().paginate(&options.unwrap_or(Value::Null))
        })
        .function("ai:embed", |_, args| {
            Ok(json!([args.str("text").unwrap_or_default().len() as f64]))
        })
        .function("tasks:complete", |_, _| -> Result<(), _> {
            Err(FunctionError::convex(Value::from_iter([
                ("code", Value::from("already_done")),
                ("at", Value::Int64(7)),
            ])))
        })
        .function("conversations:count", |_, _| -> Result<f64, _> {
            Err("the index is being built".into())
        })
        .start()
        .await
        .unwrap();
    let alice = json!({
        "subject": "alice", "name": "Alice", "email": "alice@example.org",
        "createdAt": 0.0, "updatedAt": 0.0,
    });
    main.insert("users", alice).unwrap();
    main
}

async fn script(script: &'static str, arguments: Vec<String>) {
    let run = move || {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        run_script(script, &arguments)
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn convex_client_watches_mutates_and_comes_back() {
    if Node::get().is_none() {
        return;
    }
    let main = main_with_alice().await;
    // Without `iat` the client doesn't know how long it has the token: the deployment must say that it ran out.
    let soon = SystemTime::now() + Duration::from_secs(3);
    let soon = soon.duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let brief = main
        .token(Identity::new("alice").with("exp", soon))
        .unwrap();
    let token = main.token_for("alice", Duration::from_secs(3600)).unwrap();
    script("live.mjs", vec![main.url(), brief, token]).await;
    // What the client saw is what there is: none lost, none doubled.
    assert_eq!(main.count("conversations"), 63);
}

#[tokio::test(flavor = "multi_thread")]
async fn react_hooks_page_while_rows_come_and_go() {
    if Node::get().is_none() {
        return;
    }
    let main = main_with_alice().await;
    let token = main.token_for("alice", Duration::from_secs(3600)).unwrap();
    script("react.mjs", vec![main.url(), token]).await;
    assert_eq!(main.count("messages"), 13);
}

/// The crate is in a workspace of its own, for the features that it asks of its dependencies.
#[tokio::test(flavor = "multi_thread")]
async fn the_crate_convex_watches_mutates_and_comes_back() {
    let main = main_with_alice().await;
    let token = main.token_for("alice", Duration::from_secs(3600)).unwrap();
    let made = crate_session([main.url(), token, main.deploy_key()]).await;
    // None of the 31 is lost. It asks for some twice, by another session: those are as many as it has seen.
    assert!(made >= 31, "{made}");
    assert_eq!(main.count("conversations"), made);
}

/// What the crate does at that URL, with that token and that deploy key, if any; how many conversations it made.
pub(crate) async fn crate_session(arguments: [String; 3]) -> usize {
    let session = move || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/official");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("official");
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--locked", "--bin", "session"])
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .current_dir(folder)
            .status()
            .unwrap();
        assert!(built.success());
        let session = target.join("debug/session");
        let output = Command::new(session).args(arguments).output().unwrap();
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{complaints}");
        String::from_utf8(output.stdout).unwrap()
    };
    let made = tokio::task::spawn_blocking(session).await.unwrap();
    made.trim().parse().unwrap()
}
