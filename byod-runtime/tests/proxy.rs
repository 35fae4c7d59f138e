//! The proxy of the environment is used only if asked for: calls hold keys.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::process::Command;

use byod_runtime::{Client, ConnectionStatus, Credentials, FunctionType};
use serde_json::json;
use support::world::World;
use support::{Server, success};

/// Says that this is the child process, and where it finds the deployment.
const TARGET: &str = "BYOD_TEST_TARGET";

/// Runs the test that has this name in a process whose environment names the proxy
/// for all hosts but `localhost`; here it takes the other branch.
async fn run_behind(proxy: &Server, test: &str, target: &str, no_proxy: &str) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", test])
        .env(TARGET, target)
        .env("NO_PROXY", no_proxy)
        .env_remove("no_proxy");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        child.env(name, &proxy.url);
        child.env(name.to_lowercase(), &proxy.url);
    }
    let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await;
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn calls_go_past_the_proxy_of_the_environment() {
    if let Ok(target) = std::env::var(TARGET) {
        let client = Client::new(&target).unwrap().with_retries(0);
        let value: String = client.query("a:b", &json!({})).await.unwrap();
        assert_eq!(value, "the deployment");
        return;
    }
    let deployment = Server::start(|_| success(json!("the deployment"))).await;
    let proxy = Server::start(|_| success(json!("the proxy"))).await;
    let test = "calls_go_past_the_proxy_of_the_environment";
    run_behind(&proxy, test, &deployment.url, "").await;
    assert_eq!((deployment.take_count(), proxy.take_count()), (1, 0));
}

#[tokio::test]
async fn a_users_deployment_is_called_through_the_proxy_only_if_asked() {
    const ASKED: &str = "asked";
    if let Ok(target) = std::env::var(TARGET) {
        let asked = target == ASKED;
        let world = World::with(|byod| byod.proxy_from_env(asked)).await;
        // Main's host is `localhost`.
        let credentials = Credentials {
            deployment_url: format!("http://127.0.0.1:{}", world.users.port),
            deploy_key: "local|key".into(),
        };
        let connected = ConnectionStatus::Connected;
        let saved = world.byod.save_credentials("a", &credentials, connected);
        saved.await.unwrap();
        world.call("a", "notes", FunctionType::Query).await.unwrap();
        assert_eq!(world.users.take_count(), usize::from(!asked));
        return;
    }
    let proxy = Server::start(|_| success(json!("the user's"))).await;
    let test = "a_users_deployment_is_called_through_the_proxy_only_if_asked";
    for (target, calls) in [("not asked", 0), (ASKED, 1)] {
        run_behind(&proxy, test, target, "localhost").await;
        assert_eq!(proxy.take_count(), calls, "{target}");
    }
}
