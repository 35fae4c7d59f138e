use std::time::Duration;

use crate::support::{Reply, Server, Way, success};
use byod_runtime::{Byod, Client, EncryptionKey, Error, Outcome, Value};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

fn way() -> Way {
    Way::of(module_path!())
}

/// A client with short limits, of a server on this machine.
fn limited(url: &str) -> Client {
    let byod = Byod::builder()
        .main_url(url)
        .deploy_key("local|secret")
        .encryption_key(EncryptionKey::parse("key").unwrap());
    let byod = way()
        .set(byod)
        .timeout(Duration::from_millis(300))
        .answer_limit(1000)
        .retries(0)
        .build();
    byod.unwrap().main_client().clone()
}

/// The error of a query and of a mutation that get this reply.
async fn errors(reply: impl Fn() -> Reply + Send + Sync + 'static) -> [Error; 2] {
    let server = Server::start(move |_| reply()).await;
    let client = limited(&server.url).with_deploy_key(&"local|geheim".into());
    let query = client.query::<String>("a:b", &json!({})).await.unwrap_err();
    let mutation = client
        .mutation::<String>("a:b", &json!({}))
        .await
        .unwrap_err();
    assert_eq!(server.take_count(), 2, "nothing is sent twice");
    for error in [&query, &mutation] {
        let call = error.call().unwrap();
        assert_eq!(call.function_path(), "a:b");
        assert_eq!(format!("http://{}", call.deployment()), server.url);
        assert!(
            !format!("{error:?} {error}").contains("geheim"),
            "{error:?}"
        );
    }
    [query, mutation]
}

