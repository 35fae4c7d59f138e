//! Records that other services wrote, records that were tampered with, and
//! records that never were any.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use byod_runtime::{Credentials, EncryptionKey, Error, SealedCredentials};
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
fn refusal(result: Result<Credentials, Error>) -> (&'static str, String) {
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

#[test]
fn every_changed_bit_is_noticed() {
    // One record with IVs of 16 bytes, one with 12.
    for vector in [&Vector::all()[0], &Vector::all()[3]] {
        let key = vector.key();
        let record = &vector.record;
        let (url_iv, key_iv) = record.encryption_iv.split_once(':').unwrap();
        let (url_tag, key_tag) = record.auth_tags.split_once(':').unwrap();
        let parts = [
            &record.encrypted_deployment_url,
            &record.encrypted_deploy_key,
            url_iv,
            key_iv,
            url_tag,
            key_tag,
        ];
        let mut changes = 0;
        for (changed, part) in parts.iter().enumerate() {
            for bit in 0..part.len() / 2 * 8 {
                let mut bytes = hex::decode(part).unwrap();
                bytes[bit / 8] ^= 1 << (bit % 8);
                let mut parts = parts.map(str::to_owned);
                parts[changed] = hex::encode(bytes);
                let [url, deploy_key, url_iv, key_iv, url_tag, key_tag] = parts;
                let record = SealedCredentials {
                    encrypted_deployment_url: url,
                    encrypted_deploy_key: deploy_key,
                    encryption_iv: format!("{url_iv}:{key_iv}"),
                    auth_tags: format!("{url_tag}:{key_tag}"),
                };
                let (_, message) = refusal(key.open(&record));
                assert!(message.contains("it was changed"), "{message}");
                changes += 1;
            }
        }
        assert_eq!(
            changes,
            parts.iter().map(|part| part.len() * 4).sum::<usize>()
        );
    }
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
fn sealing_twice_never_gives_the_same() {
    let vector = &Vector::all()[0];
    let (key, credentials) = (vector.key(), vector.key().open(&vector.record).unwrap());
    let (one, two) = (
        key.seal(&credentials).unwrap(),
        key.seal(&credentials).unwrap(),
    );
    assert_ne!(one.encryption_iv, two.encryption_iv);
    assert_ne!(one.encrypted_deploy_key, two.encrypted_deploy_key);
    let (url_iv, key_iv) = one.encryption_iv.split_once(':').unwrap();
    assert_ne!(url_iv, key_iv);
    assert_eq!(url_iv.len(), 24);
}

proptest! {
    #[test]
    fn what_is_sealed_opens_again(secret in ".*", url in ".+", deploy_key in ".+") {
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
