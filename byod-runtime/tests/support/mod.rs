//! A deployment that answers as a test tells it to, over real sockets.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod live;
pub(crate) mod proxies;
pub(crate) mod tls;
mod way;
pub(crate) mod world;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader,
    copy_bidirectional,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use live::Watchable;
pub(crate) use way::Way;

/// What a client sent.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    /// By their names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Value,
}

impl Request {
    /// The function path, of a request that calls one function.
    pub(crate) fn path(&self) -> &str {
        self.body["path"].as_str().unwrap_or_default()
    }
}

/// What the deployment does with it.
pub(crate) enum Reply {
    /// A whole answer.
    Status(u16, String),
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// Nothing at all.
    Hang,
    /// The answer, after a while.
    Later(Duration, Box<Reply>),
}

/// The answer of a function that returned `value`.
pub(crate) fn success(value: Value) -> Reply {
    let answer = json!({"status": "success", "value": value, "logLines": []});
    Reply::Status(200, answer.to_string())
}

/// Where connecting takes a while longer than at the port given.
pub(crate) async fn slow_way_to(port: u16, delay: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let slow = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                // TLS, without which there is no connection, waits as long.
                tokio::time::sleep(delay).await;
                let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _ = copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    slow
}

/// Waits until something is so; a test in which it never is fails.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
    waited.unwrap();
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// A running server; it ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    /// What is watched on its sockets.
    pub(crate) live: Watchable,
}

impl Server {
    pub(crate) async fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("http", None, Arc::new(handler)).await
    }

    /// Over TLS; [`tls::server`] makes the certificate.
    pub(crate) async fn start_tls(
        tls: TlsAcceptor,
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen("https", Some(tls), Arc::new(handler)).await
    }

    async fn listen(scheme: &str, tls: Option<TlsAcceptor>, handler: Arc<Handler>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self {
            url: format!("{scheme}://localhost:{port}"),
            port,
            requests: Arc::default(),
            live: Watchable::default(),
        };
        let (requests, live) = (server.requests.clone(), server.live.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, handler, requests) = (tls.clone(), handler.clone(), requests.clone());
                let live = live.clone();
                tokio::spawn(async move {
                    // A client may break off at any time; that ends the connection, no more.
                    let _ = match tls {
                        None => serve(stream, &*handler, &requests, &live).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &*handler, &requests, &live).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        server
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The number of requests since the last time this was asked.
    pub(crate) fn take_count(&self) -> usize {
        std::mem::take(&mut *self.requests.lock().unwrap()).len()
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    handler: &Handler,
    requests: &Mutex<Vec<Request>>,
    live: &Watchable,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    if stream.fill_buf().await?.starts_with(b"GET /api/sync ") {
        if live.lock().refuses_sockets {
            let refusal = "HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n";
            return stream.write_all(refusal.as_bytes()).await;
        }
        live.serve(stream).await;
        return Ok(());
    }
    while let Some(request) = read(&mut stream).await? {
        requests.lock().unwrap().push(request.clone());
        let mut reply = handler(&request);
        while let Reply::Later(delay, then) = reply {
            tokio::time::sleep(delay).await;
            reply = *then;
        }
        match reply {
            Reply::Status(status, body) => {
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n");
                stream.write_all(format!("{head}{body}").as_bytes()).await?;
                stream.flush().await?;
            }
            Reply::Bytes(bytes) => {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
                return Ok(());
            }
            Reply::Hang | Reply::Later(..) => std::future::pending().await,
        }
    }
    Ok(())
}

async fn read(stream: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut headers = HashMap::new();
    loop {
        let mut header = Vec::new();
        stream.read_until(b'\n', &mut header).await?;
        let header = String::from_utf8_lossy(&header).trim().to_owned();
        let Some((name, value)) = header.split_once(": ") else {
            break;
        };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers["content-length"].parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Request {
        line: line.trim().to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap(),
    }))
}
