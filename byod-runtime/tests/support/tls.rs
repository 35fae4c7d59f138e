//! Deployments over TLS.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::{Reply, Request, Server};

/// A server with a certificate for the name given, and the certificate as PEM.
pub(crate) async fn server(
    name: &str,
    handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> (Server, String) {
    let (acceptor, pem) = acceptor(name, &[]);
    (Server::start_tls(acceptor, handler).await, pem)
}

/// Speaks TLS under a name and these protocols, and the certificate as PEM.
pub(crate) fn acceptor(name: &str, protocols: &[&str]) -> (TlsAcceptor, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.into()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().into())
        .collect();
    (Arc::new(config).into(), cert.pem())
}

/// As above, for clients alone that have the certificate and key which come last, as PEM.
pub(crate) fn acceptor_for_clients(name: &str) -> (TlsAcceptor, String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.into()]).unwrap();
    let client = generate_simple_self_signed(["the service".into()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let clients = roots([client.cert.der().clone()]);
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(clients), provider.clone());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let identity = client.signing_key.serialize_pem() + &client.cert.pem();
    (Arc::new(config).into(), cert.pem(), identity)
}

/// Trusts this certificate (PEM) alone.
pub(crate) fn trusting(pem: &str) -> ClientConfig {
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots([certificate]))
        .with_no_client_auth()
}

fn roots<const N: usize>(certificates: [CertificateDer<'static>; N]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    assert_eq!(roots.add_parsable_certificates(certificates), (N, 0));
    roots
}
