//! Closures, visibility, and what is refused.

use crate::common::{As, call, main_with_users, manifest, mutation, post, query};
use byod_local::{FunctionError, Local, Object, StartError, Value};
use serde_json::json;

#[tokio::test]
async fn a_closure_reads_the_tables_as_the_caller() {
    let main = Local::main(&manifest())
        .function("notes:search", |ctx, args| {
            let text = args.str("query").unwrap_or_default();
            ctx.query("notes")
                .eq("userId", ctx.user("users")?.str("_id").unwrap_or_default())
                .filter(|note| note.str("title").is_some_and(|title| title.contains(text)))
                .index("by_title")
                .desc()
                .take(2)
        })
        .start()
        .await
        .unwrap();
    main.insert("users", json!({"name": "Ada", "authId": "auth|ada"}))
        .unwrap();
    let ada = As::User("auth|ada");
    for title in ["b milk", "a milk", "c milk", "bread"] {
        mutation(&main, "notes:create", json!({"title": title}), ada)
            .await
            .unwrap();
    }
    let found = query(&main, "notes:search", json!({"query": "milk"}), ada)
        .await
        .unwrap();
    assert_eq!(crate::common::names(&found), ["c milk", "b milk"]);
}

#[tokio::test]
async fn a_mutation_that_fails_has_written_nothing() {
    let main = Local::main(&manifest())
        .function("templates:create", |ctx, args| {
            ctx.insert("templates", args.clone())?;
            match args.str("name") {
                Some("plain") => Err("too plain".into()),
                Some("data") => Err(FunctionError::convex(Value::from_iter([("code", 7_i64)]))),
                Some("panic") => panic!("oh"),
                _ => Ok("stored"),
            }
        })
        .start()
        .await
        .unwrap();
    let create = async |name: &str| {
        let args = json!({"name": name, "kind": "note"});
        let body =
            json!({"path": "templates:create", "args": args, "format": "convex_encoded_json"});
        post(&main, "/api/mutation", As::Nobody, body).await.1
    };
    let answer = create("plain").await;
    assert_eq!(
        answer,
        json!({"status": "error", "errorMessage": "Uncaught Error: too plain", "logLines": []})
    );
    let answer = create("data").await;
    assert_eq!(
        answer["errorData"],
        json!({"code": {"$integer": "BwAAAAAAAAA="}})
    );
    let answer = create("panic").await;
    assert_eq!(
        answer["errorMessage"],
        "Uncaught Error: the closure of `templates:create` panicked: oh"
    );
    assert_eq!(main.count("templates"), 0);

    assert_eq!(create("good").await["value"], "stored");
    assert_eq!(main.count("templates"), 1);
}

#[tokio::test]
async fn a_query_cannot_write() {
    let main = Local::main(&manifest())
        .function("notes:search", |ctx, _| ctx.insert("folders", json!({})))
        .start()
        .await
        .unwrap();
    assert_eq!(
        query(&main, "notes:search", json!({"query": ""}), As::Nobody).await,
        Err("Uncaught Error: A query cannot write to the database".into())
    );
}

#[tokio::test]
async fn results_are_validated_and_a_wrong_one_is_rolled_back() {
    let main = Local::main(&manifest())
        .function("notes:summarize", |ctx, _| {
            ctx.insert("templates", json!({"name": "a", "kind": "note"}))?;
            Ok(7.0)
        })
        .function("notes:count", |ctx, _| {
            Ok(ctx.query("notes").collect()?.len() as f64)
        })
        .start()
        .await
        .unwrap();
    assert_eq!(
        call(&main, "action", "notes:summarize", json!({}), As::Nobody).await,
        Err("ReturnsValidationError: Value does not match validator.\n\nValue: 7.0\nValidator: v.string()".into())
    );
    assert_eq!(main.count("templates"), 0);
    assert_eq!(
        query(&main, "notes:count", json!({}), As::Admin).await,
        Ok(json!(0))
    );
}

