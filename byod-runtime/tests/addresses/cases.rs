use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use crate::support::world::{World, encryption_key};
use crate::support::{Reply, Server, Way, success, tls};
use byod_runtime::{
    Byod, ByodBuilder, ConnectionProblem, ConnectionStatus, Credentials, Error, FunctionType,
    Outcome,
};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Vectors {
    hostile_urls: Vec<Url>,
    good_urls: Vec<Url>,
    hostile_answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Url {
    url: String,
    setting: Setting,
    /// Why it is refused.
    #[serde(default)]
    reason: String,
    /// The URL that it is read as, where that is another.
    url_read: Option<String>,
}

/// What a resolver says that a name stands for.
#[derive(Deserialize)]
struct Answer {
    host: String,
    setting: Setting,
    addresses: Vec<IpAddr>,
    reason: String,
}

/// What an operator allows.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Setting {
    Standard,
    Any,
    Named,
    Development,
}

impl Setting {
    const ALL: [Self; 4] = [Self::Standard, Self::Any, Self::Named, Self::Development];

    fn apply(self, byod: ByodBuilder) -> ByodBuilder {
        let byod = byod.development(false).retries(0);
        match self {
            Self::Standard => byod,
            Self::Any => byod.allow_any_public_host(true),
            Self::Named => [
                "convex.example.org",
                "db.example.org:3210",
                "*.hosted.example.org",
                "10.0.0.7:3210",
            ]
            .into_iter()
            .fold(byod, ByodBuilder::allow_host),
            Self::Development => byod.development(true),
        }
    }
}

fn way() -> Way {
    Way::of(module_path!())
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors/addresses.json")).unwrap()
}

fn credentials(url: &str) -> Credentials {
    Credentials {
        deployment_url: url.into(),
        deploy_key: "prod:geheim|geheim".into(),
    }
}

#[tokio::test]
async fn no_hostile_url_is_stored() {
    let urls = vectors().hostile_urls;
    let mut refused = 0;
    for setting in Setting::ALL {
        let world = World::over(way(), |byod| setting.apply(byod)).await;
        for Url { url, reason, .. } in urls.iter().filter(|url| url.setting == setting) {
            let credentials = credentials(url);
            let connected = ConnectionStatus::Connected;
            let saved = world.byod.save_credentials("a", &credentials, connected);
            let saved = saved.await.unwrap_err();
            let tested = world
                .byod
                .connect("a", "a", &Credentials::new(url, "prod:geheim|geheim"))
                .await;
            let rotated = world.byod.rotate_credentials("a", "a", &credentials).await;
            for error in [saved, tested.unwrap_err(), rotated.unwrap_err()] {
                assert!(matches!(error, Error::Entered { .. }), "{url:?}: {error}");
                assert_eq!(error.http_status(), 400);
                let text = error.to_string();
                assert!(text.contains("the deployment's URL "), "{url:?}: {error}");
                assert!(text.contains(reason), "{url:?} ({setting:?}): {error}");
                assert!(!text.contains("geheim"), "{error}");
            }
            refused += 1;
        }
        assert_eq!(world.cost(), (0, 0), "nothing was asked of anybody");
    }
    println!(
        "hostile URLs refused {refused} of {}, over {}",
        urls.len(),
        way()
    );
    assert!(refused == urls.len() && refused >= 120);
}

