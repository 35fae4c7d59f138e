//! The sync protocol: who watches a query sees what it gives, now and after each change.

use std::time::Duration;

use crate::common::{As, LiveClient, main_with_users, mutation, names};
use byod_local::{FunctionError, Local};
use byod_sync::{Json, ServerMessage, Token};
use serde_json::{Value, json};

/// A client of Ada.
async fn adas(main: &byod_local::LocalDeployment) -> LiveClient {
    let mut client = LiveClient::connect(main, 1).await;
    let token = main.token("auth|ada").unwrap();
    client.authenticate(Token::User(token)).await;
    client
}

#[tokio::test]
async fn who_watches_a_query_sees_each_change() {
    let main = main_with_users().await;
    let mut ada = adas(&main).await;
    assert_eq!(ada.watch(0, "notes:list", json!({})).await, Ok(json!([])));

    // Her own mutation, and one by HTTP.
    let made = ada.mutate(0, "notes:create", json!({"title": "a"})).await;
    assert!(made.unwrap().is_string());
    assert_eq!(names(ada.results[&0].as_ref().unwrap()), ["a"]);
    let note = json!({"title": "b"});
    mutation(&main, "notes:create", note, As::User("auth|ada"))
        .await
        .unwrap();
    assert_eq!(ada.quiet().await, 1);
    assert_eq!(names(ada.results[&0].as_ref().unwrap()), ["b", "a"]);

    // A test puts something there.
    let template = json!({"name": "t", "kind": "note"});
    ada.watch(1, "templates:list", json!({})).await.unwrap();
    main.insert("templates", template).unwrap();
    ada.quiet().await;
    assert_eq!(names(ada.results[&1].as_ref().unwrap()), ["t"]);
    ada.forget(0).await;
    assert!(!ada.results.contains_key(&0));
}

#[tokio::test]
async fn a_change_of_who_calls_runs_all_queries_again() {
    let main = main_with_users().await;
    let note = json!({"title": "a"});
    mutation(&main, "notes:create", note, As::User("auth|ada"))
        .await
        .unwrap();
    let mut client = LiveClient::connect(&main, 1).await;
    let nobodys = client.watch(0, "notes:list", json!({})).await;
    assert_eq!(nobodys.unwrap_err(), "Uncaught Error: Unauthenticated");

    let token = main.token("auth|ada").unwrap();
    client.authenticate(Token::User(token)).await;
    assert_eq!(names(client.results[&0].as_ref().unwrap()), ["a"]);
    let impersonating = Json::of(&json!({"subject": "auth|bob", "issuer": "https://auth.local"}));
    client
        .authenticate(Token::Admin {
            key: main.deploy_key(),
            impersonating: Some(impersonating.unwrap()),
        })
        .await;
    assert_eq!(client.results[&0], Ok(json!([])));
    // Internal functions are there for who has the deploy key.
    let count = client.watch(1, "notes:count", json!({})).await;
    assert!(count.unwrap_err().contains("has no implementation here"));
    client.authenticate(Token::None).await;
    assert!(
        client.results[&1]
            .clone()
            .unwrap_err()
            .contains("public function")
    );
}

#[tokio::test]
async fn errors_are_results() {
    let main = Local::main(&crate::common::manifest())
        .function("notes:search", |_, _| -> Result<(), _> {
            Err(FunctionError::convex(7_i64))
        })
        .function("notes:summarize", |ctx, _| {
            Ok(ctx.query("users").collect()?.len().to_string())
        })
        .start()
        .await
        .unwrap();
    let mut client = LiveClient::connect(&main, 1).await;
    let wrong = |path: &'static str, args: Value| (path, args);
    for ((path, args), message) in [
        (
            wrong("notes:search", json!({"query": "a"})),
            "Uncaught ConvexError",
        ),
        (
            wrong("notes:search", json!({"query": 7})),
            "ArgumentValidationError",
        ),
        (
            wrong("notes:ghost", json!({})),
            "Could not find public function",
        ),
        (
            wrong("notes:create", json!({})),
            "Trying to execute notes.js:create as Query",
        ),
        (
            wrong("templates:list", json!({"$x": 1})),
            "Invalid arguments for templates:list",
        ),
    ]
    .into_iter()
    {
        let id = client.results.len() as u32;
        let error = client.watch(id, path, args).await.unwrap_err();
        assert!(error.contains(message), "{error}");
    }
    let error = client.mutate(0, "templates:create", json!({})).await;
    assert!(error.unwrap_err().contains("ArgumentValidationError"));
    assert_eq!(
        client.act(1, "notes:summarize", json!({})).await,
        Ok(json!("0"))
    );
}

#[tokio::test]
async fn a_mutation_that_is_asked_for_again_does_not_run_again() {
    let main = main_with_users().await;
    let template = |name: &str| json!({"name": name, "kind": "note"});
    let mut first = LiveClient::connect(&main, 1).await;
    let made = first.mutate(3, "templates:create", template("a")).await;
    drop(first);

    // The same client, over another socket.
    let mut again = LiveClient::connect(&main, 1).await;
    let repeated = again.mutate(3, "templates:create", template("a")).await;
    assert_eq!(repeated, made);
    assert_eq!(main.count("templates"), 1);
    // What failed is tried again.
    let wrong = json!({"name": "b", "kind": "?"});
    assert!(again.mutate(4, "templates:create", wrong).await.is_err());
    assert!(
        again
            .mutate(4, "templates:create", template("b"))
            .await
            .is_ok()
    );
    // Another client's requests are its own, and so are another user's.
    let mut other = LiveClient::connect(&main, 2).await;
    other
        .mutate(3, "templates:create", template("c"))
        .await
        .unwrap();
    let token = main.token("auth|ada").unwrap();
    again.authenticate(Token::User(token)).await;
    again
        .mutate(3, "templates:create", template("d"))
        .await
        .unwrap();
    assert_eq!(main.count("templates"), 4);
}

#[tokio::test]
async fn a_token_that_is_wrong_or_runs_out_ends_the_socket() {
    let main = main_with_users().await;
    for token in [
        Token::User("wrong".to_owned()),
        Token::Admin {
            key: "prod:main|wrong".to_owned(),
            impersonating: None,
        },
    ] {
        let mut client = LiveClient::connect(&main, 1).await;
        client.claim(token).await;
        let refused = client.next().await.unwrap();
        assert!(matches!(
            refused,
            ServerMessage::AuthError {
                update_attempted: Some(true),
                ..
            }
        ));
        assert_eq!(client.next().await, None);
    }
    let mut client = LiveClient::connect(&main, 1).await;
    let token = main.token_for("auth|ada", Duration::from_millis(300));
    client.authenticate(Token::User(token.unwrap())).await;
    assert!(client.watch(0, "notes:list", json!({})).await.is_ok());
    let refused = client.next().await.unwrap();
    assert!(matches!(
        refused,
        ServerMessage::AuthError {
            update_attempted: Some(false),
            ..
        }
    ));
    assert_eq!(client.next().await, None);
}

#[tokio::test]
async fn a_deployment_that_stops_ends_its_sockets() {
    let main = main_with_users().await;
    let mut client = LiveClient::connect(&main, 1).await;
    client.watch(0, "templates:list", json!({})).await.unwrap();
    assert!(
        main.requests()
            .iter()
            .any(|request| request.endpoint == "/api/sync" && request.status == 101)
    );
    main.stop().await;
    assert_eq!(client.next().await, None);
}
