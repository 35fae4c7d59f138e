//! Batches: what they cost, and what they refuse.

use crate::support::world::{World, list, thrown};
use crate::support::{Reply, Server};
use byod_runtime::{Client, ConnectionStatus, Error};
use serde_json::{Value, json};

/// Answers every query of a batch with the authorization it was sent.
fn echo(request: &crate::support::Request) -> Option<Reply> {
    let queries = request.body["queries"].as_array()?;
    let sent = request.headers.get("authorization");
    let result = json!({"status": "success", "value": sent});
    let results = vec![result; queries.len()];
    Some(Reply::Status(200, json!({"results": results}).to_string()))
}

#[tokio::test]
async fn a_record_that_cant_be_read_is_asked_for_once() {
    let world = World::new().await;
    world.at_main.set(|_| Some(thrown("no")));
    let session = world.session("a");
    let queries = (0..5).map(|_| list(&session)).collect::<Vec<_>>();
    for result in session.batch(queries).results().await {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Record { .. }), "{error}");
        assert_eq!(error.call().unwrap().function_path(), "notes:list");
    }
    assert_eq!(world.cost(), (1, 0));
}

#[tokio::test]
async fn a_query_of_another_byod_is_refused() {
    let (world, other) = (World::new().await, World::new().await);
    world.at_main.set(echo_or_none);
    let session = world.session("a");
    let queries = (list(&session), list(&other.session("a")));
    let (own, foreign) = session.batch(queries).results().await;
    own.unwrap();
    let error = foreign.unwrap_err().to_string();
    assert!(error.contains("another `Byod`"), "{error}");
    assert_eq!(other.cost(), (0, 0));
}

#[tokio::test]
async fn main_is_called_with_the_token_of_the_batch() {
    let world = World::new().await;
    world.at_main.set(echo_or_none);
    let (session, query) = (world.session("a").with_token("one"), world.session("a"));
    let query = list(&query.with_token("other"));
    assert_eq!(session.batch(vec![query]).await.unwrap(), ["Bearer one"]);
}

/// Batches are echoed; the record is as always.
fn echo_or_none(request: &crate::support::Request) -> Option<Reply> {
    echo(request).map(|reply| match reply {
        Reply::Status(200, body) => Reply::Status(200, body.replace("null", "\"nobody\"")),
        other => other,
    })
}

#[tokio::test]
async fn a_batch_is_sent_again_as_its_queries_are() {
    let world = World::new().await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    let tries = std::sync::atomic::AtomicUsize::new(0);
    world.at_users.set(move |request| {
        let first = tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        let overloaded = || Reply::Status(503, String::new());
        if first {
            Some(overloaded())
        } else {
            echo(request)
        }
    });
    let session = world.session("a");
    let values = session.batch(vec![list(&session)]).await.unwrap();
    assert_eq!(values, ["Convex local|key"]);
    assert_eq!(world.cost(), (1, 2));
}

#[tokio::test]
async fn a_batch_of_many_queries_is_named_once() {
    let world = World::new().await;
    let refused = || Reply::Status(400, r#"{"code": "Bad", "message": "no"}"#.to_owned());
    let is_batch = |request: &crate::support::Request| request.line.contains("query_batch");
    world
        .at_main
        .set(move |request| is_batch(request).then(refused));
    let session = world.session("a");
    let queries = || (0..1000).map(|_| list(&session)).collect::<Vec<_>>();
    let results = session.batch(queries()).results().await;
    assert_eq!(results.len(), 1000);
    for result in results {
        let error = result.unwrap_err();
        assert_eq!(error.call().unwrap().function_path(), "notes:list");
        assert!(error.to_string().len() < 300, "{error}");
    }

    let client = Client::new(&world.main.url).unwrap();
    let raw = [("a:b", json!({})), ("a:c", json!({})), ("a:b", json!({}))];
    let error = client.query_batch::<u8>(&raw).await.unwrap_err();
    assert_eq!(error.call().unwrap().function_path(), "a:b, a:c");
}

#[tokio::test]
async fn a_batch_without_queries_sends_nothing() {
    let server = Server::start(|_| Reply::Hang).await;
    let client = Client::new(&server.url).unwrap();
    let none: [(&str, Value); 0] = [];
    assert!(client.query_batch::<u8>(&none).await.unwrap().is_empty());
    assert_eq!(server.take_count(), 0);
}

#[tokio::test]
async fn a_deployment_that_is_paused_is_blocked_as_by_a_call() {
    let world = World::with(|byod| byod.retries(0)).await;
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    let session = world.session("a");
    let paused = "Cannot run functions while this deployment is paused. Resume it.";
    world.at_users.set(move |request| {
        let queries = request.body["queries"].as_array()?;
        let mut results = vec![json!({"status": "success", "value": "ok"}); queries.len()];
        *results.last_mut()? = json!({"status": "error", "errorMessage": paused});
        Some(Reply::Status(200, json!({"results": results}).to_string()))
    });
    let results = session
        .batch(vec![list(&session), list(&session)])
        .results()
        .await;
    assert_eq!(results[0].as_ref().unwrap(), "ok");
    assert!(
        results[1]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("paused")
    );
    world.cost();
    let error = list(&session).await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error:?}");
    assert!(error.to_string().contains("paused"), "{error}");
    assert_eq!(world.users.take_count(), 0);
}
