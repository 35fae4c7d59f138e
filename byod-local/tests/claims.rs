//! A user's deployment belongs to one user.

use crate::common::{As, manifest, mutation, query};
use byod_local::{Local, LocalDeployment};
use serde_json::{Value as Json, json};

async fn claim(users: &LocalDeployment, subject: &str) -> Json {
    let args = json!({"subject": subject, "user": format!("id of {subject}")});
    let claimed = mutation(users, "byod/claim:claim", args, As::Admin).await;
    claimed.unwrap()
}

async fn state(users: &LocalDeployment, args: Json) -> Json {
    let state = query(users, "byod/claim:state", args, As::Admin).await;
    state.unwrap()
}

async fn release(users: &LocalDeployment, args: Json) -> Json {
    let released = mutation(users, "byod/claim:release", args, As::Admin).await;
    released.unwrap()
}

async fn list(users: &LocalDeployment, subject: &str) -> Result<Json, String> {
    query(users, "notes:list", json!({"userId": subject}), As::Admin).await
}

#[tokio::test]
async fn it_is_the_first_ones_until_they_give_it_up() {
    let users = Local::user(&manifest()).start().await.unwrap();
    let unclaimed = list(&users, "ada").await.unwrap_err();
    assert!(
        unclaimed.contains(r#""claim":"unclaimed","code":"byod_claim""#),
        "{unclaimed}"
    );
    assert_eq!(state(&users, json!({"subject": "ada"})).await, "unclaimed");

    assert_eq!(claim(&users, "ada").await, "claimed");
    assert_eq!(claim(&users, "ada").await, "already yours");
    assert_eq!(claim(&users, "bob").await, "somebody else's");
    let [row] = &users.documents("byodOwner")[..] else {
        panic!("one row")
    };
    assert_eq!(
        (row.str("subject"), row.str("user")),
        (Some("ada"), Some("id of ada"))
    );
    assert!(row.number("since").unwrap() > 1.7e12);

    for (args, expected) in [
        (json!({"subject": "ada"}), "yours"),
        (json!({"user": "id of ada"}), "yours"),
        (json!({"subject": "bob"}), "somebody else's"),
        (json!({"user": "ada"}), "somebody else's"),
    ] {
        assert_eq!(state(&users, args).await, expected);
    }
    assert_eq!(list(&users, "ada").await, Ok(json!([])));
    for path in ["notes:list", "notes:get", "folders:list"] {
        let args = match path {
            "notes:get" => json!({"userId": "bob", "id": users.new_id("notes").unwrap()}),
            _ => json!({"userId": "bob"}),
        };
        let foreign = query(&users, path, args, As::Admin).await.unwrap_err();
        assert!(
            foreign.contains(r#""claim":"somebody else's","code":"byod_claim""#),
            "{foreign}"
        );
        assert!(!foreign.contains("ada"), "{foreign}");
    }

    assert_eq!(
        release(&users, json!({"subject": "bob"})).await,
        "somebody else's"
    );
    assert_eq!(release(&users, json!({"subject": "ada"})).await, "released");
    assert_eq!(release(&users, json!({"user": "x"})).await, "unclaimed");
    assert_eq!(claim(&users, "bob").await, "claimed");
    assert!(list(&users, "ada").await.is_err());
}

#[tokio::test]
async fn who_is_meant_is_said_in_one_way() {
    let users = Local::user(&manifest()).start().await.unwrap();
    for args in [json!({}), json!({"subject": "a", "user": "a"})] {
        let error = query(&users, "byod/claim:state", args, As::Admin).await;
        assert!(
            error
                .as_ref()
                .is_err_and(|error| error.contains("either `subject` or `user`")),
            "{error:?}"
        );
    }
    let public = query(
        &users,
        "byod/claim:state",
        json!({"user": "a"}),
        As::User("a"),
    );
    assert!(public.await.is_err(), "the functions are internal");
}

#[tokio::test]
async fn one_that_is_shared_or_of_old_asks_nobody() {
    let shared = Local::user(&manifest()).shared().start().await.unwrap();
    assert_eq!(claim(&shared, "ada").await, "shared");
    assert_eq!(state(&shared, json!({"subject": "bob"})).await, "shared");
    assert_eq!(release(&shared, json!({"user": "ada"})).await, "shared");
    assert_eq!(shared.count("byodOwner"), 0);

    let old = Local::user(&manifest())
        .without_claim()
        .start()
        .await
        .unwrap();
    let args = json!({"subject": "ada", "user": "a"});
    let missing = mutation(&old, "byod/claim:claim", args, As::Admin).await;
    assert_eq!(
        missing,
        Err("Could not find public function for 'byod/claim:claim'.".into())
    );
    for users in [&shared, &old] {
        for subject in ["ada", "bob"] {
            assert_eq!(list(users, subject).await, Ok(json!([])));
        }
    }
}
