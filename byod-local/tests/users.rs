//! What holds on users' deployments alone: owners, and idempotency keys.

use crate::common::{As, mutation, query};
use byod_local::{Local, LocalDeployment, Manifest, Object, Value};
use byod_schema::{Injection, Validator};
use serde_json::{Value as Json, json};

/// With mutations that take a key as `once`.
fn manifest() -> Manifest {
    let mut manifest = crate::common::manifest();
    let inject = &mut manifest.inject;
    inject.insert("once".into(), Injection::IdempotencyKey);
    manifest
}

async fn start(manifest: &Manifest) -> LocalDeployment {
    Local::user(manifest).shared().start().await.unwrap()
}

fn note(title: &str, owner: &str, key: Option<&str>) -> Json {
    let mut args = json!({"title": title, "userId": owner, "createdAt": 1, "updatedAt": 1});
    if let Some(key) = key {
        args["once"] = key.into();
    }
    args
}

async fn create(users: &LocalDeployment, args: Json) -> Result<Json, String> {
    mutation(users, "notes:create", args, As::Admin).await
}

#[tokio::test]
async fn a_repeat_gives_the_first_result() {
    let users = start(&manifest()).await;
    let key = Some("notes:create 1");
    let id = create(&users, note("Milk", "ada", key)).await.unwrap();
    let mut again = note("Milk", "ada", key);
    // The clock of the service has moved on.
    again["createdAt"] = json!(2);
    assert_eq!(create(&users, again).await.unwrap(), id);
    assert_ne!(create(&users, note("Milk", "bob", key)).await.unwrap(), id);
    assert_eq!(
        (users.count("notes"), users.count("byodIdempotency")),
        (2, 2)
    );

    let refused = create(&users, note("Bread", "ada", key)).await.unwrap_err();
    let expected = r#"Uncaught ConvexError: {"code":"idempotency_key","message":"The idempotency key was used for another call, of `notes:create`"}"#;
    assert_eq!(refused, expected);
    for wrong in ["", "key", " key", "notes:create "] {
        let refused = create(&users, note("Bread", "ada", Some(wrong)))
            .await
            .unwrap_err();
        assert!(
            refused.contains("is not a function's path, a space, and a text"),
            "{refused}"
        );
    }
    // Without a key all is as ever.
    for _ in 0..2 {
        create(&users, note("Milk", "ada", None)).await.unwrap();
    }
    assert_eq!(users.count("notes"), 4);
}

#[tokio::test]
async fn closures_run_once_too_and_again_where_they_failed() {
    let users = Local::user(&manifest())
        .shared()
        .function("notes:create", |ctx, note| {
            let id = ctx.insert("notes", note.clone())?;
            match note.str("title") {
                Some("bad") => Err("no".into()),
                _ => Ok(id),
            }
        });
    let users = users.start().await.unwrap();
    let bad = note("bad", "ada", Some("notes:create 1"));
    for _ in 0..2 {
        let error = create(&users, bad.clone()).await.unwrap_err();
        assert_eq!(error, "Uncaught Error: no");
    }
    let good = note("good", "ada", Some("notes:create 1"));
    let first = create(&users, good.clone()).await.unwrap();
    assert_eq!(create(&users, good).await.unwrap(), first);
    assert_eq!(users.count("notes"), 1);
}

#[tokio::test]
async fn main_and_queries_take_no_key() {
    let manifest = manifest();
    let users = start(&manifest).await;
    let list = json!({"userId": "ada", "once": "notes:list 1"});
    let refused = query(&users, "notes:list", list, As::Admin)
        .await
        .unwrap_err();
    assert!(
        refused.contains("Object contains extra field `once`"),
        "{refused}"
    );
    let main = Local::main(&manifest).start().await.unwrap();
    let refused = create(&main, json!({"title": "Milk", "once": "notes:create 1"})).await;
    assert!(
        refused
            .unwrap_err()
            .contains("Object contains extra field `once`")
    );
}

/// As in what `byod export` writes: where main lets a document be nobody's, it is its
/// writer's here.
#[tokio::test]
async fn a_document_without_an_owner_is_nobodys() {
    let mut manifest = manifest();
    let tables = manifest.main.schema.tables.iter_mut();
    let notes = tables
        .into_iter()
        .find(|table| table.table_name == "notes")
        .unwrap();
    let Validator::Object { value: fields } = &mut notes.document_type else {
        panic!("no object");
    };
    *fields = fields
        .iter()
        .map(|(name, field)| {
            let mut field = field.clone();
            field.optional |= name == "userId";
            (name, field)
        })
        .collect();
    let users = start(&manifest).await;
    create(&users, note("Milk", "ada", None)).await.unwrap();
    let nobodys = Object::try_from(json!({"title": "old", "createdAt": 1.0, "updatedAt": 1.0}));
    users.insert("notes", nobodys.unwrap()).unwrap();
    let count = async |owner: &str| {
        let list = query(&users, "notes:list", json!({"userId": owner}), As::Admin).await;
        list.unwrap().as_array().unwrap().len()
    };
    assert_eq!((count("ada").await, count("bob").await), (1, 0));
    assert_eq!(
        users.documents("notes")[0].get("userId"),
        Some(&Value::from("ada"))
    );
}
