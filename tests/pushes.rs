//! What the official tool pushes, to `byod-local`.

use byod_examples::notes;
use byod_local::{Local, LocalDeployment, PushOutcome};
use byod_runtime::{ConnectionStatus, DocumentId, Error, Outcome};
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

/// A user whose deployment has an older version while the service is built with the present one: what is there works,
/// what isn't says so, and all of it works from the moment at which the push is over.
#[tokio::test]
async fn a_call_needs_no_more_than_is_there() {
    let Some(request) = node::push_request("examples/byod") else {
        return;
    };
    let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let mut older = serde_json::to_value(manifest).unwrap();
    let functions = older["user"]["functions"].as_object_mut().unwrap();
    functions.remove("notes:get").unwrap();
    let create = functions["notes:create"]["args"]["value"].as_object_mut();
    create.unwrap().remove("projectId").unwrap();
    let older = serde_json::from_value(older).unwrap();
    let service = Service::with(|setup| Setup {
        alices: Local::user(&older).name("alice").schema_version(11),
        byod: setup.byod.functions(byod_examples::FUNCTIONS),
        ..setup
    })
    .await;
    let entered = service.alices_credentials();
    let connect = service
        .byod
        .connect(&*service.alice_id, "alice", &entered)
        .await;
    assert_eq!(connect.unwrap().schema_version, Some(11));

    let alice = service.alice();
    let note = |project_id: Option<&str>| notes::CreateArgs {
        title: "first".into(),
        content: "words".into(),
        project_id: project_id.map(DocumentId::new),
    };
    let outdated = |error: Error| {
        assert_eq!(error.outcome(), Outcome::NotExecuted, "{error}");
        let Error::SchemaOutdated { found, minimum, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!((found, minimum), (11, version()));
    };
    let list = || notes::list(&alice, notes::ListArgs::default());
    let first = notes::create(&alice, note(None)).await.unwrap();
    let get = || notes::get(&alice, notes::GetArgs { id: first.clone() });
    assert_eq!(list().await.unwrap().len(), 1);
    outdated(get().await.unwrap_err());
    outdated(
        notes::create(&alice, note(Some(first.as_str())))
            .await
            .unwrap_err(),
    );
    // By their paths, as a front end calls them: what no version takes is its own mistake.
    let by_path = async |args: Value| {
        let create = alice.mutation::<Value>("notes:create", &args).unwrap();
        create.await.unwrap_err()
    };
    let words = json!({"title": "first", "content": "words", "projectId": "p"});
    outdated(by_path(words).await);
    let mistaken = json!({"title": "first", "content": "words", "proyectId": "p"});
    let error = by_path(mistaken).await;
    assert!(matches!(error, Error::Function { .. }), "{error}");
    assert_eq!(service.alices.count("notes"), 1);
    let (listed, found) = alice.batch((list(), get())).results().await;
    assert_eq!(listed.unwrap().len(), 1);
    outdated(found.unwrap_err());
    let mut watched = get().watch();
    outdated(watched.next().await.unwrap().unwrap_err());
    // Nothing of this blocks the user.
    assert!(
        service
            .byod
            .status(&*service.alice_id)
            .await
            .unwrap()
            .enabled
    );

    let calls = async {
        loop {
            assert_eq!(list().await.unwrap().len(), 1);
            match get().await {
                Ok(found) => break found,
                Err(error) => outdated(error),
            }
        }
    };
    let (pushed, found) = tokio::join!(push(&service.alices, &request), calls);
    assert!(pushed["componentDiffs"].is_object(), "{pushed}");
    assert_eq!(found.unwrap().title, "first");
    // Nobody has to ask again who watches.
    while let Err(error) = watched.next().await.unwrap() {
        outdated(error);
    }
    get().await.unwrap();
}

/// The version of the example's project for users.
fn version() -> u64 {
    let text = include_str!("../examples/byod/convex/byod/version.ts");
    let (_, after) = text.split_once("SCHEMA_VERSION = ").unwrap();
    after.trim_end().trim_end_matches(';').parse().unwrap()
}
