//! Deployments over TLS.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
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
