//! What a page is told of its user's data while that moves: by the gateway's events, and by the hook of `byod-react`.

use std::process::Command;
use std::time::Duration;

use byod_local::Local;
use byod_runtime::{ConnectionStatus, Credentials, KeepFor};
use serde_json::{Value, json};

use super::react::run;
use super::{Gateway, start, web};
use crate::moving::between::{Becomes, Between};
use crate::moving::schemas::changed;
use crate::support::Service;
use crate::support::node::Node;

/// How many documents move.
const DOCUMENTS: usize = 1_000;

/// A gateway whose Alice has conversations on main, and a deployment that takes a while for each part of them.
async fn slow() -> (Gateway, Between) {
    let manifest = changed(|_| {});
    let service = Service::with(|mut setup| {
        let soon = Duration::from_secs(1);
        let byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup.byod = byod.cache_ttl(soon).timeout(Duration::from_secs(2));
        setup.main = Local::main(&manifest);
        setup.alices = Local::user(&manifest).name("alice");
        setup
    });
    let service = service.await;
    for number in 0..DOCUMENTS {
        let chat = json!({
            "userId": service.alice_id, "title": number.to_string(), "model": "m",
            "createdAt": 7.0, "updatedAt": 7.0,
        });
        service.main.insert("conversations", chat).unwrap();
    }
    let own = Between::start(&service.alices, |path, _| {
        if path == "byod/moving:write" {
            std::thread::sleep(Duration::from_millis(700));
        }
        Becomes::Itself
    });
    let own = own.await;
    (start(service).await, own)
}

impl Gateway {
    /// Moves all that Alice has to her deployment, of which nothing stays on main.
    async fn moves(&self, own: &Between) {
        let Service {
            byod,
            alices,
            alice_id,
            ..
        } = &self.service;
        let entered = Credentials::new(&*own.url, alices.deploy_key());
        let connect = byod.connect(&**alice_id, "alice", &entered);
        let at_once = KeepFor::Time(Duration::ZERO);
        let brought = connect.bring_data().keep(at_once).await.unwrap();
        assert_eq!(brought.test.status, ConnectionStatus::Connected);
        assert!(brought.moved.unwrap().documents >= DOCUMENTS as u64);
    }
}

/// A user's events, as they come.
struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    async fn open(gateway: &Gateway, token: &str) -> Self {
        let url = format!("{}/byod/events", gateway.url);
        let response = web().get(url).bearer_auth(token).send().await.unwrap();
        Self {
            response,
            text: String::new(),
        }
    }

    /// The status that the next one says.
    async fn next(&mut self) -> Value {
        loop {
            if let Some((event, left)) = self.text.split_once("\n\n") {
                let mut lines = event.lines();
                let data = lines.find_map(|line| line.strip_prefix("data: "));
                let status = data.map(|data| serde_json::from_str(data).unwrap());
                self.text = left.to_owned();
                match status {
                    Some(status) => return status,
                    // It says that it is still there.
                    None => continue,
                }
            }
            let bytes = self.response.chunk().await.unwrap().expect("it goes on");
            self.text += std::str::from_utf8(&bytes).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_events_say_how_far_a_move_is_until_it_is_over() {
    let (gateway, own) = slow().await;
    let mut events = Events::open(&gateway, &gateway.alices_token).await;
    assert_eq!(events.next().await["record"], Value::Null);
    let followed = async {
        let mut seen = Vec::new();
        loop {
            let status = events.next().await;
            let record = &status["record"];
            if let Some(moving) = record.get("moving") {
                assert_eq!(
                    (&status["enabled"], &moving["direction"]),
                    (&json!(moving["phase"] == "tidy"), &json!("in"))
                );
                seen.push(moving.clone());
            } else if !seen.is_empty() {
                assert_eq!(record["connectionStatus"], "connected");
                return seen;
            }
        }
    };
    let followed = tokio::time::timeout(Duration::from_secs(60), followed);
    let ((), seen) = tokio::join!(gateway.moves(&own), followed);
    let seen = seen.expect("they say that it is over");

    let phases = ["check", "freeze", "copy", "references", "verify", "tidy"];
    let phase = |moving: &Value| phases.iter().position(|phase| moving["phase"] == *phase);
    let order: Vec<usize> = seen.iter().map(|moving| phase(moving).unwrap()).collect();
    assert!(order.is_sorted(), "{seen:?}");
    for (moving, at) in seen.iter().zip(order) {
        assert_eq!(moving["frozen"], (1..5).contains(&at), "{moving}");
    }
    let copied: Vec<&Value> = seen
        .iter()
        .filter(|moving| moving["phase"] == "copy")
        .collect();
    let done = |moving: &&Value| moving["done"].as_f64().unwrap();
    assert!(copied.iter().is_sorted_by_key(done), "{seen:?}");
    let under_way = copied.iter().filter(|moving| {
        let is_of_all = moving["total"] == DOCUMENTS as f64 && moving["table"] == "conversations";
        is_of_all && (1.0..DOCUMENTS as f64).contains(&done(moving))
    });
    assert!(under_way.count() > 1, "{seen:?}");
}

/// By either source; and nobody else hears of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_hook_says_how_far_a_move_is_until_it_is_over() {
    if Node::get().is_none() {
        return;
    }
    for react in ["19", "18"] {
        let (gateway, own) = slow().await;
        let mut test = Command::new("node");
        test.args(["test/run.mjs", react, "moving"])
            .env("BYOD_GATEWAY", &gateway.url)
            .env("BYOD_TOKEN", gateway.lasting_token("alice"))
            .env("BYOD_OTHERS_TOKEN", gateway.lasting_token("bob"));
        let mut shown = tokio::task::spawn_blocking(move || run(&mut test));
        // The page writes once it shows that nothing moves.
        let moved = async {
            while gateway.service.main.count("conversations") == DOCUMENTS {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            gateway.moves(&own).await;
        };
        let output = tokio::select! {
            output = &mut shown => output,
            () = moved => shown.await,
        };
        let output = output.unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert!(output.status.success(), "React {react}:\n{text}");
    }
}
