//! Connections, kept for the calls to come: TCP, TLS, HTTP/1.1 and 2.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Uri};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::{Client, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use tokio::runtime::{Handle, Id};
use tower_service::Service as _;

use super::connect_limit::Limited;
use super::guard::{Guarding, HTTP1_BUFFER, STREAM_WINDOW, WINDOW};
use super::tcp::{Stream, Tcp};
use crate::address::Resolver;
use crate::error::{BoxError, Error};

/// How long an unused connection is kept: shorter than common servers and load
/// balancers do, so that a call rarely meets a connection that is being closed.
pub(super) const IDLE: Duration = Duration::from_secs(30);

/// How many other runtimes' pools are kept. A service has one runtime, tests have many,
/// one after the other.
const KEPT: usize = 16;

/// Hands out a connection to where a request goes, a kept one if there is any.
type Pool = Client<Limited<Guarding<HttpsConnector<Tcp>>>, Full<Bytes>>;

/// A pool for each tokio runtime that calls.
///
/// Connections are driven by tasks of the runtime in which they were made, and break
/// when it ends: another runtime must not find them.
pub(super) struct Pools {
    tls: Arc<ClientConfig>,
    /// For connections that become sockets, which HTTP/2's don't.
    socket_tls: Arc<ClientConfig>,
    resolver: Resolver,
    connect: Duration,
    /// That of a service's one runtime, found without a lock.
    first: OnceLock<(Option<Id>, Pool)>,
    others: Mutex<VecDeque<(Option<Id>, Pool)>>,
}

impl Pools {
    pub(super) fn new(
        certificates: &[CertificateDer<'static>],
        resolver: Resolver,
        connect: Duration,
    ) -> Result<Self, Error> {
        let tls = tls(certificates)?;
        Ok(Self {
            socket_tls: Arc::new(only_http1(tls.clone())),
            tls: Arc::new(tls),
            resolver,
            connect,
            first: OnceLock::new(),
            others: Mutex::default(),
        })
    }

    /// Sends it on a connection of the runtime that this is called in.
    pub(super) fn request(&self, request: Request<Full<Bytes>>) -> ResponseFuture {
        let runtime = Handle::try_current().ok().map(|handle| handle.id());
        let (first, pool) = self.first.get_or_init(|| (runtime, self.pool()));
        if *first == runtime {
            return pool.request(request);
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pool)) = others.iter().find(|(known, _)| *known == runtime) {
            return pool.request(request);
        }
        let pool = self.pool();
        let pending = pool.request(request);
        if others.len() == KEPT {
            others.pop_front();
        }
        others.push_back((runtime, pool));
        pending
    }

    /// A connection of its own, on which HTTP/1 is spoken. What comes on it is for its owner to bound.
    pub(super) async fn connect(
        &self,
        to: Uri,
    ) -> Result<TokioIo<MaybeHttpsStream<Stream>>, BoxError> {
        let tcp = Tcp::new(self.resolver.clone(), self.connect);
        let mut connector = Limited::new(HttpsConnector::from((tcp, self.socket_tls.clone())));
        connector.call(to).await.map(TokioIo::new)
    }

    fn pool(&self) -> Pool {
        let tcp = Tcp::new(self.resolver.clone(), self.connect);
        let connector = HttpsConnector::from((tcp, self.tls.clone()));
        Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            // What connections are guarded by is made for these.
            .http1_max_buf_size(HTTP1_BUFFER)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(WINDOW)
            .build(Limited::new(Guarding::new(connector)))
    }
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pools")
    }
}

/// The same, where HTTP/2 is not offered.
pub(super) fn only_http1(mut tls: ClientConfig) -> ClientConfig {
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    tls
}

/// rustls with `ring`, named here instead of installed for the whole process.
pub(super) fn tls(extra: &[CertificateDer<'static>]) -> Result<ClientConfig, Error> {
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
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::config(format!("TLS can't be set up: {error}")))?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
