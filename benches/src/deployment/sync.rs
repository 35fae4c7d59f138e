//! The WebSocket protocol of the official client, as far as a query needs it: the
//! client adds a query to its set, gets a transition with the value, and removes
//! the query, which is answered with a transition too.

use std::io;

use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use super::answers::Answers;

#[derive(Deserialize)]
#[serde(tag = "type")]
enum ClientMessage {
    #[serde(rename_all = "camelCase")]
    ModifyQuerySet {
        new_version: u32,
        modifications: Vec<Modification>,
    },
    #[serde(rename_all = "camelCase")]
    Authenticate { base_version: u32 },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Modification {
    #[serde(rename_all = "camelCase")]
    Add {
        query_id: u32,
        args: serde_json::Value,
    },
    #[serde(rename_all = "camelCase")]
    Remove { query_id: u32 },
}

/// What the client knows of the deployment.
#[derive(Clone, Copy, Default)]
struct Version {
    query_set: u32,
    identity: u32,
}

impl Version {
    fn json(self) -> String {
        format!(
            r#"{{"querySet":{},"identity":{},"ts":"AAAAAAAAAAA="}}"#,
            self.query_set, self.identity
        )
    }
}

pub(super) async fn serve(stream: TcpStream, answers: &Answers) -> io::Result<()> {
    let socket = tokio_tungstenite::accept_async(stream).await;
    let mut socket = socket.map_err(io::Error::other)?;
    let mut version = Version::default();
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message.map_err(io::Error::other)? else {
            continue;
        };
        let before = version;
        let modifications = match serde_json::from_str(&text)? {
            ClientMessage::ModifyQuerySet {
                new_version,
                modifications,
            } => {
                answers.count();
                version.query_set = new_version;
                modifications
            }
            ClientMessage::Authenticate { base_version } => {
                version.identity = base_version + 1;
                Vec::new()
            }
            ClientMessage::Other => continue,
        };
        let modifications: Vec<_> = modifications
            .into_iter()
            .map(|modification| match modification {
                Modification::Add { query_id, args } => format!(
                    r#"{{"type":"QueryUpdated","queryId":{query_id},"value":{},"logLines":[],"journal":null}}"#,
                    answers.of(&args.to_string()).value
                ),
                Modification::Remove { query_id } => {
                    format!(r#"{{"type":"QueryRemoved","queryId":{query_id}}}"#)
                }
            })
            .collect();
        let transition = format!(
            r#"{{"type":"Transition","startVersion":{},"endVersion":{},"modifications":[{}]}}"#,
            before.json(),
            version.json(),
            modifications.join(",")
        );
        let sent = socket.send(Message::text(transition)).await;
        sent.map_err(io::Error::other)?;
    }
    Ok(())
}
