//! A deployment that answers as an attacker would, byte by byte.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::tls;

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Over {
    Http1,
    /// HTTP/1 over TLS.
    Tls,
    /// HTTP/2 over TLS.
    Http2,
}

/// What comes in place of an answer.
#[derive(Clone)]
pub(crate) enum Sends {
    /// That body with that status, as a sound server sends it.
    Body(u16, Bytes),
    /// First these, then this for ever.
    Flood { first: Vec<u8>, then: Vec<u8> },
    /// First these, and after a pause this for ever.
    After { first: Vec<u8>, then: Vec<u8> },
    /// These, byte by byte, each in a packet or a record of its own, after such a pause.
    Drop { bytes: Vec<u8>, pause: Duration },
    /// These, and its half of the connection ends.
    HalfClosed(Vec<u8>),
    /// These settings of HTTP/2, and sound answers to all that comes; where it is said, what
    /// a call may send is let through byte by byte.
    Settings { settings: Vec<u8>, opens: bool },
}

/// It, running in a thread of its own.
pub(crate) struct Hostile {
    pub(crate) url: String,
    /// Its certificate.
    pub(crate) pem: Option<String>,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Connections on which it began to send.
    begun: AtomicUsize,
    /// Those that the client closed.
    closed: AtomicUsize,
    /// What was sent on all of them.
    bytes: AtomicUsize,
}

impl Hostile {
    pub(crate) fn start(over: Over, sends: Sends) -> Self {
        let (acceptor, pem) = match over {
            Over::Http1 => (None, None),
            Over::Tls => Some(tls::acceptor("localhost", &["http/1.1"])).unzip(),
            Over::Http2 => Some(tls::acceptor("localhost", &["h2"])).unzip(),
        };
        let seen = Arc::<Seen>::default();
        let (tell, told) = std::sync::mpsc::channel::<SocketAddr>();
        let shared = seen.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    stream.set_nodelay(true).unwrap();
                    let (acceptor, sends, seen) = (acceptor.clone(), sends.clone(), shared.clone());
                    tokio::spawn(async move {
                        // How it ends is what the client does to it.
                        let _ = connection(stream, acceptor, over, sends, &seen).await;
                    });
                }
            });
        });
        let port = told.recv().unwrap().port();
        let url = match over {
            Over::Http1 => format!("http://localhost:{port}"),
            _ => format!("https://localhost:{port}"),
        };
        Self { url, pem, seen }
    }

    /// How much it has sent.
    pub(crate) fn sent(&self) -> usize {
        self.seen.bytes.load(Ordering::SeqCst)
    }

    /// Whether the client closed every connection on which it began to send.
    pub(crate) fn is_closed(&self) -> bool {
        let begun = self.seen.begun.load(Ordering::SeqCst);
        begun > 0 && self.seen.closed.load(Ordering::SeqCst) == begun
    }
}

async fn connection(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    over: Over,
    sends: Sends,
    seen: &Seen,
) -> io::Result<()> {
    match acceptor {
        Some(acceptor) => speak(acceptor.accept(stream).await?, over, sends, seen).await,
        None => speak(stream, over, sends, seen).await,
    }
}

async fn speak<S>(mut stream: S, over: Over, sends: Sends, seen: &Seen) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    if let Sends::Body(status, body) = sends {
        sound(stream, over, status, body).await;
        return Ok(());
    }
    if let Sends::Settings { settings, opens } = sends {
        return with_settings(&mut stream, &settings, opens).await;
    }
    match over {
        Over::Http2 => request2(&mut stream).await?,
        _ => request1(&mut stream).await?,
    }
    seen.begun.fetch_add(1, Ordering::SeqCst);
    let result = send(&mut stream, sends, seen).await;
    seen.closed.fetch_add(1, Ordering::SeqCst);
    result
}

/// As a server that knows nothing of attacks.
async fn sound<S>(stream: S, over: Over, status: u16, body: Bytes)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = service_fn(move |request: Request<hyper::body::Incoming>| {
        let body = body.clone();
        async move {
            drop(request);
            Response::builder().status(status).body(Full::new(body))
        }
    });
    let io = TokioIo::new(stream);
    // The client closes as it likes.
    let _ = match over {
        Over::Http2 => {
            let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            server.serve_connection(io, answer).await
        }
        _ => {
            let server = hyper::server::conn::http1::Builder::new();
            server.serve_connection(io, answer).await
        }
    };
}

/// Writes until the client doesn't want any more.
async fn send<S>(stream: &mut S, sends: Sends, seen: &Seen) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let count = |bytes: usize| seen.bytes.fetch_add(bytes, Ordering::SeqCst);
    let (first, then) = match sends {
        Sends::Body(..) | Sends::Settings { .. } => return Ok(()),
        Sends::Flood { first, then } => (first, then),
        Sends::After { first, then } => {
            stream.write_all(&first).await?;
            stream.flush().await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
            (Vec::new(), then)
        }
        Sends::Drop { bytes, pause } => {
            for byte in &bytes {
                stream.write_all(&[*byte]).await?;
                stream.flush().await?;
                count(1);
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
            return closed(stream).await;
        }
        Sends::HalfClosed(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await?;
            return closed(stream).await;
        }
    };
    stream.write_all(&first).await?;
    loop {
        stream.write_all(&then).await?;
        count(then.len());
    }
}

/// Waits until the client has closed the connection.
async fn closed<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<()> {
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// Reads a request, whatever it is.
async fn request1<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<()> {
    let mut request = Vec::new();
    // All requests here end with their arguments.
    while !request.ends_with(b"}") {
        if stream.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

/// Reads a request, and says what a server says first; the stream is 1.
async fn request2<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    begin2(stream, &[]).await?;
    while !frame2(stream).await?.ends {}
    Ok(())
}

/// Answers all requests.
async fn with_settings<S>(stream: &mut S, settings: &[u8], opens: bool) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    const BODY: &[u8] = br#"{"status":"success","value":"ok","logLines":[]}"#;
    begin2(stream, settings).await?;
    loop {
        let Frame { kind, of, ends } = frame2(stream).await?;
        if ends {
            // Number 8 of the static table: status 200.
            let head = frame(HEADERS, END_HEADERS, of, b"\x88");
            let answer = [head, frame(DATA, END_STREAM, of, BODY)].concat();
            stream.write_all(&answer).await?;
        } else if opens && kind == HEADERS {
            let byte = frame(WINDOW_UPDATE, 0, of, &[0, 0, 0, 1]);
            stream.write_all(&byte.repeat(500)).await?;
        }
        stream.flush().await?;
    }
}

async fn begin2<S>(stream: &mut S, settings: &[u8]) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await?;
    stream.write_all(&frame(SETTINGS, 0, 0, settings)).await?;
    stream.flush().await
}

/// What the client sent.
struct Frame {
    kind: u8,
    /// The stream.
    of: u32,
    /// Whether a request is complete with it.
    ends: bool,
}

/// Reads the next frame, and acknowledges settings.
async fn frame2<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<Frame> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await?;
    let [a, b, c, kind, flags, of @ ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
    stream.read_exact(&mut payload).await?;
    if kind == SETTINGS && flags & 1 == 0 {
        stream.write_all(&frame(SETTINGS, 1, 0, &[])).await?;
    }
    Ok(Frame {
        kind,
        of: u32::from_be_bytes(of),
        ends: matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0,
    })
}

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A frame of HTTP/2.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = (payload.len() as u32).to_be_bytes();
    let mut frame = vec![a, b, c, kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}
