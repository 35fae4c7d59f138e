//! The HTTP API: endpoints, authentication, bad requests, records.

use std::sync::Arc;

use crate::common::{As, main_with_users, manifest, mutation, post, query, send};
use byod_local::{AuthKind, Local};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Version};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn body(path: &str, args: Json) -> Json {
    json!({"path": path, "args": args, "format": "convex_encoded_json"})
}

#[tokio::test]
async fn a_batch_is_answered_in_order_each_with_its_own_outcome() {
    let main = main_with_users().await;
    let queries = [
        body("notes:list", json!({})),
        body("notes:ghost", json!({})),
        body("notes:list", json!({"limit": {"$integer": "?"}})),
        body("notes:create", json!({"title": "a"})),
        body("templates:list", json!({})),
    ];
    let batch = json!({"queries": queries});
    let (status, answer) = post(&main, "/api/query_batch", As::User("auth|ada"), batch).await;
    assert_eq!(status, 200);
    let outcomes: Vec<_> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["status"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["success", "error", "error", "error", "success"]);
    assert_eq!(main.requests()[0].functions.len(), 5);
    assert_eq!(main.request_count(), 1);
}

#[tokio::test]
async fn a_query_can_read_at_an_earlier_time() {
    let main = main_with_users().await;
    let (_, ts) = post(&main, "/api/query_ts", As::Nobody, json!(null)).await;
    let template = json!({"name": "a", "kind": "note"});
    mutation(&main, "templates:create", template, As::Nobody)
        .await
        .unwrap();

    let mut then = body("templates:list", json!({}));
    then["ts"] = ts["ts"].clone();
    let (_, answer) = post(&main, "/api/query_at_ts", As::Nobody, then.clone()).await;
    assert_eq!(answer["value"], json!([]));
    let now = query(&main, "templates:list", json!({}), As::Nobody)
        .await
        .unwrap();
    assert_eq!(now.as_array().unwrap().len(), 1);

    for (ts, code) in [("AAAAAAAAAAA=", "OutOfRetention"), ("x", "BadTimestamp")] {
        then["ts"] = ts.into();
        let (status, answer) = post(&main, "/api/query_at_ts", As::Nobody, then.clone()).await;
        assert_eq!((status, answer["code"].as_str()), (400, Some(code)));
    }
}

#[tokio::test]
async fn any_kind_of_function_is_called_by_an_admin_only() {
    let main = main_with_users().await;
    let create = body("templates:create", json!({"name": "a", "kind": "note"}));
    let (status, answer) = post(&main, "/api/function", As::Admin, create.clone()).await;
    assert_eq!((status, answer["status"].as_str()), (200, Some("success")));
    let (status, answer) = post(&main, "/api/function", As::Nobody, create).await;
    assert_eq!(
        (status, answer["code"].as_str()),
        (403, Some("BadDeployKey"))
    );
    assert_eq!(main.count("templates"), 1);
}

