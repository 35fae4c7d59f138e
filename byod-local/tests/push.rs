//! Pushes: start, wait for the schema, finish.

use std::io::Write as _;
use std::time::{Duration, Instant};

use byod_local::{Local, LocalDeployment, PushFault, PushOutcome};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value as Json, json};

use crate::common::{As, LiveClient, manifest, mutation, post, query};

/// A module that exports queries, as a bundler leaves them.
fn module(path: &str, queries: &[&str]) -> Json {
    let queries = queries.iter().map(|name| {
        format!(
            "export const {name} = Object.assign(async () => null, {{
                isQuery: true, isPublic: true,
                exportArgs: () => '{{\"type\":\"object\",\"value\":{{}}}}',
            }});"
        )
    });
    let source = queries.collect::<String>();
    json!({"path": path, "source": source, "environment": "isolate"})
}

/// A schema with one table, of documents with these fields; each has an index.
fn schema(table: &str, fields: &[(&str, &str)]) -> Json {
    let field = |(name, kind): &(&str, &str)| {
        let field = json!({"fieldType": {"type": kind}, "optional": false});
        ((*name).to_owned(), field)
    };
    let index = |(name, _): &(&str, &str)| json!({"indexDescriptor": format!("by_{name}"), "fields": [name]});
    let table = json!({
        "tableName": table,
        "indexes": fields.iter().map(index).collect::<Vec<_>>(),
        "searchIndexes": [], "vectorIndexes": [],
        "documentType": {"type": "object", "value": Json::Object(fields.iter().map(field).collect())},
    });
    let json = json!({"tables": [table], "schemaValidation": true}).to_string();
    let source = format!(
        "export default {{ tables: {{}}, export: () => {} }};",
        json!(json)
    );
    json!({"path": "schema.js", "source": source, "environment": "isolate"})
}

fn request(deployment: &LocalDeployment, schema: Json, modules: &[Json]) -> Json {
    json!({
        "adminKey": deployment.deploy_key(),
        "dryRun": false,
        "functions": "convex/",
        "appDefinition": {
            "definition": null, "dependencies": [], "schema": schema,
            "changedModules": modules, "unchangedModuleHashes": [], "udfServerVersion": "1.48.0",
        },
        "componentDefinitions": [],
        "nodeDependencies": [],
    })
}

async fn start(deployment: &LocalDeployment, request: &Json) -> Result<Json, Json> {
    step(deployment, "start_push", request.clone()).await
}

async fn wait(deployment: &LocalDeployment, started: &Json, timeout: u64) -> Json {
    let body = json!({
        "adminKey": deployment.deploy_key(), "schemaChange": started["schemaChange"],
        "timeoutMs": timeout, "dryRun": false,
    });
    step(deployment, "wait_for_schema", body).await.unwrap()
}

async fn finish(deployment: &LocalDeployment, started: &Json) -> Result<Json, Json> {
    let body = json!({
        "adminKey": deployment.deploy_key(), "startPush": started,
        "dryRun": false, "message": null,
    });
    step(deployment, "finish_push", body).await
}

async fn step(deployment: &LocalDeployment, step: &str, body: Json) -> Result<Json, Json> {
    let endpoint = format!("/api/deploy2/{step}");
    let (status, answer) = post(deployment, &endpoint, As::Nobody, body).await;
    match status {
        200 => Ok(answer),
        status => Err(json!([status, answer["code"]])),
    }
}

async fn push(deployment: &LocalDeployment, request: &Json) -> Result<Json, Json> {
    let started = start(deployment, request).await?;
    match wait(deployment, &started, 10_000).await {
        complete if complete == json!({"type": "complete"}) => finish(deployment, &started).await,
        other => Err(other),
    }
}

/// How far all pushes came.
fn outcomes(deployment: &LocalDeployment) -> Vec<PushOutcome> {
    let pushes = deployment.pushes().into_iter();
    pushes.map(|push| push.outcome).collect()
}

async fn new_deployment() -> LocalDeployment {
    let new = Local::user(&manifest()).without_project();
    new.start().await.unwrap()
}

