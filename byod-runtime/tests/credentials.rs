//! Records that other services wrote, records that were tampered with, and
//! records that never were any.

use std::collections::HashSet;

use byod_runtime::{
    Credentials, EncryptionKey, Error, Keyring, OpenedBy, SealedCredentials, UserId,
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    key: String,
    record: SealedCredentials,
    plain: Plain,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plain {
    deployment_url: String,
    deploy_key: String,
}

impl Vector {
    /// Written by Node's `crypto`.
    fn all() -> Vec<Self> {
        serde_json::from_str(include_str!("vectors/credentials.json")).unwrap()
    }

    fn key(&self) -> EncryptionKey {
        EncryptionKey::parse(&self.key).unwrap()
    }
}

/// The field at fault and the message.
fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (&'static str, String) {
    match result.unwrap_err() {
        error @ Error::Credentials { field, .. } => (field, error.to_string()),
        other => panic!("{other}"),
    }
}

#[test]
fn records_of_other_services_open() {
    let vectors = Vector::all();
    assert_eq!(vectors.len(), 12);
    for vector in vectors {
        let opened = vector.key().open(&vector.record).unwrap();
        assert_eq!(opened.deployment_url, vector.plain.deployment_url);
        assert_eq!(opened.deploy_key.expose_secret(), vector.plain.deploy_key);
    }
}

#[test]
fn another_key_does_not_open_them() {
    for vector in Vector::all() {
        let key = EncryptionKey::parse("another key").unwrap();
        let (field, message) = refusal(key.open(&vector.record));
        assert_eq!(field, "encryptedDeploymentUrl");
        assert!(
            message.contains("sealed with another encryption key"),
            "{message}"
        );
    }
}

/// The parts of a record: the texts, the IVs and the tags.
fn parts(record: &SealedCredentials) -> [&str; 6] {
    let (url_iv, key_iv) = record.encryption_iv.split_once(':').unwrap();
    let (url_tag, key_tag) = record.auth_tags.split_once(':').unwrap();
    let (url, key) = (
        &record.encrypted_deployment_url,
        &record.encrypted_deploy_key,
    );
    [url, key, url_iv, key_iv, url_tag, key_tag]
}

fn record(parts: [&str; 6]) -> SealedCredentials {
    let [url, key, url_iv, key_iv, url_tag, key_tag] = parts;
    SealedCredentials {
        encrypted_deployment_url: url.to_owned(),
        encrypted_deploy_key: key.to_owned(),
        encryption_iv: format!("{url_iv}:{key_iv}"),
        auth_tags: format!("{url_tag}:{key_tag}"),
    }
}

/// Every record that differs from this one in a single bit.
fn flipped(sealed: &SealedCredentials) -> Vec<SealedCredentials> {
    let mut all = Vec::new();
    for (changed, part) in parts(sealed).iter().enumerate() {
        for bit in 0..part.len() / 2 * 8 {
            let mut bytes = hex::decode(part).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let changed_part = hex::encode(bytes);
            let mut parts = parts(sealed);
            parts[changed] = &changed_part;
            all.push(record(parts));
        }
    }
    let bits: usize = parts(sealed).iter().map(|part| part.len() * 4).sum();
    assert_eq!(all.len(), bits);
    all
}

#[test]
fn every_changed_bit_is_noticed() {
    let user = UserId::from("alice");
    let sample = Vector::all()[0]
        .key()
        .open(&Vector::all()[0].record)
        .unwrap();
    let former = Keyring::new(EncryptionKey::parse("former").unwrap()).bind_records(true);
    let current = EncryptionKey::parse("current").unwrap();
    let bound = Keyring::new(current.clone()).bind_records(true);
    // One of another service with IVs of 16 bytes and one with 12, and bound ones.
    let records = [
        (
            Keyring::new(Vector::all()[0].key()),
            Vector::all()[0].record.clone(),
        ),
        (
            Keyring::new(Vector::all()[3].key()),
            Vector::all()[3].record.clone(),
        ),
        (bound.clone(), bound.seal(&user, &sample).unwrap()),
        (
            bound.with_former(EncryptionKey::parse("former").unwrap()),
            former.seal(&user, &sample).unwrap(),
        ),
    ];
    let (mut flips, mut refused) = (0, 0);
    for (keys, sealed) in &records {
        keys.open(&user, sealed).expect("it opens as it is");
        for changed in flipped(sealed) {
            flips += 1;
            let (_, message) = refusal(keys.open(&user, &changed));
            assert!(message.contains("it was changed"), "{message}");
            refused += 1;
        }
    }
    println!("bit flips refused {refused} of {flips}");
    assert!(flips > 4000, "{flips}");
}

#[test]
fn a_swap_of_url_and_key_is_noticed() {
    let vector = &Vector::all()[0];
    let mut record = vector.record.clone();
    std::mem::swap(
        &mut record.encrypted_deployment_url,
        &mut record.encrypted_deploy_key,
    );
    refusal(vector.key().open(&record));
}

#[test]
fn a_malformed_record_is_refused_by_the_name_of_its_field() {
    type Change = fn(&mut SealedCredentials);
    let iv_form = "`encryptionIV` is not of the form \"<url's IV>:<key's IV>\"";
    let tag_form = "`authTags` is not of the form \"<url's tag>:<key's tag>\"";
    let table: &[(&str, Change)] = &[
        ("`encryptedDeploymentUrl` is empty", |r| {
            r.encrypted_deployment_url.clear()
        }),
        ("`encryptedDeploymentUrl` is not hex", |r| {
            r.encrypted_deployment_url += "0"
        }),
        ("`encryptedDeploymentUrl` is not hex", |r| {
            r.encrypted_deployment_url += "zz"
        }),
        ("`encryptedDeploymentUrl` is not hex", |r| {
            r.encrypted_deployment_url += "鍵"
        }),
        ("`encryptedDeploymentUrl` can't be decrypted", |r| {
            r.encrypted_deployment_url.truncate(2);
        }),
        ("`encryptedDeployKey` is empty", |r| {
            r.encrypted_deploy_key.clear()
        }),
        ("`encryptedDeployKey` is not hex", |r| {
            r.encrypted_deploy_key.insert(0, ' ')
        }),
        ("`encryptedDeployKey` can't be decrypted", |r| {
            r.encrypted_deploy_key += "00"
        }),
        (iv_form, |r| r.encryption_iv.clear()),
        (iv_form, |r| r.encryption_iv = ":".into()),
        (iv_form, |r| {
            r.encryption_iv = r.encryption_iv.replace(':', "")
        }),
        (iv_form, |r| {
            r.encryption_iv = r.encryption_iv.replace(':', "::")
        }),
        (iv_form, |r| r.encryption_iv += ":00"),
        (iv_form, |r| r.encryption_iv.insert(0, ':')),
        ("`encryptionIV` is not hex", |r| {
            r.encryption_iv.insert(0, 'x')
        }),
        (
            "`encryptionIV` holds an IV of 17 bytes instead of 12 or 16",
            |r| {
                r.encryption_iv.insert_str(0, "00");
            },
        ),
        (
            "`encryptionIV` holds an IV of 1 bytes instead of 12 or 16",
            |r| {
                r.encryption_iv = "00:00".into();
            },
        ),
        (tag_form, |r| r.auth_tags.clear()),
        (tag_form, |r| r.auth_tags = r.auth_tags.replace(':', ";")),
        (tag_form, |r| r.auth_tags.push(':')),
        ("`authTags` is not hex", |r| r.auth_tags += "-"),
        ("`authTags` holds a tag of 15 bytes instead of 16", |r| {
            r.auth_tags.drain(..2);
        }),
        ("`authTags` holds a tag of 17 bytes instead of 16", |r| {
            r.auth_tags += "00"
        }),
    ];
    let vector = &Vector::all()[0];
    for (expected, change) in table {
        let mut record = vector.record.clone();
        change(&mut record);
        let (field, message) = refusal(vector.key().open(&record));
        assert!(message.contains(expected), "{expected}: {message}");
        assert!(expected.contains(field));
        assert!(!message.contains("happy-animal"), "{message}");
    }
}

#[test]
fn no_iv_is_used_twice() {
    let vector = &Vector::all()[0];
    let (key, credentials) = (vector.key(), vector.key().open(&vector.record).unwrap());
    let mut ivs = HashSet::new();
    for _ in 0..10_000 {
        let sealed = key.seal(&credentials).unwrap();
        for iv in sealed.encryption_iv.split(':') {
            let iv = hex::decode(iv).unwrap();
            assert_eq!(iv.len(), 12);
            assert!(ivs.insert(iv), "used twice");
        }
    }
    assert_eq!(ivs.len(), 20_000);
    // Every bit of them is one that may be set or not.
    for bit in 0..96 {
        let is_set = |iv: &&Vec<u8>| (iv[bit / 8] >> (bit % 8)) & 1 == 1;
        let set = ivs.iter().filter(is_set).count();
        assert!((9_000..11_000).contains(&set), "bit {bit}: {set} of 20000");
    }
}

#[test]
fn a_record_says_which_key_opens_it() {
    let user = UserId::from("alice");
    let key = |text: &str| EncryptionKey::parse(text).unwrap();
    let credentials = Vector::all()[0]
        .key()
        .open(&Vector::all()[0].record)
        .unwrap();
    let keys = Keyring::new(key("new"))
        .with_former(key("old"))
        .with_former(key("older"));
    for (sealed_with, opened_by) in [
        ("new", OpenedBy::Current),
        ("old", OpenedBy::Former(0)),
        ("older", OpenedBy::Former(1)),
    ] {
        for bind in [false, true] {
            let ring = Keyring::new(key(sealed_with)).bind_records(bind);
            let opened = keys
                .open(&user, &ring.seal(&user, &credentials).unwrap())
                .unwrap();
            assert_eq!((opened.key, opened.is_bound), (opened_by, bind));
            assert_eq!(
                opened.credentials.deployment_url,
                credentials.deployment_url
            );
        }
    }
    let lost = key("oldest").seal(&credentials).unwrap();
    let (field, message) = refusal(keys.open(&user, &lost));
    assert_eq!(field, "encryptedDeploymentUrl");
    assert!(
        message.starts_with("credentials of user `alice`"),
        "{message}"
    );
}

#[test]
fn a_bound_record_opens_for_its_user_alone() {
    let key = || EncryptionKey::parse("key").unwrap();
    let credentials = Vector::all()[0]
        .key()
        .open(&Vector::all()[0].record)
        .unwrap();
    let bound = Keyring::new(key()).bind_records(true);
    let strict = Keyring::new(key()).require_bound_records(true);
    let ids = [
        "",
        "alice",
        "alice ",
        "Alice",
        "alice\0",
        "a",
        "encryptedDeployKey of alice",
        "\u{430}lice",
    ];
    for owner in ids {
        let sealed = bound.seal(&owner.into(), &credentials).unwrap();
        for other in ids {
            for keys in [&bound, &strict, &Keyring::new(key())] {
                let opened = keys.open(&other.into(), &sealed);
                assert_eq!(opened.is_ok(), owner == other, "{owner:?} as {other:?}");
            }
        }
        // Who knows nothing of users can't open it either.
        refusal(key().open(&sealed));
    }
    // What is not bound opens for anybody, unless that is refused.
    let unbound = key().seal(&credentials).unwrap();
    assert!(!bound.open(&"bob".into(), &unbound).unwrap().is_bound);
    let (_, message) = refusal(strict.open(&"bob".into(), &unbound));
    assert!(message.contains("`byod rotate-key --bind`"), "{message}");
}

/// Somebody who writes into main's database puts the address of their own
/// deployment beside another user's deploy key.
#[test]
fn parts_of_two_records_make_none() {
    let key = || EncryptionKey::parse("key").unwrap();
    let keys = Keyring::new(key()).bind_records(true);
    let credentials = Vector::all()[0]
        .key()
        .open(&Vector::all()[0].record)
        .unwrap();
    let (alice, mallory) = (UserId::from("alice"), UserId::from("mallory"));
    let theirs = keys.seal(&alice, &credentials).unwrap();
    for own in [
        keys.seal(&mallory, &credentials).unwrap(),
        Keyring::new(key()).seal(&mallory, &credentials).unwrap(),
    ] {
        let ([url, _, url_iv, _, url_tag, _], [_, key, _, key_iv, _, key_tag]) =
            (parts(&own), parts(&theirs));
        let mixed = record([url, key, url_iv, key_iv, url_tag, key_tag]);
        refusal(keys.open(&alice, &mixed));
        refusal(keys.open(&mallory, &mixed));
    }
    // Nor do the two parts of one record change places.
    let [url, key, url_iv, key_iv, url_tag, key_tag] = parts(&theirs);
    refusal(keys.open(
        &alice,
        &record([key, url, key_iv, url_iv, key_tag, url_tag]),
    ));
}

proptest! {
    #[test]
    fn what_is_sealed_opens_again(secret in ".*", url in ".+", deploy_key in "[!-~äß鍵☃]([ -~äß鍵☃]*[!-~äß鍵☃])?") {
        prop_assume!(!secret.is_empty());
        let key = EncryptionKey::parse(&secret).unwrap();
        let sealed = key.seal(&Credentials {
            deployment_url: url.clone(),
            deploy_key: deploy_key.as_str().into(),
        }).unwrap();
        let opened = key.open(&sealed).unwrap();
        prop_assert_eq!(opened.deployment_url, url);
        prop_assert_eq!(opened.deploy_key.expose_secret(), deploy_key);
    }

    #[test]
    fn no_record_makes_it_panic(url in ".*", key in "[0-9a-f]*", iv in "[0-9a-f:]*", tag in ".*") {
        let opened = EncryptionKey::parse("key").unwrap().open(&SealedCredentials {
            encrypted_deployment_url: url,
            encrypted_deploy_key: key,
            encryption_iv: iv,
            auth_tags: tag,
        });
        prop_assert!(opened.is_err());
    }
}
