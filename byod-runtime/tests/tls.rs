//! Certificates: unknown ones are refused, added ones trusted.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::sync::Arc;

use byod_runtime::{Byod, ByodBuilder, EncryptionKey, Error, Outcome};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use support::{Server, success};

/// A server for the names given, and its certificate as PEM.
async fn server(name: &str) -> (Server, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.into()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = Arc::new(config).into();
    let server = Server::start_tls(acceptor, |_| success(json!("over TLS"))).await;
    (server, cert.pem())
}

fn builder(url: &str) -> ByodBuilder {
    Byod::builder()
        .main_url(url)
        .deploy_key("local|secret")
        .encryption_key(EncryptionKey::parse("key").unwrap())
}

#[tokio::test]
async fn an_added_certificate_is_trusted_and_no_other() {
    let (known, pem) = server("localhost").await;
    let (unknown, _) = server("localhost").await;
    let trusting = builder(&known.url)
        .root_certificate(pem.clone())
        .build()
        .unwrap();
    let value: String = trusting
        .main_client()
        .query("a:b", &json!({}))
        .await
        .unwrap();
    assert_eq!(value, "over TLS");

    let (misnamed, its_pem) = server("elsewhere.example").await;
    for byod in [
        builder(&known.url).build(),
        builder(&unknown.url).root_certificate(pem).build(),
        builder(&misnamed.url).root_certificate(its_pem).build(),
    ] {
        let client = byod.unwrap().main_client().clone();
        let error = client
            .mutation::<String>("a:b", &json!({}))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Tls { .. }), "{error:?}");
        assert!(error.to_string().contains("certificate"), "{error}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
    }
    assert_eq!(unknown.take_count() + misnamed.take_count(), 0);
}
