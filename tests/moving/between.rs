//! What stands between the service and a deployment, and answers some calls otherwise.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::{Json, Router};
use byod_local::LocalDeployment;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What becomes of a call.
pub(crate) enum Becomes {
    /// It is answered by the deployment.
    Itself,
    /// The function fails with that message; the deployment gets nothing.
    Error(&'static str),
    /// It returns that; the deployment gets nothing.
    Value(Value),
    /// What the deployment answers becomes that.
    Changed(Box<dyn FnOnce(&mut Value) + Send>),
}

type Rule = dyn Fn(&str, &Value) -> Becomes + Send + Sync;

/// It listens until it is dropped.
pub(crate) struct Between {
    pub(crate) url: String,
    server: JoinHandle<()>,
}

struct Inner {
    deployment: String,
    http: reqwest::Client,
    rule: Box<Rule>,
}

impl Between {
    /// The rule is given each function's path and arguments.
    pub(crate) async fn start(
        deployment: &LocalDeployment,
        rule: impl Fn(&str, &Value) -> Becomes + Send + Sync + 'static,
    ) -> Self {
        let inner = Arc::new(Inner {
            deployment: deployment.url(),
            http: crate::gateway::web(),
            rule: Box::new(rule),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(passed).with_state(inner);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, server }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn passed(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let call: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = call["path"].as_str().unwrap_or_default();
    // Arguments are one object, in an array or not.
    let args = call["args"].get(0).unwrap_or(&call["args"]);
    let change = match (inner.rule)(path, args) {
        Becomes::Itself => None,
        Becomes::Error(message) => {
            let error = json!({"status": "error", "errorMessage": message, "logLines": []});
            return Json(error).into_response();
        }
        Becomes::Value(value) => {
            let success = json!({"status": "success", "value": value, "logLines": []});
            return Json(success).into_response();
        }
        Becomes::Changed(change) => Some(change),
    };
    let request = inner
        .http
        .request(method, format!("{}{uri}", inner.deployment))
        .body(body);
    let sent = ["authorization", "content-type"];
    let sent = sent
        .iter()
        .filter_map(|name| Some((*name, headers.get(*name)?)));
    let request = sent.fold(request, |request, (name, value)| {
        request.header(name, value)
    });
    let Ok(answer) = request.send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let status = answer.status();
    let body = answer.bytes().await.unwrap_or_default();
    let Some(change) = change else {
        return (status, [("content-type", "application/json")], body).into_response();
    };
    let mut answer: Value = serde_json::from_slice(&body).unwrap();
    change(&mut answer["value"]);
    (status, Json(answer)).into_response()
}
