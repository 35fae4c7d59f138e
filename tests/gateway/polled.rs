//! Before a user's deployment that has no sync, and runs the example's real functions: it is asked from time to time.

use std::time::Duration;

use byod_runtime::Credentials;
use serde_json::{Value, json};

use super::sync::script;
use super::{Gateway, start};
use crate::support::Service;
use crate::support::node::{Node, NodeDeployment, run_script};

/// Alice has connected a deployment that `convex-test` runs the example's project on.
async fn connected() -> Option<(Gateway, NodeDeployment)> {
    let alices = Node::get()?.deploy("examples/byod/convex", "gateway|alice");
    let service = Service::with(|mut setup| {
        let byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup.byod = byod.live_poll(Duration::from_millis(200));
        setup
    })
    .await;
    let credentials = Credentials::new(alices.url(), &*alices.deploy_key);
    let connected = service
        .byod
        .connect(&*service.alice_id, "alice", &credentials);
    connected.await.unwrap();
    Some((start(service).await, alices))
}

impl Gateway {
    /// What a query gives on Alice's deployment.
    async fn hers(&self, path: &str, args: Value) -> Vec<Value> {
        let session = self.service.alice();
        session.query(path, &args).unwrap().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_comes_with_its_answer_and_what_others_write_a_little_later() {
    let Some((gateway, _alices)) = connected().await else {
        return;
    };
    let arguments = vec![gateway.root(), gateway.lasting_token("alice")];
    script(&gateway, "polled.mjs", arguments).await;
    let left = gateway.hers("notes:list", json!({})).await;
    assert_eq!((left.len(), &left[0]["title"]), (1, &json!("kept")));
    // None is lost, and none doubled.
    let tasks = gateway.hers("tasks:list", json!({})).await;
    let mut titles: Vec<_> = tasks.iter().map(|task| task["title"].to_string()).collect();
    titles.sort();
    titles.dedup();
    assert_eq!((tasks.len(), titles.len()), (30, 30));
    let main = &gateway.service.main;
    assert_eq!((main.count("notes"), main.count("tasks")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn react_hooks_page_while_rows_come_and_go() {
    let Some((gateway, _alices)) = connected().await else {
        return;
    };
    let arguments = vec![gateway.url.clone(), gateway.lasting_token("alice")];
    script(&gateway, "react.mjs", arguments).await;
    let [conversation] = &gateway.hers("conversations:list", json!({})).await[..] else {
        panic!("there is one");
    };
    let of = json!({"conversationId": conversation["_id"]});
    assert_eq!(gateway.hers("messages:list", of).await.len(), 13);
    assert_eq!(gateway.service.main.count("messages"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_http_client_is_answered_by_the_real_functions() {
    let Some((gateway, _alices)) = connected().await else {
        return;
    };
    let arguments = [
        gateway.url.clone(),
        gateway.alices_token.clone(),
        gateway.bobs_token.clone(),
    ];
    let run = move || run_script("gateway.mjs", &arguments.each_ref().map(String::as_str));
    tokio::task::spawn_blocking(run).await.unwrap();
    gateway.told_each_their_own();
    let hers = gateway.hers("conversations:list", json!({})).await;
    assert_eq!(
        (hers.len(), gateway.service.main.count("conversations")),
        (1, 1)
    );
}
