//! A proxy between the runtime and a deployment that does to calls what networks,
//! load balancers and failing machines do.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
    copy_bidirectional,
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What happens to a call.
#[derive(Clone, Copy)]
pub enum Fault {
    /// The connection is there, and is reset before anything is read; before TLS, where
    /// there is TLS.
    ResetConnecting,
    /// The connection is there, and nobody listens to it.
    HangConnecting,
    /// The connection is reset when a part of the call has been read. The deployment
    /// gets nothing.
    ResetSending,
    /// This is the answer. The deployment gets nothing.
    Instead(fn() -> Vec<u8>),
    /// The function runs, and this happens to its answer.
    Answer(Spoiled),
}

/// What happens to the answer of a function that has run.
#[derive(Clone, Copy)]
pub enum Spoiled {
    /// The connection is reset before the first byte, or in the middle.
    Reset(Part),
    /// Nothing comes after this.
    Hang(Part),
    /// One byte a second.
    Slow,
    /// All of it, after that time.
    Late(Duration),
    /// Something else comes, given what the function answered.
    Changed(fn(&[u8]) -> Vec<u8>),
}

/// How much of an answer is sent.
#[derive(Clone, Copy)]
pub enum Part {
    Nothing,
    HalfOfHead,
    Head,
    HalfOfBody,
}

impl Part {
    fn of(self, message: &Message) -> &[u8] {
        let Message { bytes, head } = message;
        match self {
            Self::Nothing => &[],
            Self::HalfOfHead => &bytes[..head / 2],
            Self::Head => &bytes[..*head],
            Self::HalfOfBody => &bytes[..(head + bytes.len()) / 2],
        }
    }
}

/// A running proxy. It stops when it is dropped, and closes its connections.
pub struct Proxy {
    pub url: String,
    state: Arc<State>,
    server: JoinHandle<()>,
    refuse: mpsc::UnboundedSender<Duration>,
}

struct State {
    deployment: SocketAddr,
    /// What happens, and to how many calls from now on.
    fault: Mutex<Option<(Fault, usize)>>,
    calls: AtomicUsize,
    open: AtomicUsize,
    /// That a fault begins: sockets that are open then are cut.
    struck: Notify,
    /// What connections have in place of their own certificate, from now on.
    certificate: Mutex<Option<TlsAcceptor>>,
}

impl Proxy {
    /// In front of the deployment at that address.
    pub async fn start(deployment: SocketAddr) -> Self {
        Self::listen(deployment, None).await
    }

    /// The same over TLS, as `localhost`.
    pub async fn start_tls(deployment: SocketAddr, tls: TlsAcceptor) -> Self {
        Self::listen(deployment, Some(tls)).await
    }

    async fn listen(deployment: SocketAddr, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let state = Arc::new(State {
            deployment,
            fault: Mutex::default(),
            calls: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            struck: Notify::new(),
            certificate: Mutex::default(),
        });
        let shared = state.clone();
        let (refuse, mut refusals) = mpsc::unbounded_channel();
        let server = tokio::spawn(async move {
            let (mut listener, mut connections) = (listener, JoinSet::new());
            loop {
                tokio::select! {
                    Ok((stream, _)) = listener.accept() => {
                        let (state, tls) = (shared.clone(), tls.clone());
                        // A connection that breaks concerns nobody else.
                        connections.spawn(async move { state.connection(stream, tls).await.ok() });
                    }
                    Some(_) = connections.join_next() => {}
                    Some(time) = refusals.recv() => {
                        connections.shutdown().await;
                        drop(listener);
                        // The port stays its own, and nobody listens.
                        let socket = TcpSocket::new_v4().unwrap();
                        socket.set_reuseaddr(true).unwrap();
                        socket.bind(([127, 0, 0, 1], port).into()).unwrap();
                        tokio::time::sleep(time).await;
                        listener = socket.listen(1024).unwrap();
                    }
                }
            }
        });
        Self {
            url: format!("{scheme}://localhost:{port}"),
            state,
            server,
            refuse,
        }
    }

    /// From now on this happens to calls.
    pub fn strike(&self, fault: Fault) {
        self.strike_times(fault, usize::MAX);
    }

    /// This happens to so many calls.
    pub fn strike_times(&self, fault: Fault, times: usize) {
        *self.state.fault() = Some((fault, times));
        self.state.struck.notify_waiters();
    }

    /// Calls pass from now on.
    pub fn heal(&self) {
        *self.state.fault() = None;
    }

    /// Closes all connections, and refuses others for that time.
    pub async fn refuse_for(&self, time: Duration) {
        self.refuse.send(time).unwrap();
        tokio::time::sleep(time).await;
    }

    /// Closes all connections at their next call; others have that certificate, or with
    /// `None` their own again.
    pub fn certificate(&self, certificate: Option<TlsAcceptor>) {
        *self.state.certificate() = certificate;
    }

    /// The calls that came so far, each attempt counted; also those that were broken
    /// before they said what they are.
    pub fn calls(&self) -> usize {
        self.state.calls.load(Ordering::SeqCst)
    }