#[tokio::test]
async fn a_new_deployment_runs_what_is_pushed_to_it() {
    let deployment = new_deployment().await;
    let missing = query(&deployment, "functions:ping", json!({}), As::Nobody).await;
    assert!(missing.unwrap_err().contains("Could not find"));

    let modules = [
        module("posts.js", &["list", "get"]),
        module("functions.js", &["ping"]),
        json!({
            "path": "byod/version.js", "environment": "isolate",
            "source": "import { a } from '../_deps/X.js'; export { a as SCHEMA_VERSION };",
        }),
        json!({"path": "_deps/X.js", "environment": "isolate", "source": "export const a = 7;"}),
    ];
    let request = request(
        &deployment,
        schema("posts", &[("title", "string")]),
        &modules,
    );
    let started = start(&deployment, &request).await.unwrap();
    let analyzed = &started["analysis"][""]["functions"]["posts.js"]["functions"];
    assert_eq!(analyzed.as_array().unwrap().len(), 2);
    assert_eq!(analyzed[0]["udfType"], "Query");
    assert_eq!(
        started["schemaChange"]["indexDiffs"][""]["added_indexes"],
        json!([{"name": "posts.by_title", "type": "database", "fields": ["title"]}])
    );
    assert_eq!(
        wait(&deployment, &started, 0).await,
        json!({"type": "complete"})
    );
    assert_eq!(deployment.count("posts"), 0);
    let diff = finish(&deployment, &started).await.unwrap();
    let added = &diff["componentDiffs"][""]["moduleDiff"]["added"];
    assert_eq!(added.as_array().unwrap().len(), 4);

    let ping = query(&deployment, "functions:ping", json!({}), As::Nobody).await;
    assert_eq!(ping.unwrap()["version"], 7.0);
    let id = deployment.insert("posts", json!({"title": "a"})).unwrap();
    assert!(deployment.insert("posts", json!({"title": 1.0})).is_err());
    assert_eq!(id.len(), 32);
    let [pushed] = &deployment.pushes()[..] else {
        panic!("{:?}", deployment.pushes())
    };
    assert_eq!(pushed.outcome, PushOutcome::Finished);
    assert_eq!(pushed.schema_version, Some(7.0));
}

#[tokio::test]
async fn a_schema_that_documents_dont_match_changes_nothing() {
    let deployment = new_deployment().await;
    let modules = [module("posts.js", &["list"])];
    let first = request(
        &deployment,
        schema("posts", &[("title", "string")]),
        &modules,
    );
    push(&deployment, &first).await.unwrap();
    let id = deployment.insert("posts", json!({"title": "a"})).unwrap();

    let second = schema("posts", &[("title", "string"), ("body", "string")]);
    let second = request(
        &deployment,
        second,
        &[module("posts.js", &["list", "added"])],
    );
    let failed = push(&deployment, &second).await.unwrap_err();
    assert_eq!(failed["type"], "failed");
    assert_eq!(failed["tableName"], "posts");
    let said = failed["error"].as_str().unwrap();
    let expected = format!(
        "Document with ID \"{id}\" in table \"posts\" does not match the schema: Object is missing the required field `body`."
    );
    assert!(said.starts_with(&expected), "{said}");
    assert!(
        matches!(&outcomes(&deployment)[1], PushOutcome::DoesNotFit { table, .. } if table == "posts")
    );
    let absent = query(&deployment, "posts:added", json!({}), As::Nobody).await;
    assert!(absent.unwrap_err().contains("Could not find"));
    deployment.insert("posts", json!({"title": "b"})).unwrap();

    // A table that is no longer declared keeps its documents.
    let third = request(
        &deployment,
        schema("notes", &[("title", "string")]),
        &modules,
    );
    push(&deployment, &third).await.unwrap();
    assert_eq!(deployment.count("posts"), 2);
}

