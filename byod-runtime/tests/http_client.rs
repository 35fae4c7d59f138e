//! Clients that the service sets up: proxies, certificates, TLS and DNS of its own, and
//! what byod keeps to all the same.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::proxies::{socks, tunnels};
use crate::support::world::World;
use crate::support::{Reply, Server, Way, success, tls};
use byod_runtime::{
    Byod, ByodBuilder, Client, ConnectionStatus, Credentials, EncryptionKey, Error, FunctionType,
    Location, Outcome, reqwest,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::{ClientBuilder, Proxy};
use serde_json::json;

const HOST: &str = "convex.example.org";

fn client() -> ClientBuilder {
    reqwest::Client::builder()
}

fn main_at(url: &str) -> ByodBuilder {
    Byod::builder()
        .main_url(url)
        .main_over_http(true)
        .deploy_key("local|key")
        .encryption_key(EncryptionKey::parse("key").unwrap())
        .retries(0)
}

fn main_of(byod: ByodBuilder) -> Client {
    byod.build().unwrap().main_client().clone()
}

async fn ask(client: &Client) -> Result<String, Error> {
    client.query("a:b", &json!({})).await
}

/// A user's deployment over TLS, and the `Byod` that calls it under its name at [`HOST`].
struct Users {
    world: World,
    deployment: Server,
}

impl Users {
    async fn new(
        configure: impl FnOnce(ByodBuilder) -> ByodBuilder,
        client: impl FnMut(Location) -> ClientBuilder,
    ) -> Self {
        let (deployment, pem) = tls::server(HOST, |_| success(json!("the user's"))).await;
        let host = format!("{HOST}:{}", deployment.port);
        let world = World::with(|byod| {
            let byod = byod.retries(0).allow_host(&host).root_certificate(pem);
            configure(byod.http_client(client))
        })
        .await;
        let url = format!("https://{host}");
        let connected = ConnectionStatus::Connected;
        world.save_at("a", &url, "local|geheim", connected).await;
        Self { world, deployment }
    }

    async fn call(&self) -> Result<String, Error> {
        self.world.call("a", "notes", FunctionType::Query).await
    }
}

/// Names stand for what a test says.
fn names(byod: ByodBuilder, answers: &'static [(&str, &str)]) -> ByodBuilder {
    byod.resolver(move |name| {
        let found = answers.iter().filter(|(known, _)| *known == name);
        Ok(found.map(|(_, address)| address.parse().unwrap()).collect())
    })
}

#[tokio::test]
async fn an_authenticated_proxy_is_gone_through() {
    let (port, heads) = tunnels().await;
    let proxy = Proxy::all(format!("http://127.0.0.1:{port}")).unwrap();
    let proxy = proxy.basic_auth("user", "geheim");
    // Main's is called in clear, past the proxy.
    let proxy = proxy.no_proxy(reqwest::NoProxy::from_string("localhost"));
    // Nobody here knows the name.
    let users = Users::new(|byod| names(byod, &[]), |_| client().proxy(proxy.clone())).await;
    assert_eq!(users.call().await.unwrap(), "the user's");
    let head = heads.lock().unwrap().concat();
    let connect = format!("CONNECT {HOST}:{} HTTP/1.1\r\n", users.deployment.port);
    assert!(head.starts_with(&connect), "{head}");
    assert!(!head.contains("local|"), "{head}");
    let shown = format!("{:?}", users.world.byod);
    assert!(!shown.contains("geheim"), "{shown}");

    let wrong = Proxy::all(format!("http://user:falsch@127.0.0.1:{port}")).unwrap();
    let setup = main_at("https://main.example.org").http_client(|_| client().proxy(wrong.clone()));
    let shown = format!("{setup:?}");
    assert!(!shown.contains("falsch"), "{shown}");
    let error = ask(&main_of(setup)).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    let text = format!("{error} {error:?}");
    assert!(text.contains("proxy authorization required"), "{text}");
    assert!(!text.contains("falsch"), "{text}");
}

#[tokio::test]
async fn socks_resolves_names_or_byod_does() {
    let (port, asked) = socks().await;
    let direct = || reqwest::NoProxy::from_string("localhost");
    for (scheme, told) in [("socks5h", HOST), ("socks5", "127.0.0.1")] {
        let proxy = Proxy::all(format!("{scheme}://user:geheim@127.0.0.1:{port}")).unwrap();
        let proxy = proxy.no_proxy(direct());
        let users = Users::new(
            |byod| names(byod, &[(HOST, "127.0.0.1")]),
            |_| client().proxy(proxy.clone()),
        )
        .await;
        assert_eq!(users.call().await.unwrap(), "the user's", "{scheme}");
        let told = format!("{told}:{}", users.deployment.port);
        assert_eq!(asked.lock().unwrap().pop().unwrap(), told);
    }
    // An address needs no resolver.
    let proxy = Proxy::all(format!("socks5://user:geheim@127.0.0.1:{port}")).unwrap();
    let world = World::with(|byod| byod.http_client(|_| client().proxy(proxy.clone()))).await;
    let url = format!("http://127.0.0.1:{}", world.users.port);
    let connected = ConnectionStatus::Connected;
    world.save_at("a", &url, "local|geheim", connected).await;
    let answer = world.call("a", "notes", FunctionType::Query).await;
    assert_eq!(answer.unwrap(), "the user's");
    let told = std::mem::take(&mut *asked.lock().unwrap());
    assert!(
        told.contains(&format!("127.0.0.1:{}", world.users.port)),
        "{told:?}"
    );
    // What byod resolves, it judges.
    let proxy = Proxy::all(format!("socks5://user:geheim@127.0.0.1:{port}")).unwrap();
    let proxy = proxy.no_proxy(direct());
    let users = Users::new(
        |byod| names(byod, &[(HOST, "169.254.169.254")]),
        |_| client().proxy(proxy.clone()),
    )
    .await;
    let error = users.call().await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains("its name stands for"), "{error}");
    assert!(asked.lock().unwrap().is_empty());
    assert_eq!(users.deployment.take_count(), 0);
}

