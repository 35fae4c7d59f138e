//! Deployments that send back what they were sent, and what errors keep of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use byod_runtime::{Client, DeployKey, Error, Value};
use serde_json::json;
use support::{Reply, Server};

const KEY: &str = "prod:happy-animal-123|geheim-geheim";

/// What a deployment can echo, and in which forms.
fn echoes() -> Vec<(u16, String)> {
    let whole = format!("Convex {KEY}");
    let after = "geheim-geheim";
    // So that a limit on the length falls into the key.
    let late = format!("{}{KEY}", "x".repeat(270));
    let very_late = format!("{}{KEY}", "x".repeat(4076));
    let mut echoes = Vec::new();
    for echo in [&*whole, KEY, after, &*late, &*very_late] {
        let refusal = json!({"code": echo, "message": "no"}).to_string();
        echoes.push((403, refusal));
        echoes.push((503, json!({"code": "no", "message": echo}).to_string()));
        echoes.push((502, format!("<p>{echo}</p>")));
        for answer in [
            json!(echo),
            json!([echo]),
            json!({"status": echo}),
            json!({"status": "success", "value": echo}),
            json!({"status": "success", "value": {"n": echo}}),
            json!({"status": "error", "errorMessage": echo, "errorData": {echo: [echo]}}),
            json!({"status": "error", "errorMessage": [echo]}),
        ] {
            echoes.push((200, answer.to_string()));
        }
    }
    echoes
}

#[tokio::test]
async fn a_key_that_is_sent_back_reaches_no_error() {
    let key = DeployKey::from(KEY);
    for (status, body) in echoes() {
        let sent = body.clone();
        let server = Server::start(move |_| Reply::Status(status, sent.clone())).await;
        let client = Client::new(&server.url).unwrap().with_retries(0);
        for client in [
            client.with_deploy_key(&key),
            client.acting_as(&key, &json!({"subject": "alice"})),
        ] {
            let error = client.query::<f64>("a:b", &json!({})).await.unwrap_err();
            let data = error.function_data::<Value>();
            let text = format!("{error} {error:?} {data:?}");
            assert!(!text.contains("geheim"), "{body}\n{text}");
            let cut = format!("x{}", &KEY[..15]);
            assert!(!text.contains(&cut), "{body}\n{text}");
        }
    }
}
#[tokio::test]
async fn what_a_deployment_says_forges_no_line() {
    let forged = "no\nERROR forged";
    let server = Server::start(move |_| {
        let answer = json!({"status": "error", "errorMessage": forged});
        Reply::Status(200, answer.to_string())
    })
    .await;
    let client = Client::new(&server.url).unwrap();
    let error = client.query::<f64>("a:b", &json!({})).await.unwrap_err();
    assert!(error.to_string().ends_with(r"failed: no\nERROR forged"));
    let Error::Function { message, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(&**message, forged, "the caller has it as it was");
    let path = "a:b`\nERROR forged";
    let error = client.query::<f64>(path, &json!({})).await.unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
}
