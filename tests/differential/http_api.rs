//! Requests as bytes: both answer them alike.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value as Json, json};

use crate::support::node::Node;

/// A request, but for the deployment.
struct Sent {
    method: Method,
    endpoint: &'static str,
    authorization: Option<String>,
    content_type: &'static str,
    body: String,
}

/// A call of `endpoint` by the admin.
fn call(endpoint: &'static str, body: Json) -> Sent {
    Sent {
        method: Method::POST,
        endpoint,
        authorization: Some("Convex prod:users|only for tests".to_owned()),
        content_type: "application/json",
        body: body.to_string(),
    }
}

fn by(authorization: Option<&str>, sent: Sent) -> Sent {
    Sent {
        authorization: authorization.map(str::to_owned),
        ..sent
    }
}

/// Status and body.
async fn answer(url: &str, sent: &Sent) -> (u16, Json) {
    let mut request = Request::builder()
        .method(&sent.method)
        .uri(format!("{url}{}", sent.endpoint))
        .header("Content-Type", sent.content_type);
    if let Some(authorization) = &sent.authorization {
        request = request.header("Authorization", authorization);
    }
    let request = request
        .body(Full::new(Bytes::from(sent.body.clone())))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

/// Without what is the parser's own wording, and what every deployment makes for
/// itself.
fn comparable((status, mut body): (u16, Json)) -> (u16, Json) {
    if body["code"] == "BadJsonBody" {
        body["message"] = "how it can't be read".into();
    }
    (status, without_own(body))
}

fn without_own(body: Json) -> Json {
    const OWN: [&str; 3] = ["timestamp", "_id", "_creationTime"];
    match body {
        Json::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !OWN.contains(&&**name))
            .map(|(name, value)| (name, without_own(value)))
            .collect(),
        Json::Array(values) => values.into_iter().map(without_own).collect(),
        plain => plain,
    }
}

#[tokio::test]
async fn requests_are_answered_alike() {
    let Some(node) = Node::get() else { return };
    let (local, node) = super::deploy(node).await;
    local.set_deploy_key("prod:users|only for tests");

    let ping = || json!({"path": "functions:ping", "args": {}, "format": "json"});
    let list =
        |format: &str| json!({"path": "notes:list", "args": [{"userId": "a"}], "format": format});
    // NaN and -Infinity, which JSON has no numbers for.
    let [note, later] = ["AAAAAAAA+H8=", "AAAAAAAA8P8="].map(|time| {
        let time = json!({"$float": time});
        json!({"userId": "a", "title": "t", "content": "c", "createdAt": time, "updatedAt": time})
    });
    let create = |args: Json| {
        call(
            "/api/mutation",
            json!({"path": "notes:create", "args": args, "format": "json"}),
        )
    };
    let acting = "Convex prod:users|only for tests:eyJzdWJqZWN0IjoiYSIsImlzc3VlciI6ImIifQ==";
    let requests = [
        // Every endpoint.
        call("/api/query", list("convex_encoded_json")),
        call("/api/function", list("json")),
        call("/api/action", list("json")),
        call(
            "/api/query_batch",
            json!({"queries": [ping(), list("json"), {"path": "no:where", "args": {}}]}),
        ),
        call("/api/query_batch", json!({"queries": []})),
        call("/api/nothing", json!({})),
        call(
            "/api/query_at_ts",
            json!({"path": "notes:list", "args": {}, "ts": "x"}),
        ),
        Sent {
            method: Method::GET,
            ..call("/api/query", ping())
        },
        // Who calls.
        by(None, call("/api/query", ping())),
        by(
            Some("convex users|only for tests"),
            call("/api/query", list("json")),
        ),
        by(
            Some("Convex dev:users|only for tests"),
            call("/api/query", list("json")),
        ),
        by(Some(acting), call("/api/query", list("json"))),
        by(
            Some("Convex prod:users|only for tests:bm9uc2Vuc2U="),
            call("/api/query", ping()),
        ),
        by(
            Some("Convex prod:users|something else"),
            call("/api/query", ping()),
        ),
        by(Some("Basic abc"), call("/api/query", ping())),
        by(Some("nonsense"), call("/api/query", ping())),
        by(None, call("/api/query", list("json"))),
        by(None, call("/api/function", ping())),
        // Arguments that are no arguments.
        create(json!([])),
        create(json!([note, note])),
        create(json!("text")),
        create(json!([[]])),
        create(json!([null])),
        create(json!([{"$integer": "BwAAAAAAAAA="}])),
        create(note.clone()),
        create(later),
        // Both formats of what is no number in JSON.
        call("/api/query", list("json")),
        call("/api/query", list("convex_encoded_json")),
        create(json!({"title": 1})),
        // Requests that are none.
        call("/api/query", json!({"path": "notes:list"})),
        call("/api/query", json!({"args": {}})),
        call("/api/query", json!(7)),
        call("/api/query", json!({"path": "", "args": {}})),
        call("/api/query", json!({"path": "notes:", "args": {}})),
        call("/api/query", json!({"path": ":list", "args": {}})),
        call(
            "/api/query",
            json!({"path": "notes.js:list", "args": {"userId": "a"}, "format": "json"}),
        ),
        call("/api/query", list("xml")),
        Sent {
            body: "{".to_owned(),
            ..call("/api/query", ping())
        },
        Sent {
            body: String::new(),
            ..call("/api/query", ping())
        },
        Sent {
            content_type: "text/plain",
            ..call("/api/query", ping())
        },
        Sent {
            content_type: "application/json; charset=utf-8",
            ..call("/api/query", ping())
        },
    ];
    let mut different = Vec::new();
    for sent in &requests {
        let ours = comparable(answer(&local.url(), sent).await);
        let convexs = comparable(answer(&node.url(), sent).await);
        if same(&ours, &convexs) {
            continue;
        }
        different.push(format!(
            "{} {} {:?} {}\n  byod-local  {ours:?}\n  convex-test {convexs:?}",
            sent.method, sent.endpoint, sent.authorization, sent.body
        ));
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// The words for wrong arguments are compared elsewhere; ids are each one's own.
fn same(ours: &(u16, Json), convexs: &(u16, Json)) -> bool {
    let kind = |(status, body): &(u16, Json)| {
        let message = body["errorMessage"].as_str().unwrap_or_default();
        let kind = message.split(": ").next().unwrap_or_default().to_owned();
        let kind = ["ArgumentValidationError"]
            .contains(&&*kind)
            .then_some(kind);
        let id = body["value"].as_str().filter(|id| id.len() == 32).is_some();
        (id || kind.is_some()).then(|| (*status, body["status"].clone(), kind))
    };
    ours == convexs || (kind(ours).is_some() && kind(ours) == kind(convexs))
}
