//! A client that says what it likes.

use byod_sync::{
    ClientMessage, Json, Query, QueryId, QuerySetChange, Request, RequestId, ServerMessage,
    SessionId, Token,
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Gateway;

/// A socket to a gateway.
pub(super) struct Raw(WebSocketStream<TcpStream>);

/// What came on it.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    Message(ServerMessage),
    /// With a code and a reason.
    Closed(u16, String),
    Gone,
}

impl Raw {
    /// Opens a socket, which says who it is; the HTTP status in its place otherwise.
    pub(super) async fn open(gateway: &Gateway) -> Result<Self, u16> {
        let address = gateway.url.trim_start_matches("http://");
        let host = address.split('/').next().unwrap();
        let stream = TcpStream::connect(host).await.unwrap();
        let url = format!("ws://{address}/api/1.48.0/sync");
        match tokio_tungstenite::client_async(url, stream).await {
            Ok((socket, _)) => {
                let mut raw = Self(socket);
                raw.say(ClientMessage::Connect {
                    session: SessionId::random().unwrap(),
                    connection_count: 0,
                    last_close_reason: Some("InitialConnect".to_owned()),
                    max_observed_timestamp: None,
                    client_ts: None,
                })
                .await;
                Ok(raw)
            }
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    pub(super) async fn say(&mut self, message: ClientMessage) {
        // Whoever is closed hears why.
        let _ = self.0.send(Message::text(message.to_text())).await;
    }

    pub(super) async fn is(&mut self, token: &str) {
        let token = Token::User(token.to_owned());
        let base_version = 0;
        self.say(ClientMessage::Authenticate {
            base_version,
            token,
        })
        .await;
    }

    /// Watches those queries, without arguments, as its first ones.
    pub(super) async fn watch(&mut self, paths: &[&str]) {
        let add = |(number, path): (usize, &&str)| {
            QuerySetChange::Add(Query {
                id: QueryId(number as u32),
                path: (*path).to_owned(),
                args: Json::parse("[{}]").unwrap(),
                journal: None,
                component_path: None,
            })
        };
        self.say(ClientMessage::ModifyQuerySet {
            base_version: 0,
            new_version: 1,
            changes: paths.iter().enumerate().map(add).collect(),
        })
        .await;
    }

    pub(super) async fn mutate(&mut self, path: &str, args: serde_json::Value) {
        self.say(ClientMessage::Mutation(request(path, args))).await;
    }

    pub(super) async fn act(&mut self, path: &str, args: serde_json::Value) {
        self.say(ClientMessage::Action(request(path, args))).await;
    }

    pub(super) async fn hear(&mut self) -> Heard {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Message(ServerMessage::parse(&text).unwrap());
                }
                Some(Ok(Message::Close(Some(close)))) => {
                    return Heard::Closed(close.code.into(), close.reason.to_string());
                }
                Some(Ok(_)) => {}
                None | Some(Err(_)) => return Heard::Gone,
            }
        }
    }

    /// How it ended, whatever came before.
    pub(super) async fn end(&mut self) -> Heard {
        loop {
            match self.hear().await {
                Heard::Message(ServerMessage::FatalError { message }) => {
                    return Heard::Closed(0, message);
                }
                Heard::Message(_) => {}
                ended => return ended,
            }
        }
    }

    /// The text of the next message that has that in it.
    pub(super) async fn until(&mut self, text: &str) -> String {
        loop {
            match self.hear().await {
                Heard::Message(message) => {
                    let message = message.to_text();
                    if message.contains(text) {
                        return message;
                    }
                }
                ended => panic!("{ended:?} before `{text}`"),
            }
        }
    }
}

fn request(path: &str, args: serde_json::Value) -> Request {
    Request {
        id: RequestId(0),
        path: path.to_owned(),
        args: Json::of(&[args]).unwrap(),
        component_path: None,
    }
}