#[tokio::test]
async fn a_proxys_name_may_stand_for_any_address_and_no_deployments_may() {
    const PROXY: &str = "proxy.internal";
    const ANSWERS: &[(&str, &str)] = &[(PROXY, "127.0.0.1"), ("deployment.example", "127.0.0.1")];
    let (port, heads) = tunnels().await;
    let proxy = Proxy::all(format!("http://user:geheim@{PROXY}:{port}")).unwrap();
    let users = Users::new(
        |byod| names(byod, ANSWERS),
        |location| match location {
            Location::Main => client(),
            Location::User => client().proxy(proxy.clone()),
        },
    )
    .await;
    assert_eq!(users.call().await.unwrap(), "the user's");
    assert_eq!(heads.lock().unwrap().len(), 1);

    // Past the proxy, or named like it, an address is judged as ever.
    for url in [
        "https://deployment.example.com",
        "https://proxy.example.com",
    ] {
        let host = url.strip_prefix("https://").unwrap();
        let proxy = Proxy::all("http://proxy.example.com:3128").unwrap();
        let proxy = proxy.no_proxy(reqwest::NoProxy::from_string(
            "deployment.example.com, localhost",
        ));
        let world = World::with(|byod| {
            let byod = byod.retries(0).allow_any_public_host(true);
            let byod = byod.resolver(|_| Ok(vec![IpAddr::from([127, 0, 0, 1])]));
            byod.http_client(|_| client().proxy(proxy.clone()))
        })
        .await;
        let credentials = Credentials::new(url, "prod:a|geheim");
        let test = world.byod.connect("a", "a", &credentials);
        let problem = test.await.unwrap().problem.unwrap().to_string();
        assert!(problem.contains("its name stands for"), "{host}: {problem}");
    }
}

#[tokio::test]
async fn what_main_alone_may_see_it_alone_sees() {
    let (acceptor, pem, identity) = tls::acceptor_for_clients("localhost");
    let guarded = Server::start_tls(acceptor, |_| success(json!("main's"))).await;
    let identity = reqwest::Identity::from_pem(identity.as_bytes()).unwrap();
    let configure = |location| match location {
        Location::Main => client().identity(identity.clone()),
        Location::User => client(),
    };
    let builder = || main_at(&guarded.url).root_certificate(pem.clone());
    let known = main_of(builder().http_client(configure));
    assert_eq!(ask(&known).await.unwrap(), "main's");
    let unknown = main_of(builder().http_client(|_| client()));
    let error = ask(&unknown).await.unwrap_err();
    assert_eq!(guarded.take_count(), 1, "{error}");

    // The deployment of a user who asks for it gets no certificate.
    let world = World::with(|byod| {
        let byod = byod.retries(0).root_certificate(pem.clone());
        byod.http_client(configure)
    })
    .await;
    let connected = ConnectionStatus::Connected;
    world
        .save_at("a", &guarded.url, "local|key", connected)
        .await;
    world
        .call("a", "notes", FunctionType::Query)
        .await
        .unwrap_err();
    assert_eq!(guarded.take_count(), 0);
}