#[tokio::test]
async fn an_error_of_the_function_has_its_message_and_data() {
    for status in [200, 560] {
        let [query, mutation] = errors(move || {
            let answer = json!({"status": "error", "errorMessage": "Uncaught ConvexError: full",
                "errorData": {"code": "FULL", "limit": {"$integer": "KgAAAAAAAAA="}}, "logLines": []});
            Reply::Status(status, answer.to_string())
        })
        .await;
        assert!(
            query
                .to_string()
                .ends_with("failed: Uncaught ConvexError: full"),
            "{query}"
        );
        let data: Value = query.function_data().unwrap().unwrap();
        assert_eq!(data.to_string(), r#"{code: "FULL", limit: 42n}"#);
        assert_eq!(mutation.outcome(), Outcome::Executed);
        assert!(!query.is_retryable());
    }
}

#[tokio::test]
async fn a_refusal_has_the_deployments_code_and_message() {
    let json = |code| json!({"code": code, "message": "text of the\ndeployment"}).to_string();
    // status, body, what the message says, outcome of a mutation, query may be sent again
    let table = [
        (
            400,
            json("BadJsonBody"),
            "HTTP status 400 BadJsonBody: text of the deployment",
            Outcome::NotExecuted,
            false,
        ),
        (
            401,
            json("Unauthenticated"),
            "HTTP status 401 Unauthenticated: text",
            Outcome::NotExecuted,
            false,
        ),
        (
            403,
            json("BadDeployKey"),
            "HTTP status 403 BadDeployKey: text",
            Outcome::NotExecuted,
            false,
        ),
        (
            404,
            String::new(),
            "HTTP status 404",
            Outcome::NotExecuted,
            false,
        ),
        (
            429,
            json("RateLimited"),
            "HTTP status 429 RateLimited",
            Outcome::NotExecuted,
            true,
        ),
        (
            500,
            json("InternalServerError"),
            "HTTP status 500 Internal",
            Outcome::Unknown,
            true,
        ),
        (
            502,
            "<html>\n<h1>Bad Gateway</h1>".into(),
            "HTTP status 502: <html> <h1>Bad Gateway</h1>",
            Outcome::Unknown,
            true,
        ),
        (
            503,
            json("Overloaded"),
            "HTTP status 503 Overloaded",
            Outcome::Unknown,
            true,
        ),
        (
            503,
            json("RejectedBeforeExecution"),
            "HTTP status 503 Rejected",
            Outcome::NotExecuted,
            true,
        ),
        (
            500,
            "Convex local|geheim is wrong".into(),
            "HTTP status 500: Convex … is wrong",
            Outcome::Unknown,
            true,
        ),
        (
            500,
            "x".repeat(100_000),
            "HTTP status 500",
            Outcome::Unknown,
            true,
        ),
        (
            302,
            "moved".into(),
            "HTTP status 302: redirects are not followed",
            Outcome::Unknown,
            false,
        ),
        (
            204,
            String::new(),
            "HTTP status 204",
            Outcome::Unknown,
            false,
        ),
    ];
    for (status, body, message, outcome, retry) in table {
        let [query, mutation] = errors(move || Reply::Status(status, body.clone())).await;
        assert!(query.to_string().contains(message), "{query}");
        assert!(query.to_string().len() < 500, "{query}");
        let rejected = matches!(query, Error::Rejected { .. });
        assert_eq!(rejected, status == 401 || status == 403);
        assert!(rejected || matches!(query, Error::Status { .. }));
        assert_eq!(mutation.outcome(), outcome, "{status}");
        assert_eq!(query.is_retryable(), retry, "{status}");
        let safe = retry && outcome == Outcome::NotExecuted;
        assert_eq!(mutation.is_retryable(), safe, "{status}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(|_| success(json!("elsewhere"))).await;
    for status in [301, 302, 307, 308] {
        let location = format!("{}/api/query", elsewhere.url);
        let head = format!("HTTP/1.1 {status} X\r\nlocation: {location}\r\n");
        let [query, _] =
            errors(move || Reply::Bytes(format!("{head}content-length: 0\r\n\r\n").into())).await;
        let message = format!("HTTP status {status}: redirects are not followed");
        assert!(query.to_string().contains(&message), "{query}");
    }
    assert_eq!(elsewhere.take_count(), 0, "the deploy key stays here");
}

#[tokio::test]
async fn an_answer_that_is_none_is_not_understood() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "<html></html>",
        r#"{"status": "success"}"#,
        r#"{"status": "success", "value": "x""#,
        r#"{"status": "success", "value": "x"} and more"#,
        r#"{"status": "later", "value": "x"}"#,
        r#"{"status": "error"}"#,
        r#"{"value": "x"}"#,
    ] {
        let [query, mutation] = errors(move || Reply::Status(200, body.into())).await;
        assert!(matches!(query, Error::Answer { .. }), "{body}: {query}");
        assert!(
            query.to_string().contains("not one of a Convex deployment"),
            "{query}"
        );
        assert_eq!(mutation.outcome(), Outcome::Unknown);
        assert!(query.is_retryable() && !mutation.is_retryable());
    }
}

#[tokio::test]
async fn a_value_of_another_type_says_so_and_that_the_function_ran() {
    let [query, mutation] = errors(|| success(json!({"a": 1}))).await;
    let message = query.to_string();
    assert!(
        message.contains("the value is not of the type asked for: invalid type: map"),
        "{message}"
    );
    assert_eq!(mutation.outcome(), Outcome::Executed);
    assert!(!query.is_retryable());
}

#[tokio::test]
async fn an_answer_over_the_limit_is_not_read() {
    let value = "x".repeat(2000);
    let answer = json!({"status": "success", "value": value}).to_string();
    let whole = answer.clone();
    let [query, mutation] = errors(move || Reply::Status(200, whole.clone())).await;
    assert!(
        matches!(query, Error::TooLarge { limit: 1000, .. }),
        "{query}"
    );
    assert_eq!(mutation.outcome(), Outcome::Unknown);

    // Without a length, in chunks, and never ending.
    let chunk = format!("{:x}\r\n{answer}\r\n", answer.len());
    let [query, _] = errors(move || {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        Reply::Bytes(format!("{head}{}", chunk.repeat(3)).into())
    })
    .await;
    assert!(matches!(query, Error::TooLarge { .. }), "{query}");
}

#[tokio::test]
async fn an_answer_without_end_is_broken_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = limited(&format!("http://{}", listener.local_addr().unwrap()));
    let writing = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert_ne!(stream.read(&mut request).await.unwrap(), 0);
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = format!("64\r\n{}\r\n", " ".repeat(100));
        while stream.write_all(chunk.as_bytes()).await.is_ok() {}
    });
    let error = client.query::<String>("a:b", &json!({})).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    // The connection goes with the call.
    let ended = tokio::time::timeout(Duration::from_secs(20), writing).await;
    ended.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_in_many_chunks_is_joined() {
    let server = Server::start(|_| {
        let mut reply = String::from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        for part in [r#"{"status": "suc"#, r#"cess", "val"#, r#"ue": "whole"}"#] {
            reply += &format!("{:x}\r\n{part}\r\n", part.len());
        }
        Reply::Bytes((reply + "0\r\n\r\n").into())
    })
    .await;
    let value: String = limited(&server.url).query("a:b", &json!({})).await.unwrap();
    assert_eq!(value, "whole");
}

/// An answer with these lines before its end of headers.
fn answer_with(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{body}")
}

