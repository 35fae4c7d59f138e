use std::net::IpAddr;
use std::str::FromStr as _;

use hyper_util::client::legacy::connect::dns::Name;
use serde::Deserialize;
use tower_service::Service as _;

use super::*;

#[derive(Deserialize)]
struct Answer {
    host: String,
    setting: String,
    addresses: Vec<IpAddr>,
    reason: Option<String>,
}

fn answers(name: &str) -> Vec<Answer> {
    let vectors = include_str!("../../tests/vectors/addresses.json");
    let mut vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
    serde_json::from_value(vectors[name].take()).unwrap()
}

fn settings(name: &str) -> AddressSettings {
    let mut settings = AddressSettings::default();
    match name {
        "standard" => {}
        "any" => settings.any_public = true,
        "named" => {
            for host in ["convex.example.org", "*.hosted.example.org"] {
                settings.allow(host.to_owned());
            }
        }
        "development" => settings.development = true,
        other => panic!("{other}"),
    }
    settings
}

/// What the resolver makes of the answer.
async fn resolve(answer: &Answer) -> Result<Vec<IpAddr>, String> {
    let addresses = answer.addresses.clone();
    let mut settings = settings(&answer.setting);
    settings.resolve(move |_| Ok(addresses.clone()));
    let (_, mut resolver) = settings.build().unwrap();
    let found = resolver.call(Name::from_str(&answer.host).unwrap()).await;
    found
        .map(|found| found.map(|address| address.ip()).collect())
        .map_err(|error| error.to_string())
}

#[tokio::test]
async fn good_answers_are_taken_whole_and_hostile_ones_not_at_all() {
    for answer in answers("good_answers") {
        assert_eq!(resolve(&answer).await.as_ref(), Ok(&answer.addresses));
    }
    for answer in answers("hostile_answers") {
        let error = resolve(&answer).await.unwrap_err();
        assert!(error.contains(&answer.reason.unwrap()), "{error}");
    }
}

#[tokio::test]
async fn the_system_is_asked_and_guarded() {
    let (_, mut resolver) = AddressSettings::default().build().unwrap();
    let localhost = || Name::from_str("localhost").unwrap();
    let error = resolver.call(localhost()).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "its name stands for the service's own machine; check its URL"
    );
    let (_, mut resolver) = settings("development").build().unwrap();
    let mut found = resolver.call(localhost()).await.unwrap();
    assert!(found.all(|address| address.ip().is_loopback()));
}