#[tokio::test]
async fn tls_may_be_the_services_own() {
    let (server, pem) = tls::server("localhost", |_| success(json!("over TLS"))).await;
    let certificate = || reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
    let (other, other_pem) = tls::server("localhost", |_| success(json!("over TLS"))).await;
    let only = || client().tls_certs_only([certificate()]);
    let preconfigured = || client().tls_backend_preconfigured(tls::trusting(&pem));
    let byod_s = || main_at(&server.url).root_certificate(pem.clone());
    for main in [
        main_at(&server.url).http_client(|_| only()),
        main_at(&server.url).http_client(|_| preconfigured()),
        main_at(&server.url).http_client(|_| client().tls_certs_merge([certificate()])),
        byod_s().http_client(|_| client()),
        main_at(&other.url)
            .root_certificate(other_pem)
            .http_client(|_| only()),
    ] {
        assert_eq!(ask(&main_of(main)).await.unwrap(), "over TLS");
    }
    for main in [
        main_at(&server.url).http_client(|_| client()),
        main_at(&other.url).http_client(|_| only()),
        main_at(&other.url).http_client(|_| preconfigured()),
    ] {
        let error = ask(&main_of(main)).await.unwrap_err();
        assert!(matches!(error, Error::Tls { .. }), "{error:?}");
        assert!(error.to_string().contains("certificate"), "{error}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
    }
}

/// Says that every name stands for this machine.
struct Here(Arc<AtomicUsize>);

impl Resolve for Here {
    fn resolve(&self, _: Name) -> Resolving {
        self.0.fetch_add(1, Ordering::Relaxed);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Box::pin(async move { Ok(Box::new(std::iter::once(address)) as _) })
    }
}

#[tokio::test]
async fn dns_of_the_services_own_is_asked_for_main_alone() {
    let asked = Arc::<AtomicUsize>::default();
    let main = Server::start(|_| success(json!("main's"))).await;
    let url = format!("http://main.internal:{}", main.port);
    let byod = main_at(&url).http_client(|_| client().dns_resolver(Here(asked.clone())));
    assert_eq!(ask(&main_of(byod)).await.unwrap(), "main's");
    assert_eq!(asked.load(Ordering::Relaxed), 1);

    let users = Users::new(
        |byod| names(byod, &[(HOST, "10.0.0.7"), (HOST, "169.254.169.254")]),
        |_| client().dns_resolver(Here(asked.clone())),
    )
    .await;
    asked.store(0, Ordering::Relaxed);
    let error = users.call().await.unwrap_err();
    assert!(error.to_string().contains("its name stands for"), "{error}");
    assert_eq!(users.deployment.take_count(), 0);
}

#[tokio::test]
async fn a_compressed_answer_is_not_asked_for_and_not_read() {
    let answer = json!({"status": "success", "value": "x".repeat(1_000_000)}).to_string();
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(answer.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let server = Server::start(move |_| {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            packed.len()
        );
        Reply::Bytes([head.as_bytes(), &packed].concat())
    })
    .await;
    for way in Way::ALL {
        let main = main_of(way.set(main_at(&server.url)));
        let error = ask(&main).await.unwrap_err();
        assert!(matches!(error, Error::Answer { .. }), "{way:?}: {error:?}");
    }
    for request in server.requests() {
        assert_eq!(request.headers.get("accept-encoding"), None);
    }
}

#[tokio::test]
async fn connecting_has_the_limit_of_the_call_and_of_the_builder() {
    // Takes connections, and says nothing to who wants TLS.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", silent.local_addr().unwrap().port());
    let (short, long) = (Duration::from_millis(300), Duration::from_secs(60));
    for way in Way::ALL {
        let main = |connect| main_of(way.set(main_at(&url).connect_timeout(connect)));
        let by_call = main(long).with_connect_timeout(short);
        let mut clients = vec![main(short), by_call];
        if way == Way::Reqwest {
            clients.push(main(short).with_connect_timeout(long));
        }
        for client in clients {
            let begin = Instant::now();
            let error = ask(&client).await.unwrap_err();
            let Error::Timeout {
                limit, connecting, ..
            } = error
            else {
                panic!("{way:?}: {error:?}")
            };
            assert_eq!((limit, connecting), (short, true), "{way:?}");
            assert!(begin.elapsed() < long / 2);
        }
    }
}

#[tokio::test]
async fn settings_that_contradict_each_other_are_an_error() {
    let contradiction = || client().tls_danger_accept_invalid_hostnames(true);
    let byod = main_at("https://main.example.org").http_client(|_| contradiction());
    let error = byod.build().unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("http_client: disabling rustls hostname"),
        "{text}"
    );
}

#[tokio::test]
async fn what_the_client_refuses_to_send_has_not_run() {
    let main = Server::start(|_| success(json!("main's"))).await;
    let byod = main_at(&main.url).http_client(|_| client().https_only(true));
    let error = ask(&main_of(byod)).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains("scheme"), "{error}");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert_eq!(main.take_count(), 0);
}
