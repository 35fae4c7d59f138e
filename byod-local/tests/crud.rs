//! The five functions that work by themselves.

use crate::common::{As, main_with_users, manifest, mutation, names, query};
use byod_local::{Local, LocalDeployment};
use serde_json::{Value as Json, json};

const ADA: As<'_> = As::User("auth|ada");
const BOB: As<'_> = As::User("auth|bob");

async fn note(main: &LocalDeployment, title: &str, caller: As<'_>) -> String {
    let id = mutation(main, "notes:create", json!({"title": title}), caller).await;
    id.unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_document_is_created_listed_changed_and_removed() {
    let main = main_with_users().await;
    let id = note(&main, "Milk", ADA).await;
    note(&main, "Bread", ADA).await;

    let listed = query(&main, "notes:list", json!({}), ADA).await.unwrap();
    assert_eq!(names(&listed), ["Bread", "Milk"]);

    let change = json!({"id": id, "title": "Oat milk", "pinned": true});
    assert_eq!(
        mutation(&main, "notes:update", change, ADA).await,
        Ok(Json::Null)
    );
    let found = query(&main, "notes:get", json!({"id": id}), ADA)
        .await
        .unwrap();
    assert_eq!(found["title"], "Oat milk");
    assert_eq!(found["pinned"], true);

    assert_eq!(
        mutation(&main, "notes:remove", json!({"id": id}), ADA).await,
        Ok(Json::Null)
    );
    let found = query(&main, "notes:get", json!({"id": id}), ADA).await;
    assert_eq!(found, Ok(Json::Null));
    assert_eq!(main.count("notes"), 1);
}

#[tokio::test]
async fn a_created_document_has_its_owner_and_its_times() {
    let main = main_with_users().await;
    let ada = main.documents("users")[0].id().unwrap().to_owned();
    let id = note(&main, "Milk", ADA).await;
    let document = main.documents("notes").remove(0);
    assert_eq!(document.id(), Some(id.as_str()));
    assert_eq!(document.str("userId"), Some(ada.as_str()));
    let created = document.number("createdAt").unwrap();
    assert!(created > 1.6e12 && created.fract() == 0.0, "{created}");
    assert_eq!(document.number("updatedAt"), Some(created));
    assert!(document.number("_creationTime").unwrap() >= created);

    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    mutation(
        &main,
        "notes:update",
        json!({"id": id, "pinned": true}),
        ADA,
    )
    .await
    .unwrap();
    let document = main.documents("notes").remove(0);
    assert_eq!(document.number("createdAt"), Some(created));
    assert!(document.number("updatedAt").unwrap() > created);
}

#[tokio::test]
async fn nobody_reaches_the_documents_of_another() {
    let main = main_with_users().await;
    let id = note(&main, "Milk", ADA).await;
    let args = json!({"id": id});
    assert_eq!(
        query(&main, "notes:list", json!({}), BOB).await,
        Ok(json!([]))
    );
    assert_eq!(
        query(&main, "notes:get", args.clone(), BOB).await,
        Ok(Json::Null)
    );
    for path in ["notes:update", "notes:remove"] {
        let refused = mutation(&main, path, args.clone(), BOB).await;
        let message = r#"{"code":"not_found","message":"No such document"}"#;
        let message = format!("Uncaught ConvexError: {message}");
        assert_eq!(refused, Err(message), "{path}");
    }
    for (caller, message) in [
        (As::Nobody, "Uncaught Error: Unauthenticated"),
        (As::User("auth|stranger"), "Uncaught Error: User not found"),
    ] {
        let refused = query(&main, "notes:list", json!({}), caller).await;
        assert_eq!(refused, Err(message.into()));
    }
    assert_eq!(main.documents("notes")[0].str("title"), Some("Milk"));
}

#[tokio::test]
async fn a_list_is_filtered_by_fields_and_limited() {
    let main = main_with_users().await;
    let folder = mutation(&main, "folders:create", json!({"name": "Shop"}), ADA)
        .await
        .unwrap();
    for (title, folder) in [("a", Some(&folder)), ("b", None), ("c", Some(&folder))] {
        let mut args = json!({"title": title});
        if let Some(folder) = folder {
            args["folderId"] = folder.clone();
        }
        mutation(&main, "notes:create", args, ADA).await.unwrap();
    }
    for (args, expected) in [
        (json!({}), vec!["c", "b", "a"]),
        (json!({"folderId": folder}), vec!["c", "a"]),
        (json!({"folderId": folder, "limit": 1}), vec!["c"]),
        // What was never pinned is not pinned.
        (json!({"pinned": false}), vec!["c", "b", "a"]),
        (json!({"pinned": true}), vec![]),
    ] {
        let listed = query(&main, "notes:list", args.clone(), ADA).await.unwrap();
        assert_eq!(names(&listed), expected, "{args}");
    }
    for limit in [json!(-1), json!(1.5), json!({"$float": "AAAAAAAA+H8="})] {
        let refused = query(&main, "notes:list", json!({"limit": limit}), ADA).await;
        let message = "Uncaught TypeError: Arg 1 `n` to `take` must be a non-negative integer";
        assert_eq!(refused, Err(message.into()), "{limit}");
    }
}

#[tokio::test]
async fn a_list_is_in_the_order_of_the_owners_index() {
    let mut manifest = manifest();
    let mut tables = manifest.main.schema.tables.iter_mut();
    let notes = tables.find(|table| table.table_name == "notes").unwrap();
    notes.indexes[0].fields = vec!["userId".into(), "title".into()];
    let main = Local::main(&manifest).start().await.unwrap();
    let ada = json!({"name": "Ada", "authId": "auth|ada"});
    main.insert("users", ada).unwrap();
    for title in ["b", "c", "a"] {
        note(&main, title, ADA).await;
    }
    let listed = query(&main, "notes:list", json!({}), ADA).await.unwrap();
    assert_eq!(names(&listed), ["c", "b", "a"], "the greatest first");
}

#[tokio::test]
async fn a_list_is_paginated_where_it_is_asked_for() {
    let main = main_with_users().await;
    for title in ["a", "b", "c"] {
        note(&main, title, ADA).await;
    }
    note(&main, "d", BOB).await;
    let page = async |cursor: Json, end: Json| {
        let options = json!({"numItems": 2, "cursor": cursor, "endCursor": end});
        query(&main, "notes:list", json!({"paginationOpts": options}), ADA).await
    };
    let first = page(Json::Null, Json::Null).await.unwrap();
    assert_eq!(names(&first["page"]), ["c", "b"]);
    assert_eq!(first["isDone"], false);

    // What is inserted in between does not shift the pages.
    note(&main, "e", ADA).await;
    let cursor = &first["continueCursor"];
    let second = page(cursor.clone(), Json::Null).await.unwrap();
    assert_eq!(names(&second["page"]), ["a"]);
    assert_eq!(second["isDone"], true);

    // The same page again has grown by what came in before its end.
    let again = page(Json::Null, cursor.clone()).await.unwrap();
    assert_eq!(names(&again["page"]), ["e", "c", "b"]);
    assert_eq!(again["continueCursor"], *cursor);

    let after = page(second["continueCursor"].clone(), Json::Null)
        .await
        .unwrap();
    assert_eq!(after["page"], json!([]));
    assert_eq!(after["isDone"], true);

    let error = page(json!("x"), Json::Null).await.unwrap_err();
    assert!(
        error.starts_with("Uncaught Error: InvalidCursor: "),
        "{error}"
    );
}

#[tokio::test]
async fn changes_may_be_nested_and_the_id_named_after_the_table() {
    let main = main_with_users().await;
    let folder = mutation(&main, "folders:create", json!({"name": "A"}), ADA)
        .await
        .unwrap();
    let parent = mutation(&main, "folders:create", json!({"name": "P"}), ADA)
        .await
        .unwrap();
    let change = json!({"folderId": folder, "parentId": parent, "patch": {"name": "B"}});
    mutation(&main, "folders:update", change, ADA)
        .await
        .unwrap();
    let document = main.documents("folders").remove(0);
    assert_eq!(document.str("name"), Some("B"));
    assert_eq!(document.str("parentId"), parent.as_str());
}

#[tokio::test]
async fn null_takes_an_optional_field_away() {
    let main = main_with_users().await;
    let folder = mutation(&main, "folders:create", json!({"name": "A"}), ADA)
        .await
        .unwrap();
    let id = note(&main, "Milk", ADA).await;
    for folder in [folder, Json::Null] {
        let change = json!({"id": id, "folderId": folder});
        mutation(&main, "notes:update", change, ADA).await.unwrap();
        let note = main.documents("notes").remove(0);
        assert_eq!(note.str("folderId"), folder.as_str());
        assert_eq!(note.get("folderId").is_some(), folder.is_string());
    }
}

#[tokio::test]
async fn documents_without_an_owner_are_everybodys() {
    let main = main_with_users().await;
    let args = json!({"name": "Standup", "kind": "note", "size": {"$integer": "KgAAAAAAAAA="}});
    let id = mutation(&main, "templates:create", args, As::Nobody)
        .await
        .unwrap();
    let found = query(
        &main,
        "templates:get",
        json!({"templateId": id}),
        As::Nobody,
    )
    .await
    .unwrap();
    assert_eq!(found["size"], json!({"$integer": "KgAAAAAAAAA="}));
    let listed = query(&main, "templates:list", json!({"kind": "chat"}), As::Nobody).await;
    assert_eq!(listed, Ok(json!([])));

    let missing = main.new_id("templates").unwrap();
    let refused = mutation(
        &main,
        "templates:update",
        json!({"templateId": missing, "name": "x"}),
        As::Nobody,
    )
    .await;
    assert_eq!(
        refused,
        Err(format!(
            "Uncaught Error: Update on nonexistent document ID {missing}"
        ))
    );
}

#[tokio::test]
async fn an_argument_that_means_nothing_here_is_never_ignored() {
    let main = main_with_users().await;
    let refused = query(
        &main,
        "templates:list",
        json!({"sortBy": "name"}),
        As::Nobody,
    )
    .await;
    assert_eq!(
        refused,
        Err("Uncaught Error: what the argument `sortBy` of `templates:list` means is not known here: register .function(\"templates:list\", |ctx, args| …)".into())
    );
}

#[tokio::test]
async fn on_a_users_deployment_the_injected_arguments_are_owner_and_times() {
    let users = Local::user(&manifest()).shared().start().await.unwrap();
    let args = json!({"title": "Milk", "userId": "auth|ada", "createdAt": 1, "updatedAt": 2});
    let id = mutation(&users, "notes:create", args, As::Admin)
        .await
        .unwrap();
    let document = users.documents("notes").remove(0);
    assert_eq!(document.str("userId"), Some("auth|ada"));
    assert_eq!(document.number("createdAt"), Some(1.0));

    let mine = json!({"userId": "auth|ada"});
    let listed = query(&users, "notes:list", mine, As::Admin).await.unwrap();
    assert_eq!(names(&listed), ["Milk"]);
    let others = json!({"id": id, "userId": "auth|bob"});
    assert_eq!(
        query(&users, "notes:get", others, As::Admin).await,
        Ok(Json::Null)
    );

    let change =
        json!({"id": id, "pinned": true, "userId": "auth|ada", "createdAt": 9, "updatedAt": 9});
    mutation(&users, "notes:update", change, As::Admin)
        .await
        .unwrap();
    let document = users.documents("notes").remove(0);
    assert_eq!(document.number("updatedAt"), Some(9.0));
    assert_eq!(document.number("createdAt"), Some(1.0));

    // The table `folders` has no times: what is injected is not stored.
    let args = json!({"name": "Shop", "userId": "auth|ada", "createdAt": 1, "updatedAt": 1});
    mutation(&users, "folders:create", args, As::Admin)
        .await
        .unwrap();

    let refused = query(&users, "notes:list", json!({}), As::Admin)
        .await
        .unwrap_err();
    assert!(
        refused
            .starts_with("ArgumentValidationError: Object is missing the required field `userId`."),
        "{refused}"
    );
}