#[tokio::test]
async fn a_function_that_the_url_names_is_run_whatever_its_kind() {
    let main = main_with_users().await;
    let (ada, args) = (As::User("auth|ada"), json!({"args": {"title": "a"}}));
    let (status, answer) = post(&main, "/api/run/notes/create", ada, args).await;
    assert_eq!((status, answer["status"].as_str()), (200, Some("success")));
    let (_, answer) = post(&main, "/api/run/notes/list", ada, json!({"args": {}})).await;
    assert_eq!(crate::common::names(&answer["value"]), ["a"]);
    // What is internal stays so, and what isn't there is not there.
    let record = "/api/run/byod/credentials/getConfigInternal";
    for path in [record, "/api/run/notes/nothing"] {
        let (_, answer) = post(&main, path, ada, json!({"args": {"userId": "u"}})).await;
        assert_eq!(answer["status"], "error", "{path}: {answer}");
    }
    let (status, _) = post(&main, "/api/run", ada, json!({"args": {}})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn an_admin_acts_as_a_user() {
    let main = main_with_users().await;
    let acting = As::AdminFor("auth|ada");
    mutation(&main, "notes:create", json!({"title": "a"}), acting)
        .await
        .unwrap();
    let listed = query(&main, "notes:list", json!({}), As::User("auth|ada"))
        .await
        .unwrap();
    assert_eq!(crate::common::names(&listed), ["a"]);
}

#[tokio::test]
async fn a_deploy_key_is_revoked_by_another() {
    let main = Local::main(&manifest()).name("shop").start().await.unwrap();
    let old = main.deploy_key();
    assert!(old.starts_with("local:shop|"), "{old}");
    main.set_deploy_key("prod:shop|new");
    let header = format!("Convex {old}");
    let refused = post(
        &main,
        "/api/query",
        As::Header(&header),
        body("notes:list", json!({})),
    )
    .await;
    assert_eq!(
        refused,
        (
            403,
            json!({
                "code": "BadDeployKey",
                "message": "The provided deploy key was invalid for deployment 'shop'. Double check that the environment this key was generated for matches the desired deployment.",
            })
        )
    );
    let ran = query(
        &main,
        "templates:list",
        json!({}),
        As::Header("Convex prod:shop|new"),
    )
    .await;
    assert_eq!(ran, Ok(json!([])));
}

#[tokio::test]
async fn what_authorizes_nobody_is_refused_before_anything_runs() {
    let main = main_with_users().await;
    let revoked = main.token("auth|ada").unwrap();
    main.revoke_token(&revoked);
    let revoked = format!("Bearer {revoked}");
    for (header, status, code) in [
        ("Bearer nonsense", 401, "Unauthenticated"),
        (revoked.as_str(), 401, "Unauthenticated"),
        ("Basic abc", 400, "HeaderParseFailure"),
        ("Convex main|x:bm8=", 403, "BadDeployKey"),
    ] {
        let create = body("templates:create", json!({"name": "a", "kind": "note"}));
        let answer = post(&main, "/api/mutation", As::Header(header), create).await;
        assert_eq!(
            (answer.0, answer.1["code"].as_str()),
            (status, Some(code)),
            "{header}"
        );
    }
    assert_eq!(main.count("templates"), 0);
}

/// Where in them it is isn't said: that would be counted from where the arguments begin.
#[tokio::test]
async fn arguments_that_cannot_be_read_are_told_apart() {
    let main = main_with_users().await;
    let nested = "[".repeat(200) + &"]".repeat(200);
    let as_json = "Failed to parse the arguments for notes:list as JSON: ";
    for (limit, said) in [
        ("1e999", format!("{as_json}number out of range")),
        (
            r#""\ud800""#,
            format!("{as_json}unexpected end of hex escape"),
        ),
        (&nested, format!("{as_json}recursion limit exceeded")),
    ] {
        let text = format!(r#"{{"path": "notes:list", "args": {{"limit": {limit}}}}}"#);
        let json = "application/json";
        let asked = send(&main, Method::POST, "/api/query", As::Nobody, json, text);
        let (status, answer) = asked.await;
        let code = answer["code"].as_str();
        assert_eq!((status, code), (400, Some("BadJsonBody")), "{answer}");
        assert_eq!(answer["message"], said);
    }
    // What is JSON, and no value of Convex, is for the function to refuse.
    let wrong = json!({"limit": {"$integer": "x"}});
    let refused = query(&main, "notes:list", wrong, As::Nobody).await;
    let said = refused.unwrap_err();
    assert!(said.starts_with("Invalid arguments for notes:list: "));
    assert!(!said.contains("line"), "{said}");
}

#[tokio::test]
async fn bad_requests_say_what_is_wrong() {
    let main = main_with_users().await;
    let json_type = "application/json";
    for (content_type, text, code) in [
        (json_type, "", "BadJsonBody"),
        (json_type, "{\"path\"", "BadJsonBody"),
        (json_type, r#"{"args": {}}"#, "BadJsonBody"),
        (json_type, r#"{"path": "notes:list"}"#, "BadJsonBody"),
        (
            json_type,
            r#"{"path": "", "args": {}}"#,
            "BadConvexFunctionIdentifier",
        ),
        (
            json_type,
            r#"{"path": "notes:list", "args": {}, "format": "xml"}"#,
            "BadFormat",
        ),
        (
            "text/plain",
            r#"{"path": "notes:list", "args": {}}"#,
            "BadJsonBody",
        ),
    ] {
        let (status, answer) = send(
            &main,
            Method::POST,
            "/api/query",
            As::Nobody,
            content_type,
            text,
        )
        .await;
        assert_eq!(
            (status, answer["code"].as_str()),
            (400, Some(code)),
            "{text}"
        );
        assert!(answer["message"].is_string());
    }
    let (status, answer) = send(&main, Method::GET, "/api/query", As::Nobody, json_type, "").await;
    assert_eq!(
        (status, answer["code"].as_str()),
        (405, Some("MethodNotAllowed"))
    );
    let (status, _) = post(&main, "/api/nothing", As::Nobody, json!({})).await;
    assert_eq!(status, 404);
    let large = vec![b' '; (20 << 20) + 1];
    let (status, _) = send(
        &main,
        Method::POST,
        "/api/query",
        As::Nobody,
        json_type,
        large,
    )
    .await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn requests_are_counted_and_recorded_without_secrets() {
    let main = main_with_users().await;
    query(&main, "notes:list", json!({}), As::User("auth|ada"))
        .await
        .unwrap();
    query(&main, "templates:list", json!({}), As::Admin)
        .await
        .unwrap();
    post(
        &main,
        "/api/query",
        As::Header("Bearer x"),
        body("notes:list", json!({})),
    )
    .await;
    let seen: Vec<_> = main
        .requests()
        .into_iter()
        .map(|request| {
            (
                request.endpoint,
                request.functions,
                request.auth,
                request.status,
            )
        })
        .collect();
    let endpoint = || "/api/query".to_owned();
    assert_eq!(
        seen,
        [
            (
                endpoint(),
                vec!["notes:list".to_owned()],
                AuthKind::User,
                200
            ),
            (
                endpoint(),
                vec!["templates:list".to_owned()],
                AuthKind::Admin,
                200
            ),
            (
                endpoint(),
                vec!["notes:list".to_owned()],
                AuthKind::None,
                401
            ),
        ]
    );
    let debug = format!("{main:?}");
    assert!(!debug.contains(main.deploy_key().split('|').nth(1).unwrap()));
    main.reset_requests();
    assert_eq!((main.request_count(), main.requests().len()), (0, 0));
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let main = main_with_users().await;
    let mut stream = tokio::net::TcpStream::connect(main.address())
        .await
        .unwrap();
    for _ in 0..3 {
        let body = body("templates:list", json!({})).to_string();
        let request = format!(
            "POST /api/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(br#""logLines":[]}"#) {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    }
    assert_eq!(main.request_count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_calls_at_once_all_take_effect() {
    let main = Arc::new(main_with_users().await);
    let calls: Vec<_> = (0..2_000)
        .map(|i| {
            let main = main.clone();
            tokio::spawn(async move {
                let template = json!({"name": format!("{i}"), "kind": "note"});
                mutation(&main, "templates:create", template, As::Nobody)
                    .await
                    .unwrap()
            })
        })
        .collect();
    let mut ids = std::collections::HashSet::new();
    for call in calls {
        ids.insert(call.await.unwrap().to_string());
    }
    assert_eq!(ids.len(), 2_000);
    assert_eq!(main.count("templates"), 2_000);
}

#[tokio::test]
async fn it_stops_when_it_is_stopped_or_dropped() {
    let main = main_with_users().await;
    let address = main.address();
    let open = tokio::net::TcpStream::connect(address).await.unwrap();
    main.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
    // Connections that were open are closed, too.
    let mut open = open;
    let mut rest = Vec::new();
    assert_eq!(open.read_to_end(&mut rest).await.unwrap_or(0), 0);

    let address = main_with_users().await.address();
    for _ in 0..1_000 {
        if tokio::net::TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the port is still open");
}

#[tokio::test]
async fn http2_is_spoken_to_those_who_begin_with_it() {
    let main = main_with_users().await;
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let body = Full::new(Bytes::from(body("templates:list", json!({})).to_string()));
    let request = Request::post(format!("{}/api/query", main.url()))
        .header("Content-Type", "application/json")
        .body(body)
        .unwrap();
    let response = client.request(request).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn pages_of_every_origin_may_call() {
    let main = main_with_users().await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let url = format!("{}/api/query", main.url());
    let asks = [
        ("Origin", "https://app.example"),
        ("Access-Control-Request-Method", "POST"),
        (
            "Access-Control-Request-Headers",
            "authorization,content-type,convex-client",
        ),
    ];
    let before = Request::options(url.clone());
    let before = asks
        .into_iter()
        .fold(before, |request, (name, value)| request.header(name, value));
    let allowed = client
        .request(before.body(Full::default()).unwrap())
        .await
        .unwrap();
    assert_eq!(allowed.status(), 200);
    for (name, value) in [
        ("access-control-allow-origin", asks[0].1),
        ("access-control-allow-methods", asks[1].1),
        ("access-control-allow-headers", asks[2].1),
        ("access-control-allow-credentials", "true"),
    ] {
        assert_eq!(allowed.headers()[name], value);
    }

    let call = body("templates:list", json!({})).to_string();
    let call = Request::post(url)
        .header("Origin", asks[0].1)
        .header("Content-Type", "application/json")
        .body(Full::new(Bytes::from(call)))
        .unwrap();
    let answer = client.request(call).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], asks[0].1);
    // Whether a page may call was not asked of a function.
    assert_eq!(main.request_count(), 1);
}