#[tokio::test]
async fn an_answer_in_an_unusual_form_is_read() {
    let body = r#"{"status": "success", "value": "whole"}"#;
    let length = format!("content-length: {}", body.len());
    let usual = answer_with(&length, body);
    let size = body.len();
    for reply in [
        format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n{usual}"),
        // Until the connection ends.
        format!("HTTP/1.0 200 OK\r\n\r\n{body}"),
        answer_with("connection: close", body),
        answer_with(
            "transfer-encoding: chunked\r\ntrailer: x",
            &format!("{size:x};extension=1\r\n{body}\r\n0\r\nx: behind the body\r\n\r\n"),
        ),
        // With what would answer another call behind it.
        format!("{usual}{}", usual.replace("whole", "other")),
    ] {
        let sent = reply.clone();
        let server = Server::start(move |_| Reply::Bytes(sent.clone().into())).await;
        let client = limited(&server.url);
        for _ in 0..3 {
            let value: Result<String, Error> = client.query("a:b", &json!({})).await;
            assert_eq!(value.unwrap(), "whole", "{reply}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_no_http_leaves_the_outcome_unknown() {
    let many = "x: y\r\n".repeat(1000);
    for reply in [
        "SSH-2.0-OpenSSH_9.6\r\n\r\n".to_owned(),
        answer_with("content-length: 2\r\ncontent-length: 3", "{} "),
        answer_with("content-length: -1", "{}"),
        answer_with("transfer-encoding: chunked", "2\r\n{}\r\nx\r\n"),
        answer_with("transfer-encoding: chunked", "ffffffffffffffffff\r\n{}"),
        answer_with(many.trim_end(), "{}"),
        answer_with(&format!("x: {}", "y".repeat(1_000_000)), "{}"),
        "HTTP/1.1 100 Continue\r\n\r\n".repeat(1000),
    ] {
        let [query, mutation] = errors(move || Reply::Bytes(reply.clone().into())).await;
        assert!(matches!(query, Error::Interrupted { .. }), "{query:?}");
        assert_eq!(mutation.outcome(), Outcome::Unknown);
        assert!(query.to_string().len() < 500, "{query}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_the_outcome_unknown() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"status\"".to_vec();
    for bytes in [Vec::new(), b"HTTP/1.1 200 OK\r\n".to_vec(), cut] {
        let [query, mutation] = errors(move || Reply::Bytes(bytes.clone())).await;
        assert!(matches!(query, Error::Interrupted { .. }), "{query:?}");
        assert_eq!(mutation.outcome(), Outcome::Unknown);
        assert!(query.is_retryable() && !mutation.is_retryable());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_twice_though_kept_connections_end() {
    // As if it were kept; then it ends, which the next call meets at any step.
    let body = r#"{"status": "success", "value": "done"}"#;
    let answer = answer_with(&format!("content-length: {}", body.len()), body);
    let server = Server::start(move |_| Reply::Bytes(answer.clone().into())).await;
    let client = limited(&server.url);
    let mut interrupted = 0;
    for number in 0..300 {
        let result = client.mutation::<String>("a:b", &json!({})).await;
        let sent = server.take_count();
        match result {
            Ok(value) => assert_eq!((value.as_str(), sent), ("done", 1)),
            Err(error) => {
                assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
                assert!(sent <= 1, "{error:?}");
                interrupted += 1;
            }
        }
        // Sometimes the end has been seen before the next call.
        if number % 3 == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    println!("{interrupted} of 300 calls were interrupted");
}

#[tokio::test]
async fn a_time_out_is_within_the_limit() {
    let stalled = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{".to_vec();
    let head_only = Server::start(move |_| {
        Reply::Later(
            Duration::from_secs(60),
            Box::new(Reply::Bytes(stalled.clone())),
        )
    })
    .await;
    let silent = Server::start(|_| Reply::Hang).await;
    for server in [silent, head_only] {
        let client = limited(&server.url);
        let args = json!({});
        let call = client.mutation::<String>("a:b", &args);
        // Far beyond the limit: that it ends at all is what counts.
        let ended = tokio::time::timeout(Duration::from_secs(20), call).await;
        let error = ended.unwrap().unwrap_err();
        assert!(
            matches!(
                error,
                Error::Timeout {
                    connecting: false,
                    ..
                }
            ),
            "{error:?}"
        );
        assert!(
            error
                .to_string()
                .ends_with("no complete answer within 300ms"),
            "{error}"
        );
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    // A port that was free a moment ago, and a name that is reserved for not existing.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for url in [
        format!("http://127.0.0.1:{port}"),
        "https://deployment.invalid".into(),
    ] {
        let call = limited(&url).mutation::<String>("a:b", &json!({})).await;
        let error = call.unwrap_err();
        let unreachable = matches!(
            error,
            Error::Connect { .. }
                | Error::Timeout {
                    connecting: true,
                    ..
                }
        );
        assert!(unreachable, "{error:?}");
        // Nor what the HTTP client says of itself.
        assert!(!error.to_string().contains("client error"), "{error}");
        assert!(!error.to_string().contains("error sending"), "{error}");
        assert_eq!(error.outcome(), Outcome::NotExecuted);
        assert!(error.is_retryable());
    }
}
