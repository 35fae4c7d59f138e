//! What the official tool pushes, to `byod-local`.

use byod_examples::notes;
use byod_local::{Local, LocalDeployment, PushOutcome};
use byod_runtime::ConnectionStatus;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::support::{Service, Setup, node};

/// One step of a push: the answer.
async fn step(deployment: &LocalDeployment, step: &str, body: &Value) -> Value {
    let request = Request::post(format!("{}/api/deploy2/{step}", deployment.url()));
    let request = request.header("content-type", "application/json");
    let request = request
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.unwrap();
    let status = answer.status();
    let answer = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
    serde_json::from_slice(&answer).unwrap()
}

/// Pushes as the tool does, which gives the last answer.
async fn push(deployment: &LocalDeployment, request: &Value) -> Value {
    let mut request = request.clone();
    request["adminKey"] = deployment.deploy_key().into();
    let started = step(deployment, "start_push", &request).await;
    let wait = json!({
        "adminKey": deployment.deploy_key(), "schemaChange": started["schemaChange"],
        "timeoutMs": 10_000, "dryRun": false,
    });
    let state = step(deployment, "wait_for_schema", &wait).await;
    if state["type"] != "complete" {
        return state;
    }
    let finish = json!({
        "adminKey": deployment.deploy_key(), "startPush": started, "dryRun": false, "message": null,
    });
    step(deployment, "finish_push", &finish).await
}

/// The example's project for users, from nothing to a call of a user's.
#[tokio::test]
async fn what_the_official_tool_pushes_runs() {
    let Some(request) = node::push_request("examples/byod") else {
        return;
    };
    let service = Service::with(|setup| Setup {
        alices: setup.alices.without_project(),
        ..setup
    })
    .await;
    let entered = service.alices_credentials();
    let test = service
        .byod
        .connect(&*service.alice_id, "alice", &entered)
        .await;
    assert_eq!(test.unwrap().status, ConnectionStatus::Error);

    let diff = push(&service.alices, &request).await;
    let modules = &diff["componentDiffs"][""]["moduleDiff"];
    assert!(modules["added"].as_array().unwrap().len() > 20, "{diff}");
    assert_eq!(modules["removed"], json!([]));
    let [pushed] = &service.alices.pushes()[..] else {
        panic!("one push");
    };
    assert_eq!(pushed.outcome, PushOutcome::Finished);
    let version = version();
    assert_eq!(pushed.schema_version, Some(version as f64));

    // It declares what the folder does that the tool read.
    let test = service
        .byod
        .test_connection(&*service.alice_id)
        .await
        .unwrap();
    assert_eq!((test.schema_version, test.problem), (Some(version), None));
    let note = notes::CreateArgs {
        title: "first".into(),
        content: String::new(),
        project_id: None,
    };
    notes::create(&service.alice(), note).await.unwrap();
    assert_eq!(service.alices.count("notes"), 1);
}

/// The same to a deployment in use, which was begun from the folder by `byod-build`: both readings are one.
#[tokio::test]
async fn a_deployment_in_use_stays_as_it_is() {
    let Some(request) = node::push_request("examples/byod") else {
        return;
    };
    let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let deployment = Local::user(&manifest).start().await.unwrap();
    let diff = push(&deployment, &request).await;
    let indexes = &diff["componentDiffs"][""]["indexDiff"];
    assert_eq!(
        indexes,
        &json!({"added_indexes": [], "removed_indexes": []})
    );
}

/// The version of the example's project for users.
fn version() -> u64 {
    let text = include_str!("../examples/byod/convex/byod/version.ts");
    let (_, after) = text.split_once("SCHEMA_VERSION = ").unwrap();
    after.trim_end().trim_end_matches(';').parse().unwrap()
}
