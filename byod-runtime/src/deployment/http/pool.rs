//! Connections, kept for the calls to come: TCP, TLS, HTTP/1.1 and 2.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;

use super::connect_limit::Limited;
use super::guard::{Guarding, HTTP1_BUFFER, STREAM_WINDOW, WINDOW};
use super::tcp::Tcp;
use crate::address::Resolver;
use crate::error::Error;

/// How long an unused connection is kept: shorter than common servers and load
/// balancers do, so that a call rarely meets a connection that is being closed.
pub(super) const IDLE: Duration = Duration::from_secs(30);

/// Hands out a connection to where a request goes, a kept one if there is any.
pub(super) type Pool = Client<Limited<Guarding<HttpsConnector<Tcp>>>, Full<Bytes>>;

/// A pool of its own.
pub(super) fn pool(
    certificates: &[CertificateDer<'static>],
    resolver: Resolver,
    connect: Duration,
) -> Result<Pool, Error> {
    let connector = HttpsConnector::from((Tcp::new(resolver, connect), tls(certificates)?));
    Ok(Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE)
        .pool_timer(TokioTimer::new())
        // What connections are guarded by is made for these.
        .http1_max_buf_size(HTTP1_BUFFER)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(WINDOW)
        .build(Limited::new(Guarding::new(connector))))
}

/// rustls with `ring`, named here instead of installed for the whole process.
pub(super) fn tls(extra: &[CertificateDer<'static>]) -> Result<rustls::ClientConfig, Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        // A bare container has no certificates: Mozilla's, compiled in, then.
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for certificate in extra {
        roots.add(certificate.clone()).map_err(|error| {
            Error::config(format!(
                "root_certificate: not a usable certificate: {error}"
            ))
        })?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::config(format!("TLS can't be set up: {error}")))?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
