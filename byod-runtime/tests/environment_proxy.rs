//! The proxy of the environment is used only if asked for: calls hold keys.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "this test program uses a part of it")]
#[path = "logs/captured.rs"]
mod captured;
mod support;

use std::process::Command;

use byod_runtime::{
    Byod, ByodBuilder, Client, ConnectionStatus, Credentials, EncryptionKey, Error, FunctionType,
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
fn mains(target: &str) -> [Client; 2] {
    Way::ALL.map(|way| {
        let mut byod = way.set(main_at(target)).proxy_from_env(true);
        if let Ok(certificate) = std::env::var(CERTIFICATE) {
            byod = byod.root_certificate(certificate);
        }
        byod.build().unwrap().main_client().with_retries(0)
    })
}

/// The proxy's, as it is and as it is sent.
fn no_password_is_logged() {
    let log = captured::take();
    assert!(log.contains("hyper_util"), "{log}");
    for secret in ["geheim", "dXNlcjpnZWhlaW0", "falsch", "dXNlcjpmYWxzY2g"] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn an_encrypted_call_goes_through_a_tunnel_of_the_proxy() {
    if let Ok(target) = std::env::var(TARGET) {
        captured::begin();
        for main in mains(&target) {
            for _ in 0..2 {
                let value: String = main.query("a:b", &json!({})).await.unwrap();
                assert_eq!(value, "the deployment");
            }
        }
        no_password_is_logged();
        return;
    }
    let handler = |_: &support::Request| success(json!("the deployment"));
    let (deployment, certificate) = tls::server("localhost", handler).await;
    let (port, heads) = tunnels().await;
    let test = "an_encrypted_call_goes_through_a_tunnel_of_the_proxy";
    let proxy = format!("http://user:geheim@127.0.0.1:{port}");
    let variables = [(TARGET, &*deployment.url), (CERTIFICATE, &*certificate)];
    run_with(&proxy, test, &variables).await;

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
        for main in mains(&target) {
            let value: String = main.query("a:b", &json!({})).await.unwrap();
            assert_eq!(value, "the deployment");
        }
        return;
    }
    let handler = |_: &support::Request| success(json!("the deployment"));
    let (deployment, certificate) = tls::server("localhost", handler).await;
    let (acceptor, proxys) = tls::acceptor("localhost", &["h2", "http/1.1"]);
    let (port, heads) = tunnels_over(Some(acceptor)).await;
    let test = "a_proxy_may_speak_tls_itself";
    let proxy = format!("https://user:geheim@localhost:{port}");
    let certificates = certificate + &proxys;
    let variables = [(TARGET, &*deployment.url), (CERTIFICATE, &*certificates)];
    run_with(&proxy, test, &variables).await;
    assert_eq!(heads.lock().unwrap().len(), 2);
    assert_eq!(deployment.take_count(), 2);
}

#[tokio::test]
async fn a_proxy_may_be_one_of_socks() {
    if let Ok(target) = std::env::var(TARGET) {
        captured::begin();
        for main in mains(&target) {
            let value: String = main.query("a:b", &json!({})).await.unwrap();
            assert_eq!(value, "the deployment");
        }
        no_password_is_logged();
        return;
    }
    let handler = |_: &support::Request| success(json!("the deployment"));
    let (deployment, certificate) = tls::server("localhost", handler).await;
    let (port, asked) = socks().await;
    let test = "a_proxy_may_be_one_of_socks";
    let proxy = format!("socks5h://user:geheim@localhost:{port}");
    let variables = [(TARGET, &*deployment.url), (CERTIFICATE, &*certificate)];
    run_with(&proxy, test, &variables).await;
    let host = format!("localhost:{}", deployment.port);
    assert_eq!(*asked.lock().unwrap(), [host.clone(), host]);
    assert_eq!(deployment.take_count(), 2);
}

#[tokio::test]
async fn a_proxy_of_socks_that_refuses_is_not_gone_past() {
    if let Ok(target) = std::env::var(TARGET) {
        captured::begin();
        for main in mains(&target) {
            let error = main.query::<String>("a:b", &json!({})).await.unwrap_err();
            no_password_is_logged();
            assert!(matches!(error, Error::Connect { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.contains("error connecting to socks proxy"), "{text}");
            assert!(!text.contains("falsch"), "{text}");
        }
        return;
    }
    let handler = |_: &support::Request| success(json!("the deployment"));
    let (deployment, certificate) = tls::server("localhost", handler).await;
    let (port, asked) = socks().await;
    let test = "a_proxy_of_socks_that_refuses_is_not_gone_past";
    let proxy = format!("socks5://user:falsch@localhost:{port}");
    let variables = [(TARGET, &*deployment.url), (CERTIFICATE, &*certificate)];
    run_with(&proxy, test, &variables).await;
    assert!(asked.lock().unwrap().is_empty());
    assert_eq!(deployment.take_count(), 0, "nor past it");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_as_the_reason() {
    if let Ok(target) = std::env::var(TARGET) {
        captured::begin();
        for main in mains(&target) {
            let error = main.query::<String>("a:b", &json!({})).await.unwrap_err();
            no_password_is_logged();
            assert!(matches!(error, Error::Connect { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.contains("proxy authorization required"), "{text}");
            assert!(!text.contains("falsch"), "{text}");
        }
        return;
    }
    let handler = |_: &support::Request| success(json!("the deployment"));
    let (deployment, certificate) = tls::server("localhost", handler).await;
    let (port, _) = tunnels().await;
    let test = "a_proxy_that_refuses_is_named_as_the_reason";
    let proxy = format!("http://user:falsch@127.0.0.1:{port}");
    let variables = [(TARGET, &*deployment.url), (CERTIFICATE, &*certificate)];
    run_with(&proxy, test, &variables).await;
    assert_eq!(deployment.take_count(), 0);
}

#[tokio::test]
async fn a_call_in_clear_tells_the_proxy_the_password_and_the_whole_url() {
    if let Ok(target) = std::env::var(TARGET) {
        captured::begin();
        for main in mains(&target) {
            let value: String = main.query("a:b", &json!({})).await.unwrap();
            assert_eq!(value, "the proxy");
        }
        no_password_is_logged();
        return;
    }
    let proxy = Server::start(|_| success(json!("the proxy"))).await;
    let test = "a_call_in_clear_tells_the_proxy_the_password_and_the_whole_url";
    let url = format!("http://user:geheim@127.0.0.1:{}", proxy.port);
    run_behind(&url, test, "http://convex.internal:3210", "").await;
    let requests = proxy.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        let line = "POST http://convex.internal:3210/api/query HTTP/1.1";
        assert_eq!(request.line, line);
        let authorization = &request.headers["proxy-authorization"];
        assert_eq!(authorization, "Basic dXNlcjpnZWhlaW0=");
        assert_eq!(request.headers["host"], "convex.internal:3210");
    }
}
