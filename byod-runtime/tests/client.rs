//! What a client sends, and the values it gives.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::{Reply, Server, success};
use byod_runtime::{Byod, Client, DeployKey, EncryptionKey, Error, Outcome, Value};
use serde_json::json;

#[tokio::test]
async fn a_call_is_a_post_with_convexs_headers() {
    let server = Server::start(|_| success(json!(1))).await;
    let client = Client::new(&server.url).unwrap();
    let key = DeployKey::from("prod:x|y");
    let identity = json!({"subject": "alice"});
    let args = json!({"n": 1});
    let _: i64 = client.query("dir/a:list", &args).await.unwrap();
    let _: i64 = client
        .with_token("jwt")
        .mutation("a:b", &args)
        .await
        .unwrap();
    let _: i64 = client
        .with_deploy_key(&key)
        .action("a:b", &args)
        .await
        .unwrap();
    let acting = client.acting_as(&key, &identity);
    let _: i64 = acting.function("a:b", &args).await.unwrap();

    let requests = server.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| {
            let authorization = request.headers.get("authorization");
            (request.line.as_str(), authorization.map(String::as_str))
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("POST /api/query HTTP/1.1", None),
            ("POST /api/mutation HTTP/1.1", Some("Bearer jwt")),
            ("POST /api/action HTTP/1.1", Some("Convex prod:x|y")),
            (
                "POST /api/function HTTP/1.1",
                Some("Convex prod:x|y:eyJzdWJqZWN0IjoiYWxpY2UifQ==")
            ),
        ]
    );
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        requests[0].headers["convex-client"],
        format!("rust-byod-{version}")
    );
    assert_eq!(requests[0].headers["content-type"], "application/json");
    assert_eq!(
        requests[0].body,
        json!({"path": "dir/a:list", "args": {"n": 1}, "format": "convex_encoded_json"})
    );
}

#[tokio::test]
async fn values_come_back_as_they_were_sent() {
    let server = Server::start(|request| success(request.body["args"]["value"].clone())).await;
    let client = Client::new(&server.url).unwrap();
    let vectors = include_str!("vectors/values.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
    assert_eq!(vectors.len(), 25);
    for vector in vectors {
        let value: Value = serde_json::from_value(vector["encoded"].clone()).unwrap();
        let args = BTreeMap::from([("value", &value)]);
        let back: Value = client.query("echo:echo", &args).await.unwrap();
        assert_eq!(
            serde_json::to_value(&back).unwrap(),
            vector["encoded"],
            "{}",
            vector["name"]
        );
    }
}

#[tokio::test]
async fn a_batch_is_one_request_with_an_error_for_each_query() {
    let server = Server::start(|_| {
        let results = json!({"results": [
            {"status": "success", "value": 7, "logLines": []},
            {"status": "error", "errorMessage": "Uncaught Error: no", "logLines": []},
            {"status": "success", "value": "seven", "logLines": []},
        ]});
        Reply::Status(200, results.to_string())
    })
    .await;
    let client = Client::new(&server.url).unwrap().with_retries(0);
    let queries = [
        ("a:x", json!({})),
        ("a:y", json!({"n": 1})),
        ("a:z", json!({})),
    ];
    let results = client.query_batch::<u8>(&queries).await.unwrap();
    assert_eq!(*results[0].as_ref().unwrap(), 7);
    let function = results[1].as_ref().unwrap_err();
    assert!(matches!(function, Error::Function { .. }));
    assert_eq!(function.call().unwrap().function_path(), "a:y");
    assert!(matches!(
        results[2],
        Err(Error::Answer { executed: true, .. })
    ));

    let short = client.query_batch::<u8>(&queries[..2]).await.unwrap_err();
    assert!(
        short.to_string().ends_with("3 results for 2 queries"),
        "{short}"
    );
    assert_eq!(short.call().unwrap().function_path(), "a:x, a:y");
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].line, "POST /api/query_batch HTTP/1.1");
    assert_eq!(requests[0].body["queries"][1]["args"], json!({"n": 1}));
}

#[tokio::test]
async fn arguments_and_secrets_that_cant_be_sent_are_not() {
    let server = Server::start(|_| success(json!(null))).await;
    let client = Client::new(&server.url).unwrap();
    let unnamed = BTreeMap::from([(vec![1], 1)]);
    let error = client.query::<()>("a:b", &unnamed).await.unwrap_err();
    assert!(matches!(error, Error::Encode { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    let broken = client.with_token("gehe\nim");
    let error = broken.query::<()>("a:b", &json!({})).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "configuration: the token holds a line break or another control character"
    );
    assert_eq!(server.take_count(), 0);
}

#[test]
fn a_runtime_does_not_use_the_connections_of_another() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let servers = tokio::runtime::Runtime::new().unwrap();
    let server = servers.block_on(Server::start(|_| success(json!(1))));
    let call = || async {
        let client = Client::new(&server.url).unwrap();
        let client = client.with_retries(0).with_timeout(Duration::from_secs(20));
        client.mutation::<i64>("a:b", &json!({})).await.unwrap()
    };
    // The first still has a connection open, and nobody drives it.
    let first = runtime();
    first.block_on(call());
    for _ in 0..3 {
        runtime().block_on(call());
    }
    assert_eq!(server.take_count(), 4);
}

/// As tests with a runtime each use the process's own instance.
#[test]
fn nor_do_runtimes_that_share_an_instance() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let servers = tokio::runtime::Runtime::new().unwrap();
    let server = servers.block_on(Server::start(|_| success(json!(1))));
    let byod = Byod::builder()
        .main_url(&server.url)
        .deploy_key("local|key")
        .encryption_key(EncryptionKey::parse("key").unwrap())
        .timeout(Duration::from_secs(20))
        .retries(0)
        .build()
        .unwrap();
    let call = || async {
        let main = byod.main_client();
        main.mutation::<i64>("a:b", &json!({})).await.unwrap()
    };
    // The first still has a connection open, and nobody drives it.
    let first = runtime();
    first.block_on(call());
    for _ in 0..3 {
        runtime().block_on(call());
    }
    first.block_on(call());
    assert_eq!(server.take_count(), 5);
}
