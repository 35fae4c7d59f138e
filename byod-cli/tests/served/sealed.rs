//! Which keys open a user's record on main, as they do in the service.

use byod_runtime::{Credentials, EncryptionKey, Keyring};
use serde_json::{Value as Json, json};

use super::world::{KEY, World, environment, refused};
use crate::support;

/// Records that Node's `crypto` has sealed, with IVs of 12 and of 16 bytes, and what is in them.
const VECTORS: &str = include_str!("../../../byod-runtime/tests/vectors/credentials.json");

const OTHER: &str = "correct horse battery staple";

/// Opens each by `byod/sealed.ts`, in Node.
fn opened(cases: &Json) -> Option<Vec<Json>> {
    let node = support::node()?;
    let file = support::repository("src/export/main_side/sealed.ts");
    Some(support::run_on(&node, "sealed.mjs", &file, cases))
}

#[test]
fn what_other_services_have_sealed_is_opened() {
    let vectors: Vec<Json> = serde_json::from_str(VECTORS).unwrap();
    let cases: Vec<Json> = vectors
        .iter()
        .map(|vector| {
            let environment = json!({"BYOD_ENCRYPTION_KEY": vector["key"]});
            json!({"environment": environment, "user": "u1", "record": vector["record"]})
        })
        .collect();
    let Some(opened) = opened(&json!(cases)) else {
        return;
    };
    for (vector, opened) in vectors.iter().zip(&opened) {
        let plain = &vector["plain"];
        let expected = json!({"url": plain["deploymentUrl"], "key": plain["deployKey"]});
        assert_eq!(*opened, expected);
    }
    let lengths: Vec<_> = vectors.iter().map(|v| v["ivBytes"].as_u64()).collect();
    assert!(lengths.contains(&Some(12)) && lengths.contains(&Some(16)));
}

#[test]
fn what_is_changed_bound_to_another_or_sealed_with_another_key_is_not() {
    let key = |text: &str| EncryptionKey::parse(text).unwrap();
    let credentials = Credentials::new("https://happy-animal-123.convex.cloud", "prod:a|geheim");
    let seal = |ring: Keyring| {
        let sealed = ring.seal(&"u1".into(), &credentials).unwrap();
        serde_json::to_value(sealed).unwrap()
    };
    let free = seal(Keyring::new(key(KEY)));
    let bound = seal(Keyring::new(key(KEY)).bind_records(true));
    let mixed = {
        let other = seal(Keyring::new(key(KEY)));
        let mut mixed = free.clone();
        mixed["encryptedDeployKey"] = other["encryptedDeployKey"].clone();
        mixed
    };
    let changed = {
        let mut changed = free.clone();
        let text = free["encryptedDeploymentUrl"].as_str().unwrap();
        let first = if text.starts_with('0') { "1" } else { "0" };
        changed["encryptedDeploymentUrl"] = format!("{first}{}", &text[1..]).into();
        changed
    };
    let malformed = {
        let mut malformed = free.clone();
        malformed["encryptionIV"] = "00:00".into();
        malformed
    };
    let long = {
        // Of 16 bytes, and changed.
        let vectors: Vec<Json> = serde_json::from_str(VECTORS).unwrap();
        let mut record = vectors[0]["record"].clone();
        let tags = record["authTags"].as_str().unwrap();
        let last = if tags.ends_with('0') { "1" } else { "0" };
        record["authTags"] = format!("{}{last}", &tags[..tags.len() - 1]).into();
        record
    };
    let with = |key: &str| json!({"BYOD_ENCRYPTION_KEY": key});
    let former = json!({"BYOD_ENCRYPTION_KEY": OTHER, "BYOD_FORMER_ENCRYPTION_KEYS": json!([KEY]).to_string()});
    let only_bound = json!({"BYOD_ENCRYPTION_KEY": KEY, "BYOD_REQUIRE_BOUND_RECORDS": "1"});
    let rows = [
        ("free", &free, with(KEY), "u1", None),
        ("bound", &bound, with(KEY), "u1", None),
        ("by a former key", &free, former, "u1", None),
        (
            "bound, as is asked for",
            &bound,
            only_bound.clone(),
            "u1",
            None,
        ),
        (
            "of another user",
            &bound,
            with(KEY),
            "u2",
            Some("can't be decrypted"),
        ),
        (
            "with another key",
            &free,
            with(OTHER),
            "u1",
            Some("can't be decrypted"),
        ),
        (
            "free, where bound is asked for",
            &free,
            only_bound,
            "u1",
            Some("can't be decrypted"),
        ),
        (
            "of two records",
            &mixed,
            with(KEY),
            "u1",
            Some("can't be decrypted"),
        ),
        (
            "changed",
            &changed,
            with(KEY),
            "u1",
            Some("can't be decrypted"),
        ),
        (
            "changed, with a long IV",
            &long,
            with(KEY),
            "u1",
            Some("can't be decrypted"),
        ),
        ("malformed", &malformed, with(KEY), "u1", Some("malformed")),
        (
            "without a key",
            &free,
            json!({}),
            "u1",
            Some("BYOD_ENCRYPTION_KEY is not set"),
        ),
        (
            "with a key in quotes",
            &free,
            with(&format!("\"{KEY}\"")),
            "u1",
            Some("quotes"),
        ),
        (
            "with 63 digits",
            &free,
            with(&KEY[1..]),
            "u1",
            Some("64 hex digits"),
        ),
    ];
    let cases: Vec<Json> = rows
        .iter()
        .map(|(_, record, environment, user, _)| {
            json!({"environment": environment, "user": user, "record": record})
        })
        .collect();
    let Some(opened) = opened(&json!(cases)) else {
        return;
    };
    for ((name, _, _, _, problem), opened) in rows.iter().zip(&opened) {
        match problem {
            None => assert_eq!(opened["key"], "prod:a|geheim", "{name}"),
            Some(problem) => {
                let error = opened["error"].as_str().unwrap_or_default();
                assert!(error.contains(problem), "{name}: {opened}");
                assert!(!error.contains("geheim"), "{name}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn a_main_without_the_key_says_so_and_serves_everybody_else() {
    let mut environment = environment();
    environment.remove("BYOD_ENCRYPTION_KEY");
    let Some(world) = World::with(&environment) else {
        return;
    };
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let theirs = world.deploy("bobs");
    world.connect(&bob, &theirs).await;
    let (code, message) = refused(bob.action("summaries:all", json!({})).await);
    assert_eq!(code, "byod_credentials");
    assert!(
        message.contains("BYOD_ENCRYPTION_KEY is not set"),
        "{message}"
    );
    let id = ann.note("hello").await;
    let answered = ann.action("assistant:answer", json!({"id": id})).await;
    assert_eq!(answered.unwrap(), "hello");
    let all = vec!["hello, answered, followed, and later".to_owned()];
    super::world::until(all, async || ann.notes().await).await;
}

#[tokio::test]
async fn a_main_with_another_key_says_so() {
    let mut environment = environment();
    environment.insert("BYOD_ENCRYPTION_KEY", OTHER);
    let Some(world) = World::with(&environment) else {
        return;
    };
    let bob = world.user("bob").await;
    world.connect(&bob, &world.deploy("bobs")).await;
    let (code, message) = refused(bob.action("summaries:all", json!({})).await);
    assert_eq!(code, "byod_credentials");
    assert!(message.contains("another encryption key"), "{message}");
}
