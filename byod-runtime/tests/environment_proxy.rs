//! The proxy of the environment is used only if asked for: calls hold keys.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "this test program uses a part of it")]
#[path = "logs/captured.rs"]
mod captured;
mod support;

use std::process::Command;

use byod_runtime::{
    Byod, ByodBuilder, Client, ConnectionStatus, EncryptionKey, Error, FunctionType,
};
use serde_json::json;
use support::proxies::{socks, tunnels, tunnels_over};
use support::world::World;
use support::{Server, Way, success, tls};

/// Says that this is the child process, and where it finds the deployment.
const TARGET: &str = "BYOD_TEST_TARGET";

/// The certificate of the deployment, for the child process.
const CERTIFICATE: &str = "BYOD_TEST_CERTIFICATE";

/// Runs the test that has this name in a process whose environment names the proxy
/// for all hosts but those of `no_proxy`; here it takes the other branch.
async fn run_behind(proxy: &str, test: &str, target: &str, no_proxy: &str) {
    run_with(proxy, test, &[(TARGET, target), ("NO_PROXY", no_proxy)]).await;
}

async fn run_with(proxy: &str, test: &str, variables: &[(&str, &str)]) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test]).env_remove("no_proxy");
    child.envs(variables.iter().copied());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        child.env(name, proxy);
        child.env(name.to_lowercase(), proxy);
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
        let mut clients = vec![Client::new(&target).unwrap()];
        for way in Way::ALL {
            let byod = way.set(main_at(&target)).build().unwrap();
            clients.push(byod.main_client().clone());
        }
        for client in clients {
            let client = client.with_retries(0);
            let value: String = client.query("a:b", &json!({})).await.unwrap();
            assert_eq!(value, "the deployment");
        }
        return;
    }
    let deployment = Server::start(|_| success(json!("the deployment"))).await;
    let proxy = Server::start(|_| success(json!("the proxy"))).await;
    let test = "calls_go_past_the_proxy_of_the_environment";
    run_behind(&proxy.url, test, &deployment.url, "").await;
    assert_eq!((deployment.take_count(), proxy.take_count()), (3, 0));
}

#[tokio::test]
async fn a_users_deployment_is_called_through_the_proxy_only_if_asked() {
    const ASKED: &str = "asked";
    if let Ok(target) = std::env::var(TARGET) {
        let asked = target == ASKED;
        let world = World::with(|byod| byod.proxy_from_env(asked)).await;
        // Main's host is `localhost`.
        let url = format!("http://127.0.0.1:{}", world.users.port);
        let connected = ConnectionStatus::Connected;
        world.save_at("a", &url, "local|key", connected).await;
        world.call("a", "notes", FunctionType::Query).await.unwrap();
        assert_eq!(world.users.take_count(), usize::from(!asked));
        return;
    }
    let proxy = Server::start(|_| success(json!("the user's"))).await;
    let test = "a_users_deployment_is_called_through_the_proxy_only_if_asked";
    for (target, calls) in [("not asked", 0), (ASKED, 1)] {
        run_behind(&proxy.url, test, target, "localhost").await;
        assert_eq!(proxy.take_count(), calls, "{target}");
    }
}

fn main_at(url: &str) -> ByodBuilder {
    Byod::builder()
        .main_url(url)
        .main_over_http(true)
        .deploy_key("local|key")
        .encryption_key(EncryptionKey::parse("key").unwrap())
}

/// Main as the child process is to call it, if there is a certificate over TLS: with
/// clients of byod's own, and with ones that have no proxy set.
fn mains(target: &str) -> [ByodBuilder; 2] {
    Way::ALL.map(|way| {
        let byod = way.set(main_at(target)).proxy_from_env(true).retries(0);
        match std::env::var(CERTIFICATE) {
            Ok(certificate) => byod.root_certificate(certificate),
            Err(_) => byod,
        }
    })
}

/// In the child process: two calls of each main, and what they give. The log has no
/// password of the proxy, neither as it is nor as it is sent.
async fn calls(target: &str) -> Vec<Result<String, Error>> {
    captured::begin();
    let mut given = Vec::new();
    for main in mains(target) {
        let byod = main.build().unwrap();
        for _ in 0..2 {
            given.push(byod.main_client().query("a:b", &json!({})).await);
        }
    }
    let log = captured::take();
    assert!(log.contains("hyper_util"), "{log}");
    for secret in ["geheim", "dXNlcjpnZWhlaW0", "falsch", "dXNlcjpmYWxzY2g"] {
        assert!(!log.contains(secret), "{log}");
    }
    given
}

async fn all_are_answered(target: &str, answer: &str) {
    for given in calls(target).await {
        assert_eq!(given.unwrap(), answer);
    }
}

async fn all_fail(target: &str, reason: &str) {
    for given in calls(target).await {
        let error = given.unwrap_err();
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(reason), "{text}");
        assert!(!text.contains("falsch"), "{text}");
    }
}

/// Runs the test that has this name behind the proxy, with a deployment over TLS, which
/// knows what was asked of it. `proxys` is the certificate of a proxy that speaks TLS.
async fn run_to_deployment(proxy: &str, test: &str, proxys: &str) -> Server {
    let handler = |_: &support::Request| success(json!("the deployment"));
    let (deployment, certificate) = tls::server("localhost", handler).await;
    let certificates = certificate + proxys;
    let variables = [(TARGET, &*deployment.url), (CERTIFICATE, &*certificates)];
    run_with(proxy, test, &variables).await;
    deployment
}

