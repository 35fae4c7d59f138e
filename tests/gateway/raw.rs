//! A client that says what it likes.

use byod_sync::{
    ClientMessage, Json, Query, QueryId, QuerySetChange, Request, RequestId, ServerMessage,
    SessionId, Token,
};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Gateway;

/// What only texts of that user have in them, wherever they are kept.
pub(crate) const MARKS: [(&str, &str); 2] = [("alice", "ALICES"), ("bob", "BOBS")];

/// A socket to a gateway. Whatever comes on it is searched for other users' texts.
pub(crate) struct Raw {
    socket: WebSocketStream<TcpStream>,
    /// Who it has said that it is.
    who: Option<&'static str>,
    identity: u32,
    requests: u32,
}

/// What came on it.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Message(ServerMessage),
    /// With a code and a reason.
    Closed(u16, String),
    Gone,
}

impl Raw {
    /// Opens a socket, which says who it is; the HTTP status in its place otherwise.
    pub(crate) async fn open(gateway: &Gateway) -> Result<Self, u16> {
        let mut raw = Self::silent(gateway.url.trim_start_matches("http://")).await?;
        raw.connect().await;
        Ok(raw)
    }

    /// One that has said nothing yet.
    pub(crate) async fn silent(address: &str) -> Result<Self, u16> {
        let host = address.split('/').next().unwrap();
        let stream = TcpStream::connect(host).await.unwrap();
        Self::over(stream, address).await
    }

    /// One that the system takes little for while it isn't read, straight from the gateway.
    pub(crate) async fn narrow(gateway: &Gateway) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4 << 10).unwrap();
        let stream = socket.connect(gateway.address).await.unwrap();
        let address = gateway.address.to_string();
        let mut raw = Self::over(stream, &address).await.unwrap();
        raw.connect().await;
        raw
    }

    async fn over(stream: TcpStream, address: &str) -> Result<Self, u16> {
        let url = format!("ws://{address}/api/1.48.0/sync");
        match tokio_tungstenite::client_async(url, stream).await {
            Ok((socket, _)) => Ok(Self {
                socket,
                who: None,
                identity: 0,
                requests: 0,
            }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    pub(crate) async fn connect(&mut self) {
        self.say(ClientMessage::Connect {
            session: SessionId::random().unwrap(),
            connection_count: 0,
            last_close_reason: Some("InitialConnect".to_owned()),
            max_observed_timestamp: None,
            client_ts: None,
        })
        .await;
    }

    pub(crate) async fn say(&mut self, message: ClientMessage) {
        // Whoever is closed hears why.
        let _ = self.socket.send(Message::text(message.to_text())).await;
    }

    pub(crate) async fn is(&mut self, who: &'static str, token: &str) {
        self.who = Some(who);
        let token = Token::User(token.to_owned());
        let base_version = self.identity;
        self.identity += 1;
        self.say(ClientMessage::Authenticate {
            base_version,
            token,
        })
        .await;
    }

    /// Watches those queries, without arguments, as its first ones.
    pub(crate) async fn watch(&mut self, paths: &[&str]) {
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

    pub(crate) async fn mutate(&mut self, path: &str, args: serde_json::Value) {
        let request = self.request(path, args);
        self.say(ClientMessage::Mutation(request)).await;
    }

    pub(crate) async fn act(&mut self, path: &str, args: serde_json::Value) {
        let request = self.request(path, args);
        self.say(ClientMessage::Action(request)).await;
    }

    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    for (user, mark) in MARKS {
                        let is_theirs = self.who == Some(user);
                        assert!(is_theirs || !text.contains(mark), "{:?}: {text}", self.who);
                    }
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
    pub(crate) async fn end(&mut self) -> Heard {
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
    pub(crate) async fn until(&mut self, text: &str) -> String {
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

    fn request(&mut self, path: &str, args: serde_json::Value) -> Request {
        let id = RequestId(self.requests);
        self.requests += 1;
        Request {
            id,
            path: path.to_owned(),
            args: Json::of(&[args]).unwrap(),
            component_path: None,
        }
    }
}
