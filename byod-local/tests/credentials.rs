//! `byod/credentials` of a main deployment, and `functions:ping` of a user's.

use crate::common::{As, main_with_users, manifest, mutation, query};
use byod_local::{Local, Manifest};
use serde_json::{Value as Json, json};

/// The manifest of the tests with a function declared on top.
fn declaring(path: &str, function: Json) -> Manifest {
    let mut manifest = serde_json::to_value(manifest()).unwrap();
    manifest["main"]["functions"][path] = function;
    serde_json::from_value(manifest).unwrap()
}

fn record(user: &str) -> Json {
    json!({
        "userId": user,
        "encryptedDeploymentUrl": "aa",
        "encryptedDeployKey": "bb",
        "encryptionIV": "cc:dd",
        "authTags": "ee:ff",
        "connectionStatus": "connected",
        "schemaVersion": 1,
        "createdAt": 1,
        "updatedAt": 1,
    })
}

#[tokio::test]
async fn the_service_keeps_a_record_of_each_users_deployment() {
    let main = main_with_users().await;
    let user = json!({"userId": "u1"});
    let get = "byod/credentials:getConfigInternal";
    assert_eq!(
        query(&main, get, user.clone(), As::Admin).await,
        Ok(Json::Null)
    );

    let create = "byod/credentials:createConfig";
    let id = mutation(&main, create, record("u1"), As::Admin)
        .await
        .unwrap();
    let found = query(&main, get, user.clone(), As::Admin).await.unwrap();
    assert_eq!(found["_id"], id);
    assert_eq!(found["encryptedDeployKey"], "bb");

    let change = json!({"configId": id, "connectionStatus": "error", "connectionError": "timed out", "updatedAt": 2});
    let update = "byod/credentials:updateConfig";
    mutation(&main, update, change, As::Admin).await.unwrap();
    let found = query(&main, get, user, As::Admin).await.unwrap();
    assert_eq!(found["connectionStatus"], "error");
    assert_eq!(found["connectionError"], "timed out");
    assert_eq!(found["updatedAt"], 2);

    // What ends the error takes its reason away.
    let change = json!({"configId": id, "connectionStatus": "connected", "updatedAt": 3});
    mutation(&main, update, change, As::Admin).await.unwrap();
    let found = query(&main, get, json!({"userId": "u1"}), As::Admin)
        .await
        .unwrap();
    assert_eq!(found.get("connectionError"), None);

    let again = mutation(&main, create, record("u1"), As::Admin)
        .await
        .unwrap_err();
    assert!(again.contains("already has a record"), "{again}");
    for (path, args) in [
        (create, record("u2")),
        (update, json!({})),
        (get, json!({})),
    ] {
        let kind = if path == get { "query" } else { "mutation" };
        let refused = crate::common::call(&main, kind, path, args, As::User("auth|ada")).await;
        assert_eq!(
            refused,
            Err(format!("Could not find public function for '{path}'."))
        );
    }
    let refused = mutation(&main, create, json!({"userId": "u2"}), As::Admin)
        .await
        .unwrap_err();
    assert!(
        refused.contains("missing the required field `authTags`"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_user_sees_the_record_without_secrets_and_can_disconnect() {
    let main = main_with_users().await;
    // By the document's id, and by the subject.
    let ada = main.documents("users")[0].id().unwrap().to_owned();
    for user in [ada.as_str(), "auth|guest"] {
        main.run("byod/credentials:createConfig", record(user))
            .unwrap();
    }
    for subject in ["auth|ada", "auth|guest"] {
        let caller = As::User(subject);
        let get = "byod/credentials:getConfig";
        let shown = query(&main, get, json!({}), caller).await.unwrap();
        let fields: Vec<_> = shown.as_object().unwrap().keys().collect();
        assert_eq!(
            fields,
            [
                "_creationTime",
                "_id",
                "connectionStatus",
                "createdAt",
                "schemaVersion",
                "updatedAt",
                "userId"
            ]
        );
        assert_eq!(shown["connectionStatus"], "connected");
        mutation(&main, "byod/credentials:disconnect", json!({}), caller)
            .await
            .unwrap();
        let shown = query(&main, get, json!({}), caller).await.unwrap();
        assert_eq!(shown["connectionStatus"], "disconnected");
        assert!(shown["updatedAt"].as_f64().unwrap() > 1.6e12);
    }
    let bob = query(
        &main,
        "byod/credentials:getConfig",
        json!({}),
        As::User("auth|bob"),
    )
    .await;
    assert_eq!(bob, Ok(Json::Null));
    let nobody = query(&main, "byod/credentials:getConfig", json!({}), As::Nobody).await;
    assert_eq!(nobody, Ok(Json::Null));
    let nobody = mutation(&main, "byod/credentials:disconnect", json!({}), As::Nobody).await;
    assert_eq!(nobody, Err("Uncaught Error: Unauthenticated".into()));
}

#[tokio::test]
async fn the_records_of_several_users_are_read_and_changed_at_once() {
    let main = main_with_users().await;
    for user in ["u1", "u2"] {
        main.run("byod/credentials:createConfig", record(user))
            .unwrap();
    }
    let records = async || {
        let asked = json!({"userIds": ["u2", "u3", "u1"]});
        query(&main, "byod/credentials:getConfigs", asked, As::Admin)
            .await
            .unwrap()
    };
    let before = records().await;
    assert_eq!(before[0]["userId"], "u2");
    assert_eq!(before[1], Json::Null);
    assert_eq!(before[2]["userId"], "u1");
    let change = |record: &Json, seen: u32| {
        json!({
            "configId": record["_id"], "schemaVersion": 9, "updatedAt": 5,
            "expected": {"connectionStatus": "connected", "authTags": "ee:ff", "updatedAt": seen},
        })
    };
    let changes =
        json!({"changes": [change(&before[0], 1), change(&before[2], 2), change(&before[0], 1)]});
    let path = "byod/credentials:updateConfigs";
    let changed = mutation(&main, path, changes, As::Admin).await;
    assert_eq!(changed, Ok(json!([true, false, false])));
    let after = records().await;
    assert_eq!(after[0]["schemaVersion"], 9);
    assert_eq!(after[2], before[2]);
}

#[tokio::test]
async fn the_records_can_be_listed_and_sealed_anew() {
    let main = main_with_users().await;
    for user in ["u1", "u2", "u3"] {
        main.run("byod/credentials:createConfig", record(user))
            .unwrap();
    }
    let list = async |cursor: &Json| {
        let args = json!({"paginationOpts": {"numItems": 2, "cursor": cursor}});
        query(&main, "byod/credentials:listConfigs", args, As::Admin)
            .await
            .unwrap()
    };
    let first = list(&Json::Null).await;
    let rest = list(&first["continueCursor"]).await;
    let users = |page: &Json| -> Vec<String> {
        let records = page["page"].as_array().unwrap().iter();
        records
            .map(|record| record["userId"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        (users(&first), &first["isDone"]),
        (vec!["u1".into(), "u2".into()], &false.into())
    );
    assert_eq!(
        (users(&rest), &rest["isDone"]),
        (vec!["u3".into()], &true.into())
    );

    let reseal = async |expected: &str| {
        let args = json!({
            "configId": rest["page"][0]["_id"], "expectedAuthTags": expected,
            "encryptedDeploymentUrl": "11", "encryptedDeployKey": "22",
            "encryptionIV": "33:44", "authTags": "55:66", "updatedAt": 7,
        });
        mutation(&main, "byod/credentials:resealConfig", args, As::Admin)
            .await
            .unwrap()
    };
    assert_eq!(reseal("ee:f0").await, false);
    assert_eq!(reseal("ee:ff").await, true);
    assert_eq!(reseal("ee:ff").await, false, "they are others by now");
    let sealed = &list(&first["continueCursor"]).await["page"][0];
    assert_eq!(sealed["encryptedDeployKey"], "22");
    assert_eq!(
        (&sealed["authTags"], &sealed["updatedAt"]),
        (&"55:66".into(), &rest["page"][0]["updatedAt"])
    );
    assert_eq!(
        sealed["connectionStatus"], "connected",
        "nothing else changes"
    );

    for path in [
        "byod/credentials:listConfigs",
        "byod/credentials:resealConfig",
    ] {
        let public = query(&main, path, json!({}), As::Nobody).await;
        assert!(
            public
                .unwrap_err()
                .contains("Could not find public function")
        );
    }
}

#[tokio::test]
async fn where_the_project_declares_a_function_its_validators_apply() {
    let string = |optional: bool| json!({"fieldType": {"type": "string"}, "optional": optional});
    let object = |fields: Json| json!({"type": "object", "value": fields});
    let manifest = declaring(
        "byod/credentials:getConfig",
        json!({
            "functionType": "Query",
            "visibility": {"kind": "public"},
            "args": object(json!({"hint": string(true)})),
            "returns": {"type": "union", "value": [
                {"type": "null"},
                object(json!({"connectionStatus": string(false), "connectionError": string(true)})),
            ]},
        }),
    );
    let main = Local::main(&manifest).start().await.unwrap();
    main.run("byod/credentials:createConfig", record("auth|ada"))
        .unwrap();
    let args = json!({"hint": "x"});
    let shown = query(
        &main,
        "byod/credentials:getConfig",
        args,
        As::User("auth|ada"),
    )
    .await;
    assert_eq!(shown, Ok(json!({"connectionStatus": "connected"})));
}

#[tokio::test]
async fn a_users_deployment_says_its_schema_version() {
    let users = Local::user(&manifest())
        .schema_version(3)
        .start()
        .await
        .unwrap();
    let pong = query(&users, "functions:ping", json!({}), As::Nobody)
        .await
        .unwrap();
    assert_eq!(
        (&pong["status"], &pong["version"]),
        (&json!("ok"), &json!(3))
    );
    let records = query(&users, "byod/credentials:getConfig", json!({}), As::Admin).await;
    assert_eq!(
        records,
        Err("Could not find public function for 'byod/credentials:getConfig'.".into())
    );
}
