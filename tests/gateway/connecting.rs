//! Connecting and disconnecting through the gateway.

use std::num::NonZeroU32;
use std::pin::Pin;

use axum::body::Body;
use axum::http::Request;
use byod_gateway::{Caller, Resolve, Settings};
use byod_runtime::{Byod, Error};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Gateway, start, start_with, web};
use crate::support::Service;

impl Gateway {
    fn post(&self, what: &str, body: &Value) -> RequestBuilder {
        let url = format!("{}/byod/{what}", self.url);
        web().post(url).bearer_auth(&self.alices_token).json(body)
    }

    fn entered(&self) -> Value {
        let alices = &self.service.alices;
        json!({"deploymentUrl": alices.url(), "deployKey": alices.deploy_key()})
    }

    async fn status(&self) -> Value {
        let url = format!("{}/byod/status", self.url);
        let request = web().get(url).bearer_auth(&self.alices_token);
        request.send().await.unwrap().json().await.unwrap()
    }
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_user_connects_tests_and_disconnects_their_own_deployment() {
    let gateway = start(Service::start().await).await;
    assert_eq!(gateway.status().await["record"], Value::Null);
    let (status, test) = answer(gateway.post("connect", &gateway.entered())).await;
    assert_eq!(
        (status, &test["status"], &test["problem"]),
        (200, &json!("connected"), &Value::Null)
    );
    assert_eq!(gateway.status().await["enabled"], true);
    let (_, test) = answer(gateway.post("test", &json!({}))).await;
    assert_eq!(test["status"], "connected");
    let (status, after) = answer(gateway.post("disconnect", &json!({}))).await;
    assert_eq!((status, &after["enabled"]), (200, &json!(false)));
    assert_eq!(
        gateway.status().await["record"]["connectionStatus"],
        "disconnected"
    );
}

#[tokio::test]
async fn what_is_wrong_is_a_problem_with_a_code_and_words() {
    let gateway = start(Service::start().await).await;
    let mut wrong_key = gateway.entered();
    wrong_key["deployKey"] = "prod:alice|wrong".into();
    let (status, test) = answer(gateway.post("connect", &wrong_key)).await;
    assert_eq!(
        (status, &test["problem"]["kind"]),
        (200, &json!("wrong_key"))
    );

    let no_url = json!({"deploymentUrl": "ftp://x", "deployKey": "prod:x|y"});
    let response = gateway.post("connect", &no_url).send().await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    assert_eq!(response.headers()["cache-control"], "no-store");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(
        (&problem["status"], &problem["code"]),
        (&json!(400), &json!("entered"))
    );

    // What is entered is in no answer, also where it isn't what is expected.
    let secret = json!({"deploymentUrl": "https://a-b-1.convex.cloud", "deployKey": "secret", "more": "secret"});
    let (status, problem) = answer(gateway.post("connect", &secret)).await;
    assert_eq!((status, &problem["code"]), (400, &json!("malformed")));
    assert!(!problem.to_string().contains("secret"), "{problem}");
}

#[tokio::test]
async fn only_the_bearer_of_a_users_token_is_answered_and_from_the_apps_own_pages() {
    let gateway = start(Service::start().await).await;
    let url = format!("{}/byod/connect", gateway.url);
    let nobody = web().post(&url).json(&gateway.entered());
    assert_eq!(answer(nobody).await.0, 401);
    // Whoever has a token that main takes, and no account, signs up; with another one they sign in again.
    let with = |token: &str| {
        let request = web().post(&url).json(&gateway.entered());
        answer(request.bearer_auth(token))
    };
    let main = &gateway.service.main;
    let (status, problem) = with("made-up").await;
    assert_eq!((status, &problem["code"]), (401, &json!("unauthenticated")));
    let carols = main.token("carol").unwrap();
    let (status, problem) = with(&carols).await;
    assert_eq!((status, &problem["code"]), (403, &json!("unknown_user")));
    let carol = json!({
        "subject": "carol", "name": "Carol", "email": "carol@example.org", "createdAt": 0.0, "updatedAt": 0.0,
    });
    main.insert("users", carol).unwrap();
    let status = format!("{}/byod/status", gateway.url);
    let status = web().get(status).bearer_auth(&carols);
    assert_eq!(answer(status).await.0, 200, "from now on");

    let elsewhere = gateway
        .post("connect", &gateway.entered())
        .header("origin", "https://evil.example");
    let (status, problem) = answer(elsewhere).await;
    assert_eq!((status, &problem["code"]), (403, &json!("origin")));
    let form = web().post(&url).bearer_auth(&gateway.alices_token);
    let form = form
        .header("content-type", "text/plain")
        .body(gateway.entered().to_string());
    assert_eq!(answer(form).await.0, 415);
    assert_eq!(gateway.service.main.count("userDatabaseConfig"), 0);

    let own = gateway
        .post("connect", &gateway.entered())
        .header("origin", "https://app.example");
    let response = own.send().await.unwrap();
    assert_eq!(
        response.headers()["access-control-allow-origin"],
        "https://app.example"
    );
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_page_of_the_gateways_own_host_may_connect_also_where_no_header_names_it() {
    let gateway = start(Service::start().await).await;
    let app = byod_gateway::router(gateway.service.byod.clone(), Settings::default());
    // As HTTP/2 has it.
    let asked = async |origin: &str| {
        let request = Request::post("https://service.example/byod/test")
            .header("origin", origin)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", gateway.alices_token))
            .body(Body::from("{}"))
            .unwrap();
        app.clone().oneshot(request).await.unwrap().status()
    };
    assert_eq!(asked("https://service.example").await, 404, "she has none");
    assert_eq!(asked("https://evil.example").await, 403);
}

#[tokio::test]
async fn a_user_may_not_try_without_end() {
    let twice = NonZeroU32::new(2).unwrap();
    let gateway = start_with(Service::start().await, |settings| {
        settings.connects_per_minute(twice)
    });
    let gateway = gateway.await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let response = gateway.post("test", &json!({})).send().await.unwrap();
        let wait = response.headers().get("retry-after").cloned();
        statuses.push((response.status().as_u16(), wait.is_some()));
    }
    assert_eq!(
        statuses,
        [(404, false), (404, false), (429, true), (429, true)]
    );
}

#[tokio::test]
async fn events_say_the_status_at_once_and_after_every_change() {
    let gateway = start(Service::start().await).await;
    let url = format!("{}/byod/events", gateway.url);
    let events = web().get(&url).bearer_auth(&gateway.alices_token);
    let mut events = events.send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mut next = async || {
        let chunk = events.chunk().await.unwrap().unwrap();
        let text = String::from_utf8(chunk.to_vec()).unwrap();
        let data = text
            .lines()
            .find_map(|line| line.strip_prefix("data: "))
            .unwrap();
        serde_json::from_str::<Value>(data).unwrap()["enabled"].clone()
    };
    assert_eq!(next().await, false);
    answer(gateway.post("connect", &gateway.entered())).await;
    while next().await == false {}
    answer(gateway.post("disconnect", &json!({}))).await;
    while next().await == true {}
}

#[tokio::test]
async fn a_user_has_so_many_streams_of_events_and_closing_one_makes_room() {
    let gateway = start_with(Service::start().await, |settings| {
        settings.events_per_user(1)
    })
    .await;
    let url = format!("{}/byod/events", gateway.url);
    let open = || web().get(&url).bearer_auth(&gateway.alices_token).send();
    let first = open().await.unwrap();
    assert_eq!(open().await.unwrap().status(), 429);
    drop(first);
    while open().await.unwrap().status() != 200 {
        tokio::task::yield_now().await;
    }
}

/// A service's own way to say who calls: by keys that it has given out.
#[derive(Debug)]
struct Keys(Caller);

impl Resolve for Keys {
    fn resolve<'a>(
        &'a self,
        _: &'a Byod,
        token: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Caller>, Error>> + Send + 'a>> {
        Box::pin(async move { Ok((token == "alices key").then(|| self.0.clone())) })
    }
}

#[tokio::test]
async fn a_service_may_know_callers_by_tokens_of_its_own() {
    let service = Service::with_alice_connected().await;
    let alice = Caller {
        user_id: service.alice_id.clone().into(),
        subject: "alice".into(),
    };
    let gateway = start_with(service, |settings| settings.resolve_with(Keys(alice))).await;
    let url = format!("{}/byod/status", gateway.url);
    let status = |key| answer(web().get(&url).bearer_auth(key));
    assert_eq!(status("alices key").await.1["enabled"], true);
    assert_eq!(status("another").await.0, 403);
}