#[tokio::test]
async fn arguments_are_validated_with_convexs_messages() {
    let main = main_with_users().await;
    let user = main.documents("users")[0].id().unwrap().to_owned();
    let foreign = Local::main(&manifest())
        .start()
        .await
        .unwrap()
        .new_id("notes")
        .unwrap();
    let fields = "v.object({folderId: v.optional(v.id(\"folders\")), title: v.string()})";
    for (path, args, message) in [
        (
            "notes:create",
            json!({}),
            format!("Object is missing the required field `title`. Consider wrapping the field validator in `v.optional(...)` if this is expected.\n\nObject: {{}}\nValidator: {fields}"),
        ),
        (
            "notes:create",
            json!([{"title": "a", "color": 1}]),
            format!("Object contains extra field `color` that is not in the validator.\n\nObject: {{color: 1.0, title: \"a\"}}\nValidator: {fields}"),
        ),
        (
            "notes:create",
            json!({"title": null}),
            "Value does not match validator.\nPath: .title\nValue: null\nValidator: v.string()".into(),
        ),
        (
            "notes:remove",
            json!({"id": user}),
            format!("Found ID \"{user}\" from table `users`, which does not match the table name in validator `v.id(\"notes\")`.Path: .id"),
        ),
        (
            "notes:remove",
            json!({"id": foreign}),
            format!("Value does not match validator.\nPath: .id\nValue: \"{foreign}\"\nValidator: v.id(\"notes\")"),
        ),
        (
            "notes:create",
            json!([]),
            "Expected to receive a single object as the function's argument. Instead received 0 arguments: []".into(),
        ),
        (
            "notes:create",
            json!(["a"]),
            "Expected to receive an object as the function's argument. Instead received: \"a\"".into(),
        ),
    ] {
        let refused = mutation(&main, path, args, As::User("auth|ada")).await;
        assert_eq!(refused, Err(format!("ArgumentValidationError: {message}")));
    }
    let refused = mutation(
        &main,
        "notes:create",
        json!({"title": {"$integer": "x"}}),
        As::Nobody,
    )
    .await;
    assert!(
        refused
            .unwrap_err()
            .starts_with("Invalid arguments for notes:create: ")
    );
    assert_eq!(main.count("notes"), 0);
}

#[tokio::test]
async fn an_internal_function_exists_only_for_the_deploy_key() {
    let main = Local::main(&manifest())
        .function("notes:count", |_, _| Ok(0.0))
        .start()
        .await
        .unwrap();
    let hidden = Err("Could not find public function for 'notes:count'.".to_owned());
    assert_eq!(
        query(&main, "notes:count", json!({}), As::Nobody).await,
        hidden
    );
    assert_eq!(
        query(&main, "notes:count", json!({}), As::User("auth|ada")).await,
        hidden
    );
    assert_eq!(
        query(&main, "notes:count", json!({}), As::Admin).await,
        Ok(json!(0))
    );
    assert_eq!(
        query(&main, "notes:ghost", json!({}), As::Admin).await,
        Err("Could not find public function for 'notes:ghost'.".into())
    );
}

#[tokio::test]
async fn a_function_is_called_as_what_it_is() {
    let main = main_with_users().await;
    assert_eq!(
        query(&main, "notes:create", json!({"title": "a"}), As::Nobody).await,
        Err("Trying to execute notes.js:create as Query, but it is defined as Mutation.".into())
    );
    assert_eq!(
        mutation(&main, "notes:list", json!({}), As::Nobody).await,
        Err("Trying to execute notes.js:list as Mutation, but it is defined as Query.".into())
    );
}

#[tokio::test]
async fn a_declared_function_without_a_closure_says_what_to_register() {
    let main = main_with_users().await;
    assert_eq!(
        query(&main, "notes:search", json!({"query": "x"}), As::Nobody).await,
        Err("Uncaught Error: `notes:search` has no implementation here: register one with .function(\"notes:search\", |ctx, args| …)".into())
    );
}

#[tokio::test]
async fn a_closure_must_be_declared() {
    let started = |path: &str| {
        let local = Local::main(&manifest()).function(path, |_, _| Ok(()));
        async { local.start().await.unwrap_err() }
    };
    let error = started("notes:serach").await;
    assert!(
        matches!(&error, StartError::UnknownFunction { nearest: Some(name), .. } if name == "notes:search")
    );
    assert_eq!(
        error.to_string(),
        "the project declares no function `notes:serach`; did you mean `notes:search`?"
    );
    assert_eq!(
        started("zebra:ride").await.to_string(),
        "the project declares no function `zebra:ride`; declare it in the Convex project first"
    );
}