#[tokio::test]
async fn a_hostile_url_that_stands_in_a_record_is_not_called() {
    let urls = vectors().hostile_urls;
    for setting in Setting::ALL {
        let world = World::over(way(), |byod| setting.apply(byod)).await;
        let urls = urls.iter().filter(|url| url.setting == setting);
        let calls = urls
            .enumerate()
            .map(async |(number, Url { url, reason, .. })| {
                let user = number.to_string();
                let sealed = encryption_key().seal(&credentials(url)).unwrap();
                let mut record = serde_json::to_value(&sealed).unwrap();
                record["_id"] = json!(user);
                record["userId"] = json!(user);
                record["connectionStatus"] = json!("connected");
                record["updatedAt"] = json!(1.0);
                world.records.lock().unwrap().push(record);
                let error = world.call(&user, "notes", FunctionType::Query).await;
                let error = error.unwrap_err();
                assert!(matches!(error, Error::Credentials { .. }), "{url}: {error}");
                assert!(error.to_string().contains(reason), "{url}: {error}");
                let test = world.byod.test_connection(&*user).await.unwrap();
                let problem = test.problem.unwrap().to_string();
                assert!(problem.contains(reason), "{url}: {problem}");
                assert_eq!(world.field(&user, "connectionError"), problem);
            });
        join_all(calls).await;
        assert_eq!(world.cost().1, 0);
    }
}

#[tokio::test]
async fn good_urls_are_stored_and_called_as_they_are_read() {
    let urls = vectors().good_urls;
    let mut taken = 0;
    for setting in Setting::ALL {
        let world = World::over(way(), |byod| setting.apply(byod)).await;
        for Url { url, url_read, .. } in urls.iter().filter(|url| url.setting == setting) {
            let credentials = credentials(url);
            let connected = ConnectionStatus::Connected;
            let saved = world.byod.save_credentials("a", &credentials, connected);
            saved.await.unwrap();
            let kind = FunctionType::Query;
            let routed = world.byod.client_for_table("notes", "a", kind).await;
            let expected = url_read.as_ref().unwrap_or(url);
            assert_eq!(routed.unwrap().client.url(), expected);
            taken += 1;
        }
    }
    println!("good URLs taken {taken} of {}, over {}", urls.len(), way());
    assert!(taken == urls.len() && taken >= 20);
}

/// Answers of a resolver, as a test sets them.
#[derive(Clone, Default)]
struct Resolver(Arc<Mutex<Vec<IpAddr>>>);

impl Resolver {
    fn set(&self, addresses: &[IpAddr]) {
        *self.0.lock().unwrap() = addresses.to_vec();
    }

    fn apply(&self, byod: ByodBuilder) -> ByodBuilder {
        let answers = self.0.clone();
        byod.resolver(move |_| Ok(answers.lock().unwrap().clone()))
    }
}

#[tokio::test]
async fn names_that_stand_for_hostile_addresses_are_not_connected_to() {
    let answers = vectors().hostile_answers;
    let mut refused = 0;
    for setting in Setting::ALL {
        let resolver = Resolver::default();
        let world = World::over(way(), |byod| resolver.apply(setting.apply(byod))).await;
        for answer in answers.iter().filter(|answer| answer.setting == setting) {
            let Answer {
                host,
                addresses,
                reason,
                ..
            } = answer;
            resolver.set(addresses);
            let url = format!("https://{host}");
            let test = world
                .byod
                .connect("a", "a", &Credentials::new(url, "prod:geheim|geheim"))
                .await;
            let test = test.unwrap();
            let Some(ConnectionProblem::Unreachable { reason: found }) = &test.problem else {
                panic!("{addresses:?}: {test:?}");
            };
            assert!(found.contains(reason), "{addresses:?}: {found}");
            assert!(found.starts_with("its name "), "{found}");
            assert!(found.ends_with("; check its URL"), "{found}");
            assert!(
                addresses
                    .iter()
                    .all(|address| !found.contains(&address.to_string())),
                "the network is nobody's business: {found}"
            );
            refused += 1;
        }
    }
    println!(
        "hostile answers refused {refused} of {}, over {}",
        answers.len(),
        way()
    );
    assert_eq!(refused, answers.len());
}

