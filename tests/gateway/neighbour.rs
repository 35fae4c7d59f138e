//! Bob, who uses the same gateway meanwhile.

use std::time::Duration;

use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use super::Gateway;
use super::raw::{Heard, Raw};
use crate::support::Service;

/// Bob, who watches and writes by the same gateway until he has been seen to the end.
pub(super) struct Neighbour {
    end: oneshot::Sender<()>,
    bob: JoinHandle<String>,
}

impl Neighbour {
    pub(super) async fn beside(gateway: &Gateway) -> Self {
        // By another way than Alice's.
        let mut raw = Raw::silent(&gateway.address.to_string()).await.unwrap();
        raw.connect().await;
        raw.is("bob", &gateway.lasting_token("bob")).await;
        raw.watch(&["conversations:list", "notes:list"]).await;
        let (end, mut ended) = oneshot::channel();
        let bob = tokio::spawn(async move {
            let mut heard = raw.until("QueryUpdated").await;
            let mut often = interval(Duration::from_millis(300));
            let mut count = 0;
            loop {
                tokio::select! {
                    _ = &mut ended => break,
                    _ = often.tick() => {
                        count += 1;
                        let title = format!("BOBS plan {count}");
                        raw.mutate("conversations:create", json!({"title": title, "model": "m"})).await;
                    }
                    next = raw.hear() => match next {
                        Heard::Message(message) => heard += &message.to_text(),
                        other => panic!("Bob's socket: {other:?}"),
                    },
                }
            }
            // What is on its way.
            while let Ok(Heard::Message(message)) =
                timeout(Duration::from_millis(300), raw.hear()).await
            {
                heard += &message.to_text();
            }
            heard
        });
        Self { end, bob }
    }

    /// Neither has been told anything of the other's.
    pub(super) async fn saw_and_was_seen_by_nobody_else(self, gateway: &Gateway) {
        let _ = self.end.send(());
        let heard = self.bob.await.unwrap();
        assert!(heard.contains("BOBS plan 1"), "{heard}");
        let [alices, _] = gateway.names();
        assert!(!alices.iter().any(|name| heard.contains(name)), "{heard}");
        gateway.told_each_their_own();
    }
}

impl Gateway {
    /// What is in Alice's documents, and in Bob's, wherever they are.
    fn names(&self) -> [[String; 3]; 2] {
        let Service {
            alice_id, bob_id, ..
        } = &self.service;
        let names = |subject: &str, id: &str, mark: &str| {
            [format!("\"{subject}\""), id.to_owned(), mark.to_owned()]
        };
        [
            names("alice", alice_id, "ALICES"),
            names("bob", bob_id, "BOBS"),
        ]
    }

    /// Of all that came over its network, nothing is of somebody else than who asked for it. Over HTTP each has a token;
    /// sockets are all Alice's there.
    pub(super) fn told_each_their_own(&self) {
        let brought = &self.network.brought;
        let [alices, bobs] = self.names();
        for token in [None, Some(&*self.alices_token)] {
            assert!(!bobs.iter().any(|name| brought.has(token, name)));
        }
        let token = Some(&*self.bobs_token);
        assert!(!alices.iter().any(|name| brought.has(token, name)));
    }
}
