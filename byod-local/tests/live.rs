//! The sync protocol: who watches a query sees what it gives, now and after each change.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::common::{As, LiveClient, main_with_users, manifest, mutation, names};
use byod_local::{Ctx, FunctionError, Local, Object};
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
    let main = Local::main(&manifest())
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
    let wrong = [
        (
            "notes:search",
            json!({"query": "a"}),
            "Uncaught ConvexError",
        ),
        (
            "notes:search",
            json!({"query": 7}),
            "ArgumentValidationError",
        ),
        ("notes:ghost", json!({}), "Could not find public function"),
        (
            "notes:create",
            json!({}),
            "Trying to execute notes.js:create as Query",
        ),
        (
            "templates:list",
            json!({"$x": 1}),
            "Invalid arguments for templates:list",
        ),
    ];
    for (id, (path, args, message)) in wrong.into_iter().enumerate() {
        let error = client.watch(id as u32, path, args).await.unwrap_err();
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
async fn a_token_or_key_that_is_taken_away_ends_its_sockets_and_no_others() {
    let main = main_with_users().await;
    let token = main.token("auth|ada").unwrap();
    let (of_token, of_key) = (
        Token::User(token.clone()),
        Token::Admin {
            key: main.deploy_key(),
            impersonating: None,
        },
    );
    let mut nobodys = LiveClient::connect(&main, 1).await;
    let mut adas = LiveClient::connect(&main, 2).await;
    adas.authenticate(of_token).await;
    let mut admins = LiveClient::connect(&main, 3).await;
    admins.authenticate(of_key).await;
    for client in [&mut nobodys, &mut adas, &mut admins] {
        let watched = client.watch(0, "templates:list", json!({})).await;
        assert_eq!(watched, Ok(json!([])));
    }
    macro_rules! ends {
        ($client:ident) => {
            let refused = $client.next().await.unwrap();
            let no_longer = matches!(
                refused,
                ServerMessage::AuthError {
                    update_attempted: Some(false),
                    ..
                }
            );
            assert!(no_longer, "{refused:?}");
            assert_eq!($client.next().await, None);
        };
    }
    main.revoke_token(&token);
    ends!(adas);
    main.set_deploy_key("local:main|another");
    ends!(admins);
    let template = json!({"name": "t", "kind": "note"});
    main.insert("templates", template).unwrap();
    assert_eq!(nobodys.quiet().await, 1);
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

#[tokio::test]
async fn a_query_runs_again_only_where_what_it_read_has_changed() {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let main = Local::main(&manifest())
        .function("notes:search", move |ctx, args| {
            counted.fetch_add(1, Ordering::Relaxed);
            let kind = args.str("query").unwrap_or_default();
            ctx.query("templates").eq("kind", kind).collect()
        })
        .start()
        .await
        .unwrap();
    let mut client = LiveClient::connect(&main, 1).await;
    for (id, kind) in [(0, "note"), (1, "chat")] {
        let query = json!({"query": kind});
        client.watch(id, "notes:search", query).await.unwrap();
    }
    assert_eq!(runs.load(Ordering::Relaxed), 2);

    let template = json!({"name": "a", "kind": "note"});
    main.insert("templates", template).unwrap();
    assert_eq!(client.quiet().await, 1);
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    let bob = json!({"name": "Bob", "authId": "auth|bob"});
    main.insert("users", bob).unwrap();
    assert_eq!(client.quiet().await, 0);
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    // Two clients of which one ends.
    let mut other = LiveClient::connect(&main, 2).await;
    let query = json!({"query": "note"});
    other.watch(0, "notes:search", query).await.unwrap();
    drop(other);
    client.forget(0).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let template = json!({"name": "b", "kind": "note"});
    main.insert("templates", template).unwrap();
    assert_eq!(client.quiet().await, 0);
    assert_eq!(runs.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn pages_stay_side_by_side_while_rows_come_and_go() {
    let main = main_with_users().await;
    let mut ada = adas(&main).await;
    let mut ids = Vec::new();
    for (request, title) in ["a", "b", "c", "d", "e"].iter().enumerate() {
        let note = json!({"title": title});
        let made = ada.mutate(request as u32, "notes:create", note).await;
        ids.push(made.unwrap());
    }
    let page = |cursor: Value| json!({"paginationOpts": {"numItems": 2.0, "cursor": cursor}});
    let titles = |client: &LiveClient, id: u32| {
        let page = client.results[&id].clone().unwrap();
        names(&page["page"]).concat()
    };
    let first = ada.watch(0, "notes:list", page(Value::Null)).await.unwrap();
    let cursor = first["continueCursor"].clone();
    let second = ada
        .watch(1, "notes:list", page(cursor.clone()))
        .await
        .unwrap();
    assert_eq!(
        (titles(&ada, 0), titles(&ada, 1)),
        ("ed".into(), "cb".into())
    );

    // The newest comes first: the first page grows, the second stays.
    ada.mutate(5, "notes:create", json!({"title": "f"}))
        .await
        .unwrap();
    assert_eq!(
        (titles(&ada, 0), titles(&ada, 1)),
        ("fed".into(), "cb".into())
    );
    assert_eq!(ada.updates[&1], 1);
    let grown = ada.results[&0].clone().unwrap();
    assert_eq!(grown["continueCursor"], cursor);
    assert!(grown["splitCursor"].is_string());
    // One goes: the second page shrinks, and its end stays.
    ada.mutate(6, "notes:remove", json!({"id": ids[1]}))
        .await
        .unwrap();
    assert_eq!(
        (titles(&ada, 0), titles(&ada, 1)),
        ("fed".into(), "c".into())
    );
    let shrunk = ada.results[&1].clone().unwrap();
    assert_eq!(shrunk["continueCursor"], second["continueCursor"]);

    // Another socket of the same client takes the pages up where they were.
    let journal = ada.journals[&0].clone();
    let mut again = adas(&main).await;
    let taken_up = again
        .watch_again(0, "notes:list", page(Value::Null), journal)
        .await;
    assert_eq!(taken_up.unwrap(), grown);
    let new = again.watch(1, "notes:list", page(Value::Null)).await;
    assert_eq!(names(&new.unwrap()["page"]), ["f", "e"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_a_transition_is_of_one_moment() {
    // Two rows are always written together.
    let write = |ctx: &mut Ctx<'_>, _: Object| {
        for row in ctx.query("templates").collect()? {
            let id = row.id().unwrap_or_default().to_owned();
            let size = match row.get("size") {
                Some(byod_local::Value::Int64(size)) => size + 1,
                _ => 1,
            };
            ctx.patch(&id, [("size", byod_local::Value::Int64(size))])?;
        }
        Ok("".to_owned())
    };
    let main = Local::main(&manifest())
        .function("notes:summarize", write)
        .function("notes:search", |ctx, args| {
            let name = args.str("query").unwrap_or_default();
            let found = ctx.query("templates").eq("name", name).first()?;
            Ok(found
                .and_then(|row| row.get("size").cloned())
                .unwrap_or(byod_local::Value::Null))
        })
        .start()
        .await
        .unwrap();
    for name in ["a", "b"] {
        let row = json!({"name": name, "kind": "note"});
        main.insert("templates", row).unwrap();
    }
    let mut client = LiveClient::connect(&main, 1).await;
    for (id, name) in [(0, "a"), (1, "b")] {
        let query = json!({"query": name});
        client.watch(id, "notes:search", query).await.unwrap();
    }
    let writes = tokio::task::spawn_blocking(move || {
        for _ in 0..200 {
            main.run("notes:summarize", json!({})).unwrap();
            std::thread::sleep(Duration::from_micros(200));
        }
        main
    });
    while client.results[&0] != Ok(json!({"$integer": "yAAAAAAAAAA="})) {
        client.transition().await;
        assert_eq!(client.results[&0], client.results[&1]);
    }
    drop(writes.await.unwrap());
}