#[tokio::test]
async fn of_two_pushes_at_once_the_later_one_wins() {
    let deployment = new_deployment().await;
    let schema = schema("posts", &[("title", "string")]);
    let one = request(&deployment, schema.clone(), &[module("posts.js", &["one"])]);
    let other = request(&deployment, schema, &[module("posts.js", &["other"])]);
    let started = start(&deployment, &one).await.unwrap();
    let later = start(&deployment, &other).await.unwrap();
    assert_eq!(
        wait(&deployment, &started, 0).await,
        json!({"type": "raceDetected"})
    );
    let refused = finish(&deployment, &started).await.unwrap_err();
    assert_eq!(refused, json!([400, "RaceDetected"]));
    finish(&deployment, &later).await.unwrap();
    assert_eq!(
        outcomes(&deployment),
        [PushOutcome::Overtaken, PushOutcome::Finished]
    );
    let overlapped = || -> Vec<bool> {
        let pushes = deployment.pushes().into_iter();
        pushes.map(|push| push.overlapped).collect()
    };
    assert_eq!(overlapped(), [true, false]);
    // Who leaves a push is in nobody's way.
    start(&deployment, &one).await.unwrap();
    push(&deployment, &other).await.unwrap();
    assert_eq!(overlapped(), [true, false, false, false]);
    // A dry run overtakes nobody, and changes nothing.
    let mut dry = one.clone();
    dry["dryRun"] = true.into();
    push(&deployment, &dry).await.unwrap();
    let absent = query(&deployment, "posts:one", json!({}), As::Nobody).await;
    assert!(absent.unwrap_err().contains("Could not find"));
}

#[tokio::test]
async fn indexes_take_the_time_that_is_set() {
    let building = Local::user(&manifest()).without_project();
    let building = building.index_building(Duration::from_millis(300));
    let deployment = building.start().await.unwrap();
    let modules = [module("posts.js", &["list"])];
    let request = request(
        &deployment,
        schema("posts", &[("title", "string")]),
        &modules,
    );
    let begun = Instant::now();
    let started = start(&deployment, &request).await.unwrap();
    let state = wait(&deployment, &started, 50).await;
    assert_eq!(state["type"], "inProgress");
    assert_eq!(state["components"][""]["indexesTotal"], 1);
    let early = finish(&deployment, &started).await.unwrap_err();
    assert_eq!(early, json!([400, "SchemaNotReady"]));
    assert_eq!(
        wait(&deployment, &started, 10_000).await,
        json!({"type": "complete"})
    );
    assert!(begun.elapsed() >= Duration::from_millis(300));
    finish(&deployment, &started).await.unwrap();
    // They are there now.
    push(&deployment, &request).await.unwrap();
}

#[tokio::test]
async fn pushes_fail_as_a_test_wants_it() {
    let deployment = new_deployment().await;
    let modules = [module("posts.js", &["list"])];
    let request = request(
        &deployment,
        schema("posts", &[("title", "string")]),
        &modules,
    );
    for (fault, expected) in [
        (
            PushFault::MissesEnvironmentVariable("SECRET".to_owned()),
            json!([400, "MissingEnvironmentVariables"]),
        ),
        (PushFault::IsOvertaken, json!({"type": "raceDetected"})),
        (PushFault::EnvironmentChanges, json!([400, "RaceDetected"])),
        (
            PushFault::FailsToFinish,
            json!([500, "InternalServerError"]),
        ),
    ] {
        deployment.fail_pushes(fault, 1);
        assert_eq!(push(&deployment, &request).await.unwrap_err(), expected);
    }
    push(&deployment, &request).await.unwrap();

    let started = start(&deployment, &request).await.unwrap();
    deployment.set_environment_variable("SECRET", "geheim");
    let refused = finish(&deployment, &started).await.unwrap_err();
    assert_eq!(refused, json!([400, "RaceDetected"]));
    let started = start(&deployment, &request).await.unwrap();
    assert_eq!(started["environmentVariables"], json!({"SECRET": "geheim"}));
}