#[tokio::test]
async fn an_encrypted_call_goes_through_a_tunnel_of_the_proxy() {
    if let Ok(target) = std::env::var(TARGET) {
        return all_are_answered(&target, "the deployment").await;
    }
    let (port, heads) = tunnels().await;
    let test = "an_encrypted_call_goes_through_a_tunnel_of_the_proxy";
    let proxy = format!("http://user:geheim@127.0.0.1:{port}");
    let deployment = run_to_deployment(&proxy, test, "").await;

    // One tunnel each, kept; the proxy learns the host, and the deployment not the password.
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 2, "{heads:?}");
    let connect = format!("CONNECT localhost:{} HTTP/1.1\r\n", deployment.port);
    for head in &*heads {
        assert!(head.starts_with(&connect), "{heads:?}");
        assert!(!head.contains("local|key"), "{heads:?}");
    }
    let requests = deployment.requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert!(
            request.line.starts_with("POST /api/query "),
            "{}",
            request.line
        );
        assert_eq!(request.headers.get("proxy-authorization"), None);
    }
}

#[tokio::test]
async fn a_proxy_may_speak_tls_itself() {
    if let Ok(target) = std::env::var(TARGET) {
        return all_are_answered(&target, "the deployment").await;
    }
    let (acceptor, proxys) = tls::acceptor("localhost", &["h2", "http/1.1"]);
    let (port, heads) = tunnels_over(Some(acceptor)).await;
    let test = "a_proxy_may_speak_tls_itself";
    let proxy = format!("https://user:geheim@localhost:{port}");
    let deployment = run_to_deployment(&proxy, test, &proxys).await;
    assert_eq!(heads.lock().unwrap().len(), 2);
    assert_eq!(deployment.take_count(), 4);
}

#[tokio::test]
async fn a_proxy_may_be_one_of_socks() {
    if let Ok(target) = std::env::var(TARGET) {
        return all_are_answered(&target, "the deployment").await;
    }
    let (port, asked) = socks().await;
    let test = "a_proxy_may_be_one_of_socks";
    let proxy = format!("socks5h://user:geheim@localhost:{port}");
    let deployment = run_to_deployment(&proxy, test, "").await;
    let host = format!("localhost:{}", deployment.port);
    assert_eq!(*asked.lock().unwrap(), [host.clone(), host]);
    assert_eq!(deployment.take_count(), 4);
}

#[tokio::test]
async fn a_proxy_of_socks_that_refuses_is_not_gone_past() {
    if let Ok(target) = std::env::var(TARGET) {
        return all_fail(&target, "error connecting to socks proxy").await;
    }
    let (port, asked) = socks().await;
    let test = "a_proxy_of_socks_that_refuses_is_not_gone_past";
    let proxy = format!("socks5://user:falsch@localhost:{port}");
    let deployment = run_to_deployment(&proxy, test, "").await;
    assert!(asked.lock().unwrap().is_empty());
    assert_eq!(deployment.take_count(), 0, "nor past it");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_as_the_reason() {
    if let Ok(target) = std::env::var(TARGET) {
        return all_fail(&target, "proxy authorization required").await;
    }
    let (port, _) = tunnels().await;
    let test = "a_proxy_that_refuses_is_named_as_the_reason";
    let proxy = format!("http://user:falsch@127.0.0.1:{port}");
    let deployment = run_to_deployment(&proxy, test, "").await;
    assert_eq!(deployment.take_count(), 0);
}

#[tokio::test]
async fn a_call_in_clear_tells_the_proxy_the_password_and_the_whole_url() {
    if let Ok(target) = std::env::var(TARGET) {
        return all_are_answered(&target, "the proxy").await;
    }
    let proxy = Server::start(|_| success(json!("the proxy"))).await;
    let test = "a_call_in_clear_tells_the_proxy_the_password_and_the_whole_url";
    let url = format!("http://user:geheim@127.0.0.1:{}", proxy.port);
    run_behind(&url, test, "http://convex.internal:3210", "").await;
    let requests = proxy.requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        let line = "POST http://convex.internal:3210/api/query HTTP/1.1";
        assert_eq!(request.line, line);
        let authorization = &request.headers["proxy-authorization"];
        assert_eq!(authorization, "Basic dXNlcjpnZWhlaW0=");
        assert_eq!(request.headers["host"], "convex.internal:3210");
    }
}

#[tokio::test]
async fn what_names_no_usable_proxy_is_an_error_and_not_gone_past() {
    if let Ok(target) = std::env::var(TARGET) {
        for main in mains(&target) {
            let error = main.build().unwrap_err();
            assert!(matches!(error, Error::Config { .. }), "{error:?}");
            let text = format!("{error} {error:?}");
            assert!(text.contains("HTTPS_PROXY"), "{text}");
            assert!(!text.contains("geheim"), "{text}");
        }
        // Nor is it looked at where it isn't asked for.
        main_at(&target).build().unwrap();
        return;
    }
    let test = "what_names_no_usable_proxy_is_an_error_and_not_gone_past";
    for proxy in [
        "gopher://user:geheim@127.0.0.1:3128",
        "socks://user:geheim@127.0.0.1:3128",
        "http://user:ge heim@127.0.0.1:3128",
        "/geheim",
    ] {
        run_behind(proxy, test, "https://convex.internal", "").await;
    }
    // As in CGI, where the environment's is not used.
    let cgi = [
        (TARGET, "https://convex.internal"),
        ("REQUEST_METHOD", "POST"),
    ];
    run_with("http://user:geheim@127.0.0.1:3128", test, &cgi).await;
}
