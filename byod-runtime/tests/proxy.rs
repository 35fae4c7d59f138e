//! The proxy of the environment is used only if asked for: calls hold keys.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "this test program uses a part of it")]
#[path = "logs/captured.rs"]
mod captured;
mod support;

use std::process::Command;
use std::sync::{Arc, Mutex};

use byod_runtime::{
    Byod, Client, ConnectionStatus, Credentials, EncryptionKey, Error, FunctionType,
};
use serde_json::json;
use support::world::World;
use support::{Server, success, tls};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

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
        let client = Client::new(&target).unwrap().with_retries(0);
        let value: String = client.query("a:b", &json!({})).await.unwrap();
        assert_eq!(value, "the deployment");
        return;
    }
    let deployment = Server::start(|_| success(json!("the deployment"))).await;
    let proxy = Server::start(|_| success(json!("the proxy"))).await;
    let test = "calls_go_past_the_proxy_of_the_environment";
    run_behind(&proxy.url, test, &deployment.url, "").await;
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
        run_behind(&proxy.url, test, target, "localhost").await;
        assert_eq!(proxy.take_count(), calls, "{target}");
    }
}

/// A proxy that makes tunnels for who knows the password, and the heads of the
/// requests that it got.
async fn tunnels() -> (u16, Arc<Mutex<Vec<String>>>) {
    tunnels_over(None).await
}

/// The same, over TLS if the proxy speaks that.
async fn tunnels_over(tls: Option<TlsAcceptor>) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let seen = heads.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (seen, tls) = (seen.clone(), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => tunnel(stream, &seen).await,
                    Some(tls) => tunnel(tls.accept(stream).await.unwrap(), &seen).await,
                }
            });
        }
    });
    (port, heads)
}

async fn tunnel(stream: impl AsyncRead + AsyncWrite + Unpin, seen: &Mutex<Vec<String>>) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.unwrap() == 0 {
            return;
        }
    }
    seen.lock().unwrap().push(head.clone());
    if !head.contains("Proxy-Authorization: Basic dXNlcjpnZWhlaW0=\r\n") {
        let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
        stream.write_all(refusal).await.unwrap();
        stream.flush().await.unwrap();
        return;
    }
    let to = head.split(' ').nth(1).unwrap();
    let mut deployment = TcpStream::connect(to).await.unwrap();
    let answer = b"HTTP/1.1 200 Connection established\r\n\r\n";
    stream.write_all(answer).await.unwrap();
    stream.flush().await.unwrap();
    let _ = copy_bidirectional(&mut stream, &mut deployment).await;
}

/// Main as the child process is to call it.
fn main_over_tls(target: &str) -> Client {
    let byod = Byod::builder()
        .main_url(target)
        .deploy_key("local|key")
        .encryption_key(EncryptionKey::parse("key").unwrap())
        .root_certificate(std::env::var(CERTIFICATE).unwrap())
        .proxy_from_env(true)
        .build();
    byod.unwrap().main_client().with_retries(0)
}

fn main_in_clear(target: &str) -> Client {
    let byod = Byod::builder()
        .main_url(target)
        .main_over_http(true)
        .deploy_key("local|key")
        .encryption_key(EncryptionKey::parse("key").unwrap())
        .proxy_from_env(true)
        .build();
    byod.unwrap().main_client().with_retries(0)
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
        let main = main_over_tls(&target);
        for _ in 0..2 {
            let value: String = main.query("a:b", &json!({})).await.unwrap();
            assert_eq!(value, "the deployment");
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

    // One tunnel, kept; the proxy learns the host, and the deployment not the password.
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 1, "{heads:?}");
    let connect = format!("CONNECT localhost:{} HTTP/1.1\r\n", deployment.port);
    assert!(heads[0].starts_with(&connect), "{heads:?}");
    assert!(!heads[0].contains("local|key"), "{heads:?}");
    let requests = deployment.requests();
    assert_eq!(requests.len(), 2);
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
        let main = main_over_tls(&target);
        let value: String = main.query("a:b", &json!({})).await.unwrap();
        assert_eq!(value, "the deployment");
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
    assert_eq!(heads.lock().unwrap().len(), 1);
    assert_eq!(deployment.take_count(), 1);
}

#[tokio::test]
async fn a_proxy_of_another_kind_is_named_as_the_reason() {
    if let Ok(target) = std::env::var(TARGET) {
        let encrypted = main_over_tls(&target).with_deploy_key(&"local|key".into());
        for main in [encrypted, main_in_clear("http://convex.internal:3210")] {
            let error = main.query::<String>("a:b", &json!({})).await.unwrap_err();
            assert!(matches!(error, Error::Connect { .. }), "{error:?}");
            let text = error.to_string();
            assert!(text.contains("unsupported scheme socks5"), "{text}");
            assert!(!text.contains("geheim"), "{text}");
        }
        return;
    }
    let handler = |_: &support::Request| success(json!("the deployment"));
    let (deployment, certificate) = tls::server("localhost", handler).await;
    let (port, heads) = tunnels().await;
    let test = "a_proxy_of_another_kind_is_named_as_the_reason";
    let proxy = format!("socks5://user:geheim@localhost:{port}");
    let variables = [(TARGET, &*deployment.url), (CERTIFICATE, &*certificate)];
    run_with(&proxy, test, &variables).await;
    assert!(heads.lock().unwrap().is_empty());
    assert_eq!(deployment.take_count(), 0, "nor past it");
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_as_the_reason() {
    if let Ok(target) = std::env::var(TARGET) {
        let main = main_over_tls(&target);
        captured::begin();
        let error = main.query::<String>("a:b", &json!({})).await.unwrap_err();
        no_password_is_logged();
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("proxy authorization required"), "{text}");
        assert!(!text.contains("falsch"), "{text}");
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
        let main = main_in_clear(&target);
        let value: String = main.query("a:b", &json!({})).await.unwrap();
        assert_eq!(value, "the proxy");
        no_password_is_logged();
        return;
    }
    let proxy = Server::start(|_| success(json!("the proxy"))).await;
    let test = "a_call_in_clear_tells_the_proxy_the_password_and_the_whole_url";
    let url = format!("http://user:geheim@127.0.0.1:{}", proxy.port);
    run_behind(&url, test, "http://convex.internal:3210", "").await;
    let requests = proxy.requests();
    let line = "POST http://convex.internal:3210/api/query HTTP/1.1";
    assert_eq!(requests[0].line, line);
    let authorization = &requests[0].headers["proxy-authorization"];
    assert_eq!(authorization, "Basic dXNlcjpnZWhlaW0=");
    assert_eq!(requests[0].headers["host"], "convex.internal:3210");
}
