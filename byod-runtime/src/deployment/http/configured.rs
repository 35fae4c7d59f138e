//! Clients that the service has set up with `reqwest`, and what byod sets over that.
//!
//! How connections are made is the service's: proxies, TLS, certificates, main's DNS.
//! What byod promises of them stays: where users' deployments may be, no redirects, the
//! limits, and that no secret is logged. What comes on a connection is not looked at
//! here, as the built-in way does (`guard`).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use hyper::{Request, Response};
use reqwest::{Certificate, Client, ClientBuilder, Proxy, redirect, retry};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use tower_layer::Layer;
use tower_service::Service;

use super::connect_limit::Limited;
use super::failure::chain;
use super::guard::{STREAM_WINDOW, WINDOW};
use super::pool::{IDLE, only_http1, tls};
use crate::address::{Destination, Resolver};
use crate::deployment::deadline::YEAR;
use crate::error::Error;

/// What the service has set up: for main, and for users' deployments.
pub(crate) struct Clients {
    pub(crate) main: ClientBuilder,
    pub(crate) users: ClientBuilder,
    /// The same, each for sockets.
    pub(crate) main_sockets: ClientBuilder,
    pub(crate) users_sockets: ClientBuilder,
}

/// A client of the service. Cheap to clone.
#[derive(Clone)]
pub(super) struct Configured {
    client: Client,
    sockets: Client,
    connect: Duration,
}

/// What byod sets over clients.
pub(super) struct SetOver<'a> {
    /// Trusted besides those that the client trusts.
    pub(super) certificates: &'a [CertificateDer<'static>],
    pub(super) proxy_from_env: bool,
    /// The usual limit on connecting.
    pub(super) connect: Duration,
}

impl Clients {
    /// As the built-in way is set up.
    pub(super) fn like_built_in(certificates: &[CertificateDer<'static>]) -> Result<Self, Error> {
        let tls = tls(certificates)?;
        let client = |tls: &rustls::ClientConfig| {
            let builder = Client::builder().pool_idle_timeout(IDLE);
            builder.tls_backend_preconfigured(tls.clone())
        };
        let http1 = only_http1(tls.clone());
        Ok(Self {
            main: client(&tls),
            users: client(&tls),
            main_sockets: client(&http1),
            users_sockets: client(&http1),
        })
    }

    /// The client for main, and the one for users' deployments, whose names stand for
    /// what the resolver says.
    pub(super) fn build(
        self,
        over: &SetOver<'_>,
        users: Resolver,
    ) -> Result<(Configured, Configured), Error> {
        // reqwest takes the process's for TLS, and panics where there is none.
        if CryptoProvider::get_default().is_none() {
            // Another thread may have been faster, which is as well.
            let _ = ring::default_provider().install_default();
        }
        // HTTP/2 has no sockets, and a kept connection would be no socket's.
        let set_sockets = |client: ClientBuilder| {
            let client = over.set(client)?.http1_only();
            Ok::<_, Error>(client.pool_max_idle_per_host(0))
        };
        let main = over.build(over.set(self.main)?, set_sockets(self.main_sockets)?)?;
        let resolved = |client: ClientBuilder| client.dns_resolver(users.clone());
        let users = over.build(
            resolved(over.set(self.users)?),
            resolved(set_sockets(self.users_sockets)?),
        )?;
        Ok((main, users))
    }
}

impl SetOver<'_> {
    /// Sets what byod promises.
    fn set(&self, builder: ClientBuilder) -> Result<ClientBuilder, Error> {
        let certificates = self.certificates.iter();
        let certificates = certificates.map(|certificate| Certificate::from_der(certificate));
        let certificates = certificates.collect::<Result<Vec<_>, _>>();
        let builder = builder
            .tls_certs_merge(certificates.map_err(unusable)?)
            .redirect(redirect::Policy::none())
            // What is sent again is byod's to decide, and counted.
            .retry(retry::never())
            // An answer is as large as what comes.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .http2_adaptive_window(false)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(WINDOW)
            // Each call has its own limits. The addresses of a name share this one.
            .timeout(YEAR)
            .read_timeout(YEAR)
            .connect_timeout(self.connect)
            .connector_layer(Connecting)
            // It would log whole requests.
            .connection_verbose(false);
        Ok(match self.proxy_from_env {
            true => builder,
            // As there is one, though for no request, the environment isn't asked.
            false => builder.proxy(Proxy::custom(|_| None::<&str>)),
        })
    }

    fn build(&self, calls: ClientBuilder, sockets: ClientBuilder) -> Result<Configured, Error> {
        Ok(Configured {
            client: calls.build().map_err(unusable)?,
            sockets: sockets.build().map_err(unusable)?,
            connect: self.connect,
        })
    }
}

fn unusable(error: reqwest::Error) -> Error {
    Error::config(format!("http_client: {}", chain(&error)))
}

impl Configured {
    /// How long connecting may take at most.
    pub(super) fn connect(&self) -> Duration {
        self.connect
    }

    pub(super) async fn send(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<reqwest::Body>, reqwest::Error> {
        let destination = Destination::of(request.uri());
        let request = reqwest::Request::try_from(request)?;
        let pending = self.client.execute(request);
        Ok(destination.scope(pending).await?.into())
    }

    /// Asks for a socket; the answer is one if it says so.
    pub(super) async fn open(
        &self,
        request: Request<Bytes>,
    ) -> Result<reqwest::Response, reqwest::Error> {
        let destination = Destination::of(request.uri());
        let request = reqwest::Request::try_from(request)?;
        destination.scope(self.sockets.execute(request)).await
    }
}

/// Not the client: its headers and proxies may hold secrets.
impl fmt::Debug for Configured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Configured")
    }
}

/// Gives connections the limit and the destination of the call that needs them.
#[derive(Clone)]
struct Connecting;

impl<C: Clone> Layer<C> for Connecting {
    type Service = Limited<ToDestination<C>>;

    fn layer(&self, connector: C) -> Self::Service {
        Limited::new(ToDestination(connector))
    }
}

/// A connector that knows where the call goes, also where the pool goes on with
/// connecting by itself.
#[derive(Clone)]
struct ToDestination<C>(C);

impl<C, T> Service<T> for ToDestination<C>
where
    C: Service<T>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = C::Error;
    type Future = BoxFuture<'static, Result<C::Response, C::Error>>;

    fn poll_ready(
        &mut self,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), C::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: T) -> Self::Future {
        let connecting = self.0.call(to);
        match Destination::of_the_call() {
            Some(destination) => Box::pin(destination.scope(connecting)),
            None => Box::pin(connecting),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::task::{Context, Poll};

    use futures_util::future::lazy;
    use hyper::Uri;

    use super::*;

    /// Says whether it knows where the call goes.
    struct Asked;

    impl Service<()> for Asked {
        type Response = bool;
        type Error = Infallible;
        type Future = BoxFuture<'static, Result<bool, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            Box::pin(async { Ok(Destination::of_the_call().is_some()) })
        }
    }

    #[tokio::test]
    async fn connecting_knows_where_to_also_after_the_call() {
        let connect = || ToDestination(Asked).call(());
        let url = Uri::from_static("https://deployment.example");
        let of_a_call = Destination::of(&url).scope(lazy(|_| connect())).await;
        assert!(tokio::spawn(of_a_call).await.unwrap().unwrap());
        assert!(!connect().await.unwrap());
    }
}
