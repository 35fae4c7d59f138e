//! What the way costs alone: frames that are ready, written to all clients one after the other, with nothing else to do.

use byod_sync::{Json, Modification, QueryId, ServerMessage, Timestamp, Token, Version};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::client::{Failure, SyncClient};

/// A deployment of which all clients watch one query.
pub(super) struct ReadyFrames {
    sockets: Vec<TcpStream>,
    moment: u64,
}

impl ReadyFrames {
    /// With so many clients, and the query that each watches.
    pub(super) async fn start(
        clients: usize,
    ) -> Result<(Self, Vec<(SyncClient, QueryId)>), Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let mut all = Vec::with_capacity(clients);
        let mut sockets = Vec::with_capacity(clients);
        for _ in 0..clients {
            let client = async {
                let mut client = SyncClient::open(&url, Token::None).await?;
                let query = client.watch("notes:get", &json!({})).await?;
                Ok((client, query))
            };
            let (client, socket) = tokio::try_join!(client, accept(&listener))?;
            all.push(client);
            sockets.push(socket);
        }
        Ok((Self { sockets, moment: 1 }, all))
    }

    /// Another value, to all of them.
    pub(super) async fn change(&mut self) -> Result<(), Failure> {
        let text = transition(self.moment, self.moment + 1)?;
        self.moment += 1;
        let mut frame = Vec::new();
        Frame::message(text, OpCode::Data(Data::Text), true).format(&mut frame)?;
        for socket in &mut self.sockets {
            socket.write_all(&frame).await?;
        }
        Ok(())
    }
}

async fn accept(listener: &TcpListener) -> Result<TcpStream, Failure> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let mut socket = accept_async(stream).await?;
    loop {
        let message = socket.next().await.ok_or("the client has gone")??;
        if message.is_text() && message.to_text()?.contains("ModifyQuerySet") {
            break;
        }
    }
    socket.send(Message::text(transition(0, 1)?)).await?;
    Ok(socket.into_inner())
}

/// A note as others are, at that moment.
fn transition(from: u64, to: u64) -> Result<String, Failure> {
    let version = |moment| Version {
        query_set: u32::from(moment > 0),
        identity: 0,
        ts: Timestamp(moment),
    };
    let note = json!({
        "_id": "0".repeat(32), "_creationTime": 0.0, "userId": "0".repeat(32), "title": to.to_string(),
        "content": "a note".repeat(20), "createdAt": 0.0, "updatedAt": 0.0,
    });
    let result = Modification::Result {
        id: QueryId(0),
        result: Ok(Json::of(&note)?),
        log_lines: Vec::new(),
        journal: None,
    };
    let transition = ServerMessage::Transition {
        start: version(from),
        end: version(to),
        modifications: vec![result],
        client_clock_skew: None,
        server_ts: None,
    };
    Ok(transition.to_text())
}