#[tokio::test]
async fn what_is_no_push_is_refused() {
    let deployment = new_deployment().await;
    let schema = schema("posts", &[("title", "string")]);
    let posts = module("posts.js", &["list"]);
    let good = request(&deployment, schema.clone(), std::slice::from_ref(&posts));
    let mut stranger = good.clone();
    stranger["adminKey"] = "local:user|other".into();
    let refused = start(&deployment, &stranger).await.unwrap_err();
    assert_eq!(refused, json!([403, "BadDeployKey"]));

    let broken =
        json!({"path": "posts.js", "source": "export default (", "environment": "isolate"});
    let outside = json!({"path": "../posts.js", "source": "", "environment": "isolate"});
    for (module, code) in [(broken, "InvalidModules"), (outside, "InvalidConfig")] {
        let request = request(&deployment, schema.clone(), &[module]);
        let refused = start(&deployment, &request).await.unwrap_err();
        assert_eq!(refused, json!([400, code]));
    }
    let mut no_schema = good.clone();
    no_schema["appDefinition"]["schema"]["source"] = "export default 7;".into();
    let refused = start(&deployment, &no_schema).await.unwrap_err();
    assert_eq!(refused, json!([400, "InvalidSchema"]));

    // Modules that are only named must be there, as they are.
    let named = |sha256: &str| {
        let mut named = good.clone();
        named["appDefinition"]["changedModules"] = json!([]);
        named["appDefinition"]["unchangedModuleHashes"] =
            json!([{"path": "posts.js", "environment": "isolate", "sha256": sha256}]);
        named
    };
    let hash = sha256(posts["source"].as_str().unwrap());
    let missing = start(&deployment, &named(&hash)).await.unwrap_err();
    assert_eq!(missing, json!([409, "MissingExistingModule"]));
    push(&deployment, &good).await.unwrap();
    let other = start(&deployment, &named("00")).await.unwrap_err();
    assert_eq!(other, json!([409, "ExistingModuleHashConflict"]));
    push(&deployment, &named(&hash)).await.unwrap();
}

fn sha256(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let hash = Sha256::digest(text);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Closures and what the crate does by itself stay; who watches is told.
#[tokio::test]
async fn clients_see_the_pushed_functions() {
    let local = Local::user(&manifest()).function("notes:search", |_, _| Ok("found"));
    let deployment = local.start().await.unwrap();
    let mut watching = LiveClient::connect(&deployment, 1).await;
    let missing = watching.watch(1, "posts:list", json!({})).await;
    assert!(missing.unwrap_err().contains("Could not find"));

    let posts = module("posts.js", &["list"]);
    let schema = schema("posts", &[("title", "string")]);
    let request = request(&deployment, schema, &[posts]);
    push(&deployment, &request).await.unwrap();
    watching.transition().await;
    let listed = watching.results[&1].clone();
    assert_eq!(listed, Ok(json!([])));
    let gone = mutation(&deployment, "notes:create", json!({}), As::Admin).await;
    assert!(gone.unwrap_err().contains("Could not find"));
}

/// Documents that match are looked at again after a write.
#[tokio::test]
async fn a_document_that_comes_while_indexes_are_built_is_found() {
    let deployment = new_deployment().await;
    let modules = [module("functions.js", &["ping"])];
    let title = ("title", "string");
    let before = request(&deployment, schema("posts", &[title]), &modules);
    push(&deployment, &before).await.unwrap();
    deployment.set_index_building(Duration::from_secs(60));
    let fields = [title, ("kind", "string")];
    let after = request(&deployment, schema("posts", &fields), &modules);
    let started = start(&deployment, &after).await.unwrap();
    for _ in 0..2 {
        let state = wait(&deployment, &started, 0).await;
        assert_eq!(state["type"], "inProgress");
    }
    deployment.insert("posts", json!({"title": "Hi"})).unwrap();
    let state = wait(&deployment, &started, 0).await;
    assert_eq!(state["type"], "failed", "{state}");
}

/// As the official tool sends it over the network; any other encoding is refused.
#[tokio::test]
async fn a_push_may_be_compressed() {
    let deployment = new_deployment().await;
    let posts = module("posts.js", &["list"]);
    let schema = schema("posts", &[("title", "string")]);
    let request = request(&deployment, schema, &[posts]).to_string();
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 4096, 5, 22);
    writer.write_all(request.as_bytes()).unwrap();
    drop(writer);
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let start = |encoding: &'static str, body: &[u8]| {
        let request = Request::post(format!("{}/api/deploy2/start_push", deployment.url()))
            .header("content-type", "application/json")
            .header("content-encoding", encoding)
            .body(Full::new(Bytes::copy_from_slice(body)));
        client.request(request.unwrap())
    };
    assert!(compressed.len() < request.len() / 2);
    let answer = start("br", &compressed).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(outcomes(&deployment), [PushOutcome::Started]);
    for (encoding, body, status) in [
        ("gzip", &compressed[..], 415),
        ("br", request.as_bytes(), 400),
    ] {
        let answer = start(encoding, body).await.unwrap();
        assert_eq!(answer.status(), status);
    }
}
