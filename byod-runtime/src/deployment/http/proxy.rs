//! The way to a deployment: straight, or through the proxy of the environment.

use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::{fmt, io};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::guard::{READ, Wire};
use super::tcp::Tcp;
use crate::error::BoxError;

/// The proxies that the environment names, and the hosts that it excepts.
#[derive(Clone)]
pub(super) struct Proxies(Arc<Matcher>);

impl Proxies {
    pub(super) fn from_env() -> Self {
        Self(Arc::new(Matcher::from_env()))
    }

    /// What a request has to tell the proxy, if it goes to one as it is. Encrypted
    /// ones go through a tunnel, whose making it was told at.
    pub(super) fn authorization(&self, to: &Uri) -> Option<HeaderValue> {
        if is_encrypted(to) {
            return None;
        }
        let mut value = self.0.intercept(to)?.basic_auth()?.clone();
        value.set_sensitive(true);
        Some(value)
    }
}

/// Not what they are: a proxy's URL may hold a password.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxies")
    }
}

fn is_encrypted(to: &Uri) -> bool {
    to.scheme_str() == Some("https")
}

/// Makes the connection under that to a deployment, or to its TLS.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) tcp: Tcp,
    pub(super) proxies: Option<(Proxies, ToProxy)>,
}

/// Connects to a proxy, which may itself speak TLS.
pub(super) type ToProxy = HttpsConnector<Tcp>;

impl Service<Uri> for Way {
    type Response = Stream;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Stream, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(BoxError::from)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let proxy = self.proxies.as_ref().and_then(|(proxies, to_proxy)| {
            let proxy = proxies.0.intercept(&to)?;
            Some((proxy, to_proxy.clone()))
        });
        let Some((proxy, mut to_proxy)) = proxy else {
            let connecting = self.tcp.call(to);
            return async move { Ok(Kind::Straight(connecting.await?).into()) }.boxed();
        };
        if !is_encrypted(&to) {
            let connecting = to_proxy.call(proxy.uri().clone());
            return async move { Ok(Kind::Forwarded(Box::new(connecting.await?)).into()) }.boxed();
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), to_proxy);
        if let Some(authorization) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        async move { Ok(Kind::Tunneled(Box::new(tunnel.call(to).await?)).into()) }.boxed()
    }
}

/// A connection of any way, which counts what comes on it.
pub(super) struct Stream {
    way: Kind,
    came: u64,
}

enum Kind {
    Straight(TokioIo<TcpStream>),
    /// To a proxy that is told with each request where it goes.
    Forwarded(Box<MaybeHttpsStream<TokioIo<TcpStream>>>),
    /// To a proxy that passes on what it gets.
    Tunneled(Box<MaybeHttpsStream<TokioIo<TcpStream>>>),
}

trait Io: Read + Write + Unpin {}

impl<T: Read + Write + Unpin> Io for T {}

impl Stream {
    fn io(self: Pin<&mut Self>) -> Pin<&mut dyn Io> {
        match &mut self.get_mut().way {
            Kind::Straight(io) => Pin::new(io),
            Kind::Forwarded(io) | Kind::Tunneled(io) => Pin::new(io),
        }
    }
}

impl From<Kind> for Stream {
    fn from(way: Kind) -> Self {
        Self { way, came: 0 }
    }
}

/// With what TLS adds, where it is on top of it.
impl Wire for MaybeHttpsStream<Stream> {
    fn came(&self) -> u64 {
        match self {
            Self::Http(stream) => stream.came,
            Self::Https(tls) => tls.inner().get_ref().0.inner().came,
        }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        match &self.way {
            Kind::Straight(io) => io.connected(),
            Kind::Forwarded(io) => io.connected().proxy(true),
            Kind::Tunneled(io) => io.connected(),
        }
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // How much it is can be seen in a buffer of one's own alone.
        let this = self.get_mut();
        let mut room = [const { MaybeUninit::uninit() }; READ];
        let most = buffer.remaining().min(READ);
        let mut read = ReadBuf::uninit(&mut room[..most]);
        ready!(
            Pin::new(&mut *this)
                .io()
                .poll_read(context, read.unfilled())
        )?;
        let bytes = read.filled();
        this.came += bytes.len() as u64;
        buffer.put_slice(bytes);
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.io().poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.way {
            Kind::Straight(io) => io.is_write_vectored(),
            Kind::Forwarded(io) | Kind::Tunneled(io) => io.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io().poll_write_vectored(context, slices)
    }
}
