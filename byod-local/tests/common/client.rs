//! A client of the sync protocol that shows what is on the wire.

use byod_local::LocalDeployment;
use byod_sync::{
    ClientMessage, Json, Modification, Query, QueryId, QuerySetChange, Request, RequestId,
    ServerMessage, SessionId, Timestamp, Token, Version,
};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// How long nothing must come for nothing to have changed.
const QUIET: Duration = Duration::from_millis(150);

pub struct Client {
    socket: WebSocketStream<TcpStream>,
    version: Version,
    query_set: u32,
    identity: u32,
    /// What each query gave last, or the message of its error.
    pub results: BTreeMap<u32, Result<Value, String>>,
    pub journals: BTreeMap<u32, Option<String>>,
    /// How often a query was told anything.
    pub updates: BTreeMap<u32, u32>,
}

impl Client {
    pub async fn connect(deployment: &LocalDeployment, session: u8) -> Self {
        let stream = TcpStream::connect(deployment.address()).await.unwrap();
        let url = format!("ws://{}/api/sync", deployment.address());
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
        let mut client = Self {
            socket,
            version: Version::default(),
            query_set: 0,
            identity: 0,
            results: BTreeMap::new(),
            journals: BTreeMap::new(),
            updates: BTreeMap::new(),
        };
        client
            .say(ClientMessage::Connect {
                session: SessionId::from_random([session; 16]),
                connection_count: 0,
                last_close_reason: Some("InitialConnect".to_owned()),
                max_observed_timestamp: None,
                client_ts: Some(0),
            })
            .await;
        client
    }

    /// Is known by a token, and waits until it is.
    pub async fn authenticate(&mut self, token: Token) {
        self.claim(token).await;
        self.settle().await;
    }

    /// Says who it is.
    pub async fn claim(&mut self, token: Token) {
        let base_version = self.identity;
        self.identity += 1;
        self.say(ClientMessage::Authenticate {
            base_version,
            token,
        })
        .await;
    }

    pub async fn say(&mut self, message: ClientMessage) {
        let text = Message::text(message.to_text());
        self.socket.send(text).await.unwrap();
    }

    /// Watches a query, and waits for its result.
    pub async fn watch(&mut self, id: u32, path: &str, args: Value) -> Result<Value, String> {
        self.watch_again(id, path, args, None).await
    }

    pub async fn watch_again(
        &mut self,
        id: u32,
        path: &str,
        args: Value,
        journal: Option<String>,
    ) -> Result<Value, String> {
        let query = Query {
            id: QueryId(id),
            path: path.to_owned(),
            args: Json::of(&[args]).unwrap(),
            journal: journal.map(Some),
            component_path: None,
        };
        self.modify(QuerySetChange::Add(query)).await;
        self.results[&id].clone()
    }

    pub async fn forget(&mut self, id: u32) {
        self.modify(QuerySetChange::Remove(QueryId(id))).await;
    }

    async fn modify(&mut self, change: QuerySetChange) {
        let base_version = self.query_set;
        self.query_set += 1;
        self.say(ClientMessage::ModifyQuerySet {
            base_version,
            new_version: self.query_set,
            changes: vec![change],
        })
        .await;
        self.settle().await;
    }

    /// Until all that it asked for is there.
    async fn settle(&mut self) {
        while (self.version.query_set, self.version.identity) != (self.query_set, self.identity) {
            let message = self.next().await.unwrap();
            self.take(message);
        }
    }

    /// Runs a mutation; gives its result once a transition has its writes.
    pub async fn mutate(&mut self, id: u32, path: &str, args: Value) -> Result<Value, String> {
        self.say(ClientMessage::Mutation(request(id, path, args)))
            .await;
        let (result, ts) = loop {
            match self.next().await.unwrap() {
                ServerMessage::MutationResponse {
                    id: of, result, ts, ..
                } => {
                    assert_eq!(of, RequestId(id));
                    break (result, ts);
                }
                other => self.take(other),
            }
        };
        while ts > Some(self.version.ts) {
            let message = self.next().await.unwrap();
            self.take(message);
        }
        result
            .map(|value| value.read().unwrap())
            .map_err(|e| e.message)
    }

    pub async fn act(&mut self, id: u32, path: &str, args: Value) -> Result<Value, String> {
        self.say(ClientMessage::Action(request(id, path, args)))
            .await;
        loop {
            match self.next().await.unwrap() {
                ServerMessage::ActionResponse { result, .. } => {
                    return result
                        .map(|value| value.read().unwrap())
                        .map_err(|e| e.message);
                }
                other => self.take(other),
            }
        }
    }

    /// Takes what comes, until nothing comes any more; gives how many transitions came.
    pub async fn quiet(&mut self) -> usize {
        let mut transitions = 0;
        while let Ok(message) = timeout(QUIET, self.next()).await {
            transitions += 1;
            self.take(message.unwrap());
        }
        transitions
    }

    /// Takes the next transition.
    pub async fn transition(&mut self) {
        let message = self.next().await.unwrap();
        self.take(message);
    }

    /// The next message; `None` at the socket's end.
    pub async fn next(&mut self) -> Option<ServerMessage> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => return Some(ServerMessage::parse(&text).unwrap()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    fn take(&mut self, message: ServerMessage) {
        let ServerMessage::Transition {
            start,
            end,
            modifications,
            ..
        } = message
        else {
            panic!("{message:?}");
        };
        assert_eq!(start, self.version);
        assert!(start.ts <= end.ts && end.ts > Timestamp::ZERO);
        self.version = end;
        for modification in modifications {
            match modification {
                Modification::Removed(id) => {
                    self.results.remove(&id.0);
                }
                Modification::Result {
                    id,
                    result,
                    journal,
                    ..
                } => {
                    let result = result
                        .map(|value| value.read().unwrap())
                        .map_err(|e| e.message);
                    self.results.insert(id.0, result);
                    self.journals.insert(id.0, journal);
                    *self.updates.entry(id.0).or_default() += 1;
                }
            }
        }
    }
}

fn request(id: u32, path: &str, args: Value) -> Request {
    Request {
        id: RequestId(id),
        path: path.to_owned(),
        args: Json::of(&[args]).unwrap(),
        component_path: None,
    }
}