    /// The connections that are open now.
    pub fn open_connections(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// How the answer begins that makes a WebSocket of a connection.
const SOCKET: &[u8] = b"HTTP/1.1 101";

/// Counts a connection while it is open.
struct Open<'a>(&'a AtomicUsize);

impl<'a> Open<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl State {
    fn fault(&self) -> std::sync::MutexGuard<'_, Option<(Fault, usize)>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn certificate(&self) -> std::sync::MutexGuard<'_, Option<TlsAcceptor>> {
        let certificate = self.certificate.lock();
        certificate.unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to the call that begins now, if it is one of those.
    fn struck(&self, is_one: impl Fn(Fault) -> bool) -> Option<Fault> {
        let mut present = self.fault();
        let (fault, times) = (*present).filter(|(fault, _)| is_one(*fault))?;
        *present = (times > 1).then(|| (fault, times.saturating_sub(1)));
        Some(fault)
    }

    async fn connection(&self, stream: TcpStream, tls: Option<TlsAcceptor>) -> io::Result<()> {
        let _open = Open::begin(&self.open);
        stream.set_nodelay(true)?;
        let connecting = |fault| matches!(fault, Fault::ResetConnecting | Fault::HangConnecting);
        if let Some(fault) = self.struck(connecting) {
            self.calls.fetch_add(1, Ordering::SeqCst);
            return match fault {
                Fault::ResetConnecting => {
                    // So that the other side is done with TCP.
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    stream.set_zero_linger()
                }
                _ => hang(stream).await,
            };
        }
        let Some(tls) = tls else {
            return self.serve(BufReader::new(stream), false).await;
        };
        // The call that the connection is made for, also if TLS comes to nothing.
        self.calls.fetch_add(1, Ordering::SeqCst);
        let tls = self.certificate().clone().unwrap_or(tls);
        let stream = tls.accept(stream).await?;
        self.serve(BufReader::new(stream), true).await
    }

    /// The first call may be counted already.
    async fn serve<S: Resets>(
        &self,
        mut client: BufReader<S>,
        mut counted: bool,
    ) -> io::Result<()> {
        let mut deployment: Option<BufReader<TcpStream>> = None;
        while !client.fill_buf().await?.is_empty() {
            if !std::mem::take(&mut counted) {
                self.calls.fetch_add(1, Ordering::SeqCst);
            }
            if self.certificate().is_some() {
                return Ok(());
            }
            let fault = self.struck(|_| true);
            match fault {
                Some(Fault::ResetConnecting | Fault::ResetSending) => {
                    return client.get_ref().reset();
                }
                Some(Fault::HangConnecting) => return hang(client).await,
                _ => {}
            }
            let Some(request) = Message::read(&mut client).await? else {
                return Ok(());
            };
            if let Some(Fault::Instead(answer)) = fault {
                client.write_all(&answer()).await?;
                client.flush().await?;
                continue;
            }
            let there = match &mut deployment {
                Some(there) => there,
                None => {
                    let there = TcpStream::connect(self.deployment).await?;
                    there.set_nodelay(true)?;
                    deployment.insert(BufReader::new(there))
                }
            };
            there.write_all(&request.bytes).await?;
            let Some(answer) = Message::read(there).await? else {
                return Ok(());
            };
            let Some(Fault::Answer(spoiled)) = fault else {
                client.write_all(&answer.bytes).await?;
                client.flush().await?;
                if !answer.bytes.starts_with(SOCKET) {
                    continue;
                }
                return tokio::select! {
                    ended = copy_bidirectional(&mut client, there) => ended.map(drop),
                    () = self.struck.notified() => client.get_ref().reset(),
                };
            };
            match spoiled {
                Spoiled::Changed(change) => {
                    client.write_all(&change(&answer.bytes)).await?;
                    client.flush().await?;
                }
                Spoiled::Hang(part) => {
                    client.write_all(part.of(&answer)).await?;
                    client.flush().await?;
                    return hang(client).await;
                }
                Spoiled::Reset(part) => {
                    client.write_all(part.of(&answer)).await?;
                    client.flush().await?;
                    // So that what was sent arrives before the reset.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    return client.get_ref().reset();
                }
                Spoiled::Late(time) => {
                    tokio::time::sleep(time).await;
                    client.write_all(&answer.bytes).await?;
                    client.flush().await?;
                }
                Spoiled::Slow => {
                    for byte in &answer.bytes {
                        client.write_all(std::slice::from_ref(byte)).await?;
                        client.flush().await?;
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Says nothing until the other side gives up.
async fn hang(mut stream: impl AsyncRead + Unpin) -> io::Result<()> {
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(())
}

/// A connection that can end with a reset instead of an orderly end.
trait Resets: AsyncRead + AsyncWrite + Unpin {
    /// From now on: dropping it resets it.
    fn reset(&self) -> io::Result<()>;
}

impl Resets for TcpStream {
    fn reset(&self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

impl Resets for TlsStream<TcpStream> {
    fn reset(&self) -> io::Result<()> {
        self.get_ref().0.set_zero_linger()
    }
}

/// A request or an answer of HTTP/1.1, with its length in the head.
struct Message {
    bytes: Vec<u8>,
    /// How many of the bytes are the head's.
    head: usize,
}

impl Message {
    async fn read(stream: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let mut length = 0;
        loop {
            let line = bytes.len();
            if stream.read_until(b'\n', &mut bytes).await? == 0 {
                return Ok(None);
            }
            let line = String::from_utf8_lossy(&bytes[line..]).to_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().map_err(io::Error::other)?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let head = bytes.len();
        bytes.resize(head + length, 0);
        stream.read_exact(&mut bytes[head..]).await?;
        Ok(Some(Self { bytes, head }))
    }
}
