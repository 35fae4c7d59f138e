//! Certificates: unknown ones are refused, added ones trusted.

use crate::support::{Server, success, tls};
use byod_runtime::{Byod, ByodBuilder, EncryptionKey, Error, Outcome};
use serde_json::json;

async fn server(name: &str) -> (Server, String) {
    tls::server(name, |_| success(json!("over TLS"))).await
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

#[tokio::test]
async fn an_address_has_a_certificate_as_a_name_has() {
    let (server, pem) = server("127.0.0.1").await;
    let address = format!("https://127.0.0.1:{}", server.port);
    let main = |url: &str| {
        builder(url)
            .root_certificate(pem.clone())
            .retries(0)
            .build()
    };
    let value: Result<String, Error> = main(&address)
        .unwrap()
        .main_client()
        .query("a:b", &json!({}))
        .await;
    assert_eq!(value.unwrap(), "over TLS");
    assert_eq!(
        server.requests()[0].headers["host"],
        format!("127.0.0.1:{}", server.port)
    );
    let byod = main(&server.url).unwrap();
    let misnamed = byod.main_client().query::<String>("a:b", &json!({})).await;
    assert!(matches!(misnamed, Err(Error::Tls { .. })));
}
