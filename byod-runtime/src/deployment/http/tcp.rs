//! TCP connections, to whichever address of a name answers first.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, TryFutureExt as _};
use hyper::Uri;
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::connect_limit::left_to_connect;
use super::guard::{READ, Wire};
use crate::address::Resolver;

/// When a connection on which nothing comes is asked whether it is still there, and
/// how often and how many times before it is given up.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_TIMES: u32 = 3;

/// How long what was sent may be without an acknowledgement.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Connects to a host.
///
/// The addresses of a name share the time that the call has, so that one that is
/// silent leaves some to the next; or the usual time, if that is more, so that who is
/// in a hurry gives up none that is only slow.
#[derive(Clone)]
pub(super) struct Tcp {
    connector: HttpConnector<Resolver>,
    usual: Duration,
}

impl Tcp {
    pub(super) fn new(resolver: Resolver, usual: Duration) -> Self {
        let mut connector = HttpConnector::new_with_resolver(resolver);
        // TLS comes on top.
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_keepalive(Some(KEEPALIVE));
        connector.set_keepalive_interval(Some(KEEPALIVE));
        connector.set_keepalive_retries(Some(KEEPALIVE_TIMES));
        #[cfg(target_os = "linux")]
        connector.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        Self { connector, usual }
    }
}

impl Service<Uri> for Tcp {
    type Response = Stream;
    type Error = <HttpConnector<Resolver> as Service<Uri>>::Error;
    type Future = BoxFuture<'static, Result<Stream, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let shared = left_to_connect().map(|left| left.max(self.usual));
        self.connector.set_connect_timeout(shared);
        let connecting = self.connector.call(to);
        connecting.map_ok(Stream::new).boxed()
    }
}

/// A connection that counts what comes on it.
pub(super) struct Stream {
    io: TokioIo<TcpStream>,
    came: u64,
}

impl Stream {
    fn new(io: TokioIo<TcpStream>) -> Self {
        Self { io, came: 0 }
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
        self.io.connected()
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // How much it is can be seen in a buffer of one's own alone.
        let mut room = [const { MaybeUninit::uninit() }; READ];
        let most = buffer.remaining().min(READ);
        let mut read = ReadBuf::uninit(&mut room[..most]);
        ready!(Pin::new(&mut self.io).poll_read(context, read.unfilled()))?;
        let bytes = read.filled();
        self.came += bytes.len() as u64;
        buffer.put_slice(bytes);
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }
}
