//! Calls through the gateway.

use serde_json::{Value, json};

use super::{start, web};
use crate::support::Service;
use crate::support::node::{Node, run_script};

async fn post(url: &str, token: Option<&str>, body: Value) -> (u16, Value) {
    let mut request = web().post(url).json(&body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

async fn with_functions() -> Service {
    Service::with(|mut setup| {
        setup.byod = setup.byod.functions(byod_examples::FUNCTIONS);
        setup
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_is_answered_by_the_deployment_that_has_the_data() {
    if Node::get().is_none() {
        return;
    }
    let service = with_functions().await;
    service
        .save(byod_runtime::ConnectionStatus::Connected)
        .await;
    let gateway = start(service).await;
    let (url, alice, bob) = (
        gateway.url.clone(),
        gateway.alices_token.clone(),
        gateway.bobs_token.clone(),
    );
    let script = move || run_script("gateway.mjs", &[&url, &alice, &bob]);
    tokio::task::spawn_blocking(script).await.unwrap();
    gateway.told_each_their_own();
    let counts = |table| {
        (
            gateway.service.main.count(table),
            gateway.service.alices.count(table),
        )
    };
    // Bob's is on main, Alice's on hers.
    assert_eq!(counts("conversations"), (1, 1));
}

#[tokio::test]
async fn a_blocked_users_query_is_a_convex_error_that_says_so() {
    let service = with_functions().await;
    service.save(byod_runtime::ConnectionStatus::Error).await;
    let gateway = start(service).await;
    let url = format!("{}/api/query", gateway.url);
    let body = json!({"path": "conversations:list", "args": [{}], "format": "convex_encoded_json"});
    let (status, answer) = post(&url, Some(&gateway.alices_token), body.clone()).await;
    assert_eq!((status, &answer["status"]), (560, &json!("error")));
    assert_eq!(answer["errorData"]["byod"], "blocked");
    // Main's own go on, and so do others.
    let (status, _) = post(&url, Some(&gateway.bobs_token), body).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn what_is_neither_sides_is_refused() {
    let service = with_functions().await;
    service
        .save(byod_runtime::ConnectionStatus::Connected)
        .await;
    let gateway = start(service).await;
    let list = json!({"path": "conversations:list", "args": {}});
    let query = format!("{}/api/query", gateway.url);

    // A deploy key, whose ever it is.
    let key = format!("Convex {}", gateway.service.alices.deploy_key());
    let request = web().post(&query).json(&list);
    let refused = request.header("authorization", key).send().await.unwrap();
    assert_eq!(refused.status(), 403);

    // Functions that are internal, also those of byod's own.
    for token in [
        None,
        Some(&*gateway.alices_token),
        Some(&*gateway.bobs_token),
    ] {
        let internal = json!({"path": "byod/credentials:getConfigInternal", "args": {"userId": gateway.service.alice_id}});
        let (status, answer) = post(&query, token, internal).await;
        assert_ne!(status, 200, "{answer}");
        assert!(!answer.to_string().contains("encrypted"), "{answer}");
    }

    // What deploys code, reads snapshots, or isn't there.
    for path in [
        "api/deploy2/start_push",
        "api/function",
        "api/list_snapshot",
        "nothing",
    ] {
        let (status, _) = post(&format!("{}/{path}", gateway.url), None, json!({})).await;
        assert_eq!(status, 404, "{path}");
    }

    // Another's documents, by naming them.
    let as_bob = json!({"path": "conversations:list", "args": {"userId": "bob"}});
    let (status, answer) = post(&query, Some(&gateway.alices_token), as_bob).await;
    assert_eq!(
        (status, &answer["errorData"]["byod"]),
        (560, &json!("wrong_owner"))
    );
}

#[tokio::test]
async fn a_malformed_body_is_a_bad_request() {
    let gateway = start(with_functions().await).await;
    let url = format!("{}/api/query", gateway.url);
    for body in [
        json!({}),
        json!({"args": {}}),
        json!({"path": "a:b", "args": {}, "format": "xml"}),
        json!([1]),
    ] {
        let (status, answer) = post(&url, None, body.clone()).await;
        assert_eq!(status, 400, "{body}: {answer}");
        assert!(
            answer["code"].is_string() && answer["message"].is_string(),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_function_that_main_alone_knows_runs_there_whatever_its_kind() {
    // Without functions, as of a build that is older than what main has.
    let service = Service::with(|mut setup| {
        setup.main = setup.main.function("ai:embed", |_, _| Ok(json!([1.0])));
        setup
    });
    let gateway = start(service.await).await;
    let url = format!("{}/api/run/ai/embed", gateway.url);
    let args = json!({"args": {"text": "T"}});
    for token in [None, Some("another's")] {
        let (status, answer) = post(&url, token, args.clone()).await;
        match token {
            None => assert_eq!((status, &answer["value"]), (200, &json!([1])), "{answer}"),
            Some(_) => assert_eq!(status, 401, "{answer}"),
        }
    }
}