#[tokio::test]
async fn a_name_that_stands_for_another_address_later_is_checked_again() {
    let once = || {
        // The connection ends with the answer, so the next call makes a new one.
        let body = json!({"status": "success", "value": "the user's", "logLines": []}).to_string();
        let length = body.len();
        Reply::Bytes(
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .into(),
        )
    };
    let (users, pem) = tls::server("convex.example.org", move |_| once()).await;
    let resolver = Resolver::default();
    let host = format!("convex.example.org:{}", users.port);
    let world = World::over(way(), |byod| {
        let byod = byod.retries(0).allow_host(&host).root_certificate(pem);
        resolver.apply(byod)
    })
    .await;
    let connected = ConnectionStatus::Connected;
    let credentials = credentials(&format!("https://{host}"));
    let saved = world.byod.save_credentials("a", &credentials, connected);
    saved.await.unwrap();
    let call = || world.call("a", "notes", FunctionType::Query);

    resolver.set(&["127.0.0.1".parse().unwrap()]);
    assert_eq!(call().await.unwrap(), "the user's");
    assert_eq!(users.take_count(), 1);

    for later in [
        &["169.254.169.254"][..],
        &["127.0.0.1", "169.254.169.254"],
        &["::ffff:127.0.0.1"],
    ] {
        let later: Vec<_> = later.iter().map(|text| text.parse().unwrap()).collect();
        resolver.set(&later);
        let error = call().await.unwrap_err();
        assert!(matches!(error, Error::Connect { .. }), "{error}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
        assert!(error.to_string().contains("its name stands for"), "{error}");
        assert_eq!(users.take_count(), 0);
    }
    resolver.set(&["127.0.0.1".parse().unwrap()]);
    assert_eq!(call().await.unwrap(), "the user's");
}

#[tokio::test]
async fn main_may_be_where_users_deployments_may_not() {
    // On this machine, without `development`.
    let world = World::over(way(), |byod| byod.development(false)).await;
    assert_eq!(
        world.call("a", "notes", FunctionType::Query).await.unwrap(),
        "main's"
    );
    let url = world.users.url.clone();
    let error = world
        .byod
        .connect("a", "a", &Credentials::new(url, "local|key"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("is not encrypted"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_the_key_goes_nowhere_else() {
    let elsewhere = Server::start(|_| success(json!("elsewhere"))).await;
    let world = World::over(way(), |byod| byod.retries(0)).await;
    world
        .save("a", "local|geheim", ConnectionStatus::Connected)
        .await;
    for status in [301, 302, 303, 307, 308] {
        let url = elsewhere.url.clone();
        world.at_users.set(move |_| {
            let answer = format!(
                "HTTP/1.1 {status} X\r\nlocation: {url}/api/query\r\ncontent-length: 0\r\n\r\n"
            );
            Some(Reply::Bytes(answer.into()))
        });
        let error = world
            .call("a", "notes", FunctionType::Query)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("redirects are not followed"),
            "{error}"
        );
        assert!(!error.to_string().contains("geheim"), "{error}");
    }
    assert_eq!((world.users.take_count(), elsewhere.take_count()), (5, 0));
}

#[tokio::test]
async fn hosts_that_are_none_are_refused_when_the_service_starts() {
    for host in [
        "",
        "*",
        "*.",
        "*.10.0.0.7",
        "https://convex.example.org",
        "convex.example.org/",
        "a b",
        "convex.example.org.",
        "convex.example.org:0",
        "a.*.example.org",
        "user@example.org",
    ] {
        let byod = Byod::builder()
            .main_url("https://main")
            .deploy_key("local|key")
            .encryption_key(encryption_key())
            .allow_host(host);
        let error = byod.build().unwrap_err().to_string();
        assert!(error.contains("allow_host: an entry "), "{host}: {error}");
    }
}

#[test]
fn the_vectors_are_read_whole() {
    let all: Value = serde_json::from_str(include_str!("../vectors/addresses.json")).unwrap();
    let mut names: Vec<_> = all.as_object().unwrap().keys().collect();
    // Another crate of the build may have `serde_json` keep the order of the file.
    names.sort();
    assert_eq!(
        names,
        [
            "good_answers",
            "good_urls",
            "hostile_answers",
            "hostile_urls"
        ]
    );
}
