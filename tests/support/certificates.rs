//! Certificates that are sound, and ones that are not.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Certificate {
    Sound,
    Expired,
    OfAnotherHost,
    /// Sound, but nobody is told to trust it.
    Unknown,
}

/// A server's side of TLS, and its certificate as PEM, which a client may trust.
pub fn make(kind: Certificate) -> (TlsAcceptor, String) {
    let name = match kind {
        Certificate::OfAnotherHost => "elsewhere.example",
        _ => "localhost",
    };
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    if kind == Certificate::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    (Arc::new(config).into(), certificate.pem())
}
