//! The project of the tests, and a client that shows what is on the wire.

// Each test program uses its own part of this.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

mod client;

pub use client::Client as LiveClient;

use base64::Engine as _;
use byod_local::{Local, LocalDeployment, Manifest};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value as Json, json};

pub fn manifest() -> Manifest {
    byod_local::read_manifest(include_str!("../manifest.json")).unwrap()
}

/// A main deployment with two users, `auth|ada` and `auth|bob`.
pub async fn main_with_users() -> LocalDeployment {
    let main = Local::main(&manifest()).start().await.unwrap();
    for (name, auth_id) in [("Ada", "auth|ada"), ("Bob", "auth|bob")] {
        let user = json!({"name": name, "authId": auth_id});
        main.insert("users", user).unwrap();
    }
    main
}

/// Who makes a request.
#[derive(Clone, Copy)]
pub enum As<'a> {
    Nobody,
    User(&'a str),
    Admin,
    AdminFor(&'a str),
    Header(&'a str),
}

/// Sends bytes and gives status and body.
pub async fn send(
    deployment: &LocalDeployment,
    method: Method,
    endpoint: &str,
    caller: As<'_>,
    content_type: &str,
    body: impl Into<Bytes>,
) -> (u16, Json) {
    let authorization = match caller {
        As::Nobody => None,
        As::User(subject) => Some(format!("Bearer {}", deployment.token(subject).unwrap())),
        As::Admin => Some(format!("Convex {}", deployment.deploy_key())),
        As::AdminFor(subject) => {
            let identity = json!({"subject": subject, "issuer": "https://auth.local"}).to_string();
            let identity = base64::engine::general_purpose::STANDARD.encode(identity);
            Some(format!("Convex {}:{identity}", deployment.deploy_key()))
        }
        As::Header(header) => Some(header.to_owned()),
    };
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{}{endpoint}", deployment.url()))
        .header(CONTENT_TYPE, content_type);
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let request = request.body(Full::new(body.into())).unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

/// Sends JSON and gives status and body.
pub async fn post(
    deployment: &LocalDeployment,
    endpoint: &str,
    caller: As<'_>,
    body: Json,
) -> (u16, Json) {
    let body = body.to_string();
    send(
        deployment,
        Method::POST,
        endpoint,
        caller,
        "application/json",
        body,
    )
    .await
}

/// Calls a function and gives its value, or its error message.
pub async fn call(
    deployment: &LocalDeployment,
    kind: &str,
    path: &str,
    args: Json,
    caller: As<'_>,
) -> Result<Json, String> {
    let body = json!({"path": path, "args": args, "format": "convex_encoded_json"});
    let (status, mut answer) = post(deployment, &format!("/api/{kind}"), caller, body).await;
    assert_eq!(status, 200, "{answer}");
    match answer["status"].as_str() {
        Some("success") => Ok(answer["value"].take()),
        Some("error") => Err(answer["errorMessage"].as_str().unwrap().to_owned()),
        _ => panic!("not an answer: {answer}"),
    }
}

pub async fn query(
    deployment: &LocalDeployment,
    path: &str,
    args: Json,
    caller: As<'_>,
) -> Result<Json, String> {
    call(deployment, "query", path, args, caller).await
}

pub async fn mutation(
    deployment: &LocalDeployment,
    path: &str,
    args: Json,
    caller: As<'_>,
) -> Result<Json, String> {
    call(deployment, "mutation", path, args, caller).await
}

/// The titles or names of a list.
pub fn names(list: &Json) -> Vec<&str> {
    let name = |document: &'_ Json| document.get("title").or(document.get("name")).is_some();
    let documents = list.as_array().unwrap();
    assert!(documents.iter().all(name));
    documents
        .iter()
        .map(|document| {
            document["title"]
                .as_str()
                .or(document["name"].as_str())
                .unwrap()
        })
        .collect()
}
