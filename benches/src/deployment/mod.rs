//! The deployment that all contenders call: a fixed and fast server with prepared
//! answers, so that what is measured is the callers. It speaks HTTP/1.1 with
//! connections kept alive, and the protocol of the official client's WebSocket.
//! It runs in a process of its own, on a core of its own; see [`Process`].

mod documents;
mod http;
mod process;
mod sync;

use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use byod_runtime::{Credentials, EncryptionKey};
use serde_json::json;

pub use self::documents::{conversations, success};
pub use self::process::{Process, Spent};

/// Documents in a small answer.
pub const SMALL: usize = 2;

/// Documents in a large answer.
pub const LARGE: usize = 1_000;

/// What the records of main are sealed with.
pub const ENCRYPTION_KEY: &str = "an encryption key that only the benchmarks have";

/// The deploy key of main, and of every user's deployment.
pub const DEPLOY_KEY: &str = "prod:happy-animal-123|only for benchmarks";

/// Users whose id begins with this each have a deployment of their own, which
/// nobody can reach; all others have this one.
pub const ELSEWHERE: &str = "elsewhere-";

/// Answers, and how many were given.
pub(crate) struct Answers {
    key: EncryptionKey,
    small: Prepared,
    large: Prepared,
    record: Vec<u8>,
    requests: AtomicU64,
}

/// One function's answer.
struct Prepared {
    value: String,
    answer: String,
    /// With the head of the HTTP response.
    response: Vec<u8>,
}

impl Prepared {
    fn new(count: usize) -> Self {
        let value = conversations(count);
        let answer = success(&value);
        let response = http::response(&answer);
        Self {
            value,
            answer,
            response,
        }
    }
}

impl Answers {
    fn new(url: String) -> Result<Self, byod_runtime::Error> {
        let key = EncryptionKey::parse(ENCRYPTION_KEY)?;
        let record = http::response(&success(&record(&key, "a user", &url)?));
        Ok(Self {
            key,
            small: Prepared::new(SMALL),
            large: Prepared::new(LARGE),
            record,
            requests: AtomicU64::new(0),
        })
    }

    /// The answer to a query with that many documents asked for.
    fn of(&self, request: &str) -> &Prepared {
        match request.contains(r#""limit":1000"#) {
            true => &self.large,
            false => &self.small,
        }
    }

    fn count(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }
}

/// A user's record on main, connected to the deployment at that URL.
fn record(key: &EncryptionKey, user: &str, url: &str) -> Result<String, byod_runtime::Error> {
    let sealed = key.seal(&Credentials {
        deployment_url: url.to_owned(),
        deploy_key: DEPLOY_KEY.into(),
    })?;
    Ok(json!({
        "_id": "j57aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "_creationTime": 1.0, "userId": user,
        "encryptedDeploymentUrl": sealed.encrypted_deployment_url,
        "encryptedDeployKey": sealed.encrypted_deploy_key,
        "encryptionIV": sealed.encryption_iv, "authTags": sealed.auth_tags,
        "connectionStatus": "connected", "schemaVersion": 1, "createdAt": 1, "updatedAt": 1,
    })
    .to_string())
}

/// Serves on this thread until the process ends.
pub fn serve(listener: TcpListener) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let url = format!("http://{}", listener.local_addr()?);
    let answers = Rc::new(Answers::new(url).map_err(io::Error::other)?);
    listener.set_nonblocking(true)?;
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let answers = answers.clone();
            tokio::task::spawn_local(async move {
                // A connection that ends is no failure of the server.
                let _ = connection(stream, &answers).await;
            });
        }
    })
}

async fn connection(stream: tokio::net::TcpStream, answers: &Answers) -> io::Result<()> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    // Only a WebSocket begins with a GET; every call is a POST.
    match first {
        [b'G'] => sync::serve(stream, answers).await,
        _ => http::serve(stream, answers).await,
    }
}
