//! A client of the sync protocol on one socket, as small as it can be: what is measured is who answers it.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byod_sync::{Client, Completion, Json, QueryId, Received, Request, SessionId, Token};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

pub(super) type Failure = Box<dyn Error + Send + Sync>;

/// How long anything may take: a figure beyond it is none.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct SyncClient {
    socket: WebSocketStream<TcpStream>,
    client: Client,
}

impl SyncClient {
    pub(super) async fn open(url: &str, token: Token) -> Result<Self, Failure> {
        let address = url.strip_prefix("http://").ok_or("another scheme")?;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let url = format!("ws://{address}/api/1.48.0/sync");
        // There are thousands of them in this process.
        let config = WebSocketConfig::default()
            .read_buffer_size(4096)
            .write_buffer_size(0);
        let (socket, _) = client_async_with_config(url, stream, Some(config)).await?;
        let mut client = Client::new(SessionId::random()?);
        client.set_token(token);
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        client.connected(now.as_millis() as i64);
        Ok(Self { socket, client })
    }

    /// Watches a query, and waits for its first value.
    pub(super) async fn watch(&mut self, path: &str, args: &Value) -> Result<QueryId, Failure> {
        let query = self.client.subscribe(path, Json::of(&[args])?);
        while self.client.result(query).is_none() {
            self.receive().await?;
        }
        match self.client.result(query) {
            Some(Ok(_)) => Ok(query),
            other => Err(format!("`{path}` gave {other:?}").into()),
        }
    }

    /// Waits until a query has another value.
    pub(super) async fn changed(&mut self, query: QueryId) -> Result<(), Failure> {
        while !self.receive().await?.changed.contains(&query) {}
        Ok(())
    }

    /// Runs a mutation until it is done, as clients see it: what they watch has its writes.
    pub(super) async fn mutate(&mut self, path: &str, args: &Value) -> Result<Received, Failure> {
        let id = self.client.next_request();
        self.client.mutate(Request {
            id,
            path: path.to_owned(),
            args: Json::of(&[args])?,
            component_path: None,
        });
        let mut all = Received::default();
        loop {
            let received = self.receive().await?;
            all.changed.extend(received.changed);
            let mut completed = received.completed.into_iter();
            match completed.find(|(of, _)| *of == id) {
                Some((_, Completion::Done { .. })) => return Ok(all),
                Some((_, other)) => return Err(format!("`{path}` ended as {other:?}").into()),
                None => {}
            }
        }
    }

    async fn receive(&mut self) -> Result<Received, Failure> {
        while let Some(message) = self.client.next_message() {
            self.socket.send(Message::text(message.to_text())).await?;
        }
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await?;
            match message.ok_or("the socket has ended")?? {
                Message::Text(text) => {
                    let received = self.client.receive(&text);
                    return received.map_err(|broken| format!("{broken:?}").into());
                }
                Message::Close(why) => return Err(format!("closed: {why:?}").into()),
                _ => {}
            }
        }
    }
}