#[tokio::test]
async fn values_go_through_unchanged() {
    let main = Local::main(&manifest())
        .function("templates:echo", |_, args: Object| Ok(args))
        .start()
        .await
        .unwrap();
    let values = json!({
        "int": {"$integer": "/////////38="},
        "bytes": {"$bytes": "ABCD"},
        "floats": [{"$float": "AAAAAAAA+H8="}, {"$float": "AAAAAAAAAIA="}, 0.1, 1, 5e-324],
        "nested": {"a": [null, true, {"b": "ü"}]},
    });
    assert_eq!(
        query(&main, "templates:echo", values.clone(), As::Nobody).await,
        Ok(values.clone())
    );
    let body = json!({"path": "templates:echo", "args": values, "format": "json"});
    let (_, answer) = post(&main, "/api/query", As::Nobody, body).await;
    assert_eq!(answer["value"]["int"], "9223372036854775807");
    assert_eq!(answer["value"]["floats"][0], "NaN");
}

#[tokio::test]
async fn functions_can_be_called_without_http() {
    let main = main_with_users().await;
    let id = main
        .run_as("auth|ada", "notes:create", json!({"title": "a"}))
        .unwrap();
    assert_eq!(Value::from(main.documents("notes")[0].id().unwrap()), id);
    let hidden = main.run_as("auth|ada", "byod/credentials:createConfig", json!({}));
    assert_eq!(
        hidden.unwrap_err().to_string(),
        "Could not find public function for 'byod/credentials:createConfig'."
    );
    assert_eq!(main.request_count(), 0);
}

#[tokio::test]
async fn a_function_may_read_one_page() {
    for (count, error) in [(1, None), (2, Some("ran multiple paginated queries"))] {
        let main = Local::main(&manifest())
            .function("notes:search", move |ctx, _| {
                let options = json!({"numItems": 2.0, "cursor": null});
                let options: Value = serde_json::from_value(options).unwrap();
                for _ in 0..count {
                    ctx.query("notes").paginate(&options)?;
                }
                Ok(Value::Null)
            })
            .start()
            .await
            .unwrap();
        // Each call has its one page.
        for _ in 0..2 {
            let result = query(&main, "notes:search", json!({"query": ""}), As::Admin).await;
            match error {
                None => assert_eq!(result.unwrap(), json!(null)),
                Some(words) => assert!(result.unwrap_err().to_string().contains(words)),
            }
        }
    }
}

#[tokio::test]
async fn what_a_push_refuses_does_not_start() {
    let union = r#"{"type":"union","value":[{"type":"object","value":{}}]}"#;
    let function = |args: &str| {
        let json = format!(
            r#"{{"functionType":"Query","visibility":{{"kind":"public"}},"args":{args},"returns":null}}"#
        );
        serde_json::from_str(&json).unwrap()
    };
    let any = r#"{"type":"any"}"#;
    for (path, args, words) in [
        (
            "items:either",
            union,
            "`items:either`: its `args` must be an object",
        ),
        (
            "item-actions:touch",
            any,
            "the module `item-actions`: names of files",
        ),
        (
            "items:$touch",
            any,
            "`items:$touch`: its name may only have letters",
        ),
    ] {
        let mut manifest = manifest();
        manifest
            .main
            .functions
            .insert(path.parse().unwrap(), function(args));
        let error = Local::main(&manifest).start().await.unwrap_err();
        assert!(matches!(error, StartError::Refused(_)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    for (table, index) in [("my-table", "by_x"), ("mine", "by-x"), ("mine", "by_id")] {
        let mut manifest = manifest();
        let json = json!({
            "tableName": table, "documentType": {"type": "any"},
            "indexes": [{"indexDescriptor": index, "fields": ["x"]}],
        });
        let table = serde_json::from_value(json).unwrap();
        manifest.main.schema.tables.push(table);
        let error = Local::main(&manifest).start().await.unwrap_err();
        assert!(
            error.to_string().starts_with("Convex refuses the "),
            "{error}"
        );
    }
}
