//! The proxy of the environment is not used: calls hold keys.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::process::Command;

use byod_runtime::Client;
use serde_json::json;
use support::{Server, success};

/// Where the child process finds the deployment.
const TARGET: &str = "BYOD_TEST_TARGET";

#[tokio::test]
async fn calls_go_past_the_proxy_of_the_environment() {
    if let Ok(target) = std::env::var(TARGET) {
        // Within the child process, whose environment names a proxy.
        let client = Client::new(&target).unwrap().with_retries(0);
        let value: String = client.query("a:b", &json!({})).await.unwrap();
        assert_eq!(value, "the deployment");
        return;
    }
    let deployment = Server::start(|_| success(json!("the deployment"))).await;
    let proxy = Server::start(|_| success(json!("the proxy"))).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "calls_go_past_the_proxy_of_the_environment"])
        .env(TARGET, &deployment.url)
        .env_remove("NO_PROXY")
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
    assert_eq!((deployment.take_count(), proxy.take_count()), (1, 0));
}
