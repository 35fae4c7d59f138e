//! What a caller learns when a call fails, and who is not affected.

use crate::support::{Service, Setup};
use byod_examples::{notes, tasks, templates};
use byod_local::{FunctionError, Value};
use byod_runtime::{ConnectionStatus, Error, FunctionType, Outcome};
use serde_json::json;

fn note() -> notes::CreateArgs {
    notes::CreateArgs {
        title: "Seeds".into(),
        content: String::new(),
        project_id: None,
    }
}

#[tokio::test]
async fn a_deployment_that_is_down_takes_nobody_else_down() {
    let service = Service::with_alice_connected().await;
    let (alice, bob) = (service.alice(), service.bob());
    notes::create(&alice, note()).await.unwrap();
    let host = service.alices.address().to_string();
    service.alices.stop().await;

    let error = notes::create(&alice, note()).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert!(error.is_retryable());
    let call = error.call().unwrap();
    assert_eq!(
        (call.deployment(), call.function_path()),
        (&*host, "notes:create")
    );
    assert_eq!(service.main.count("notes"), 0, "never silently on main");

    templates::list(&alice, templates::ListArgs::default())
        .await
        .unwrap();
    notes::create(&bob, note()).await.unwrap();
    assert_eq!(service.main.count("notes"), 1);

    let queries = (
        notes::list(&alice, notes::ListArgs::default()),
        templates::list(&alice, templates::ListArgs::default()),
    );
    let (notes, templates) = alice.batch(queries).results().await;
    assert!(matches!(notes, Err(Error::Connect { .. })));
    assert_eq!(templates.unwrap(), [], "in a batch too");
}

#[tokio::test]
async fn where_main_is_down_routing_says_so() {
    let service = Service::with_alice_connected().await;
    let (alice, bob) = (service.alice(), service.bob());
    notes::list(&alice, notes::ListArgs::default())
        .await
        .unwrap();
    service.main.stop().await;

    notes::list(&alice, notes::ListArgs::default())
        .await
        .expect("Alice's route is known, and her deployment is up");
    let error = notes::create(&bob, note()).await.unwrap_err();
    let Error::Record { source, .. } = &error else {
        panic!("{error}")
    };
    assert!(matches!(**source, Error::Connect { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
}

#[tokio::test]
async fn the_data_of_a_convex_error_has_the_callers_type() {
    let service = Service::with(|setup| Setup {
        alices: setup
            .alices
            .function("tasks:complete", |_, _| -> Result<(), _> {
                let data = [("code", Value::from("already_done")), ("at", 7.0.into())];
                Err(FunctionError::convex(Value::from_iter(data)))
            }),
        ..setup
    })
    .await;
    service.save(ConnectionStatus::Connected).await;
    let alice = service.alice();
    let id = tasks::CreateArgs {
        title: "Dig".into(),
        status: tasks::Status::Done,
        description: None,
        priority: None,
        due_at: None,
        project_id: None,
    };
    let id = tasks::create(&alice, id).await.unwrap();

    let error = tasks::complete(&alice, tasks::CompleteArgs { id }).await;
    let error = error.unwrap_err();
    #[derive(serde::Deserialize)]
    struct Data {
        code: String,
        at: f64,
    }
    let data: Data = error.function_data().unwrap().unwrap();
    assert_eq!((data.code.as_str(), data.at), ("already_done", 7.0));
    assert_eq!(error.outcome(), Outcome::Executed);
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn what_the_wrappers_cannot_say_the_deployment_refuses() {
    let service = Service::with_alice_connected().await;
    let byod = &service.byod;
    let to = byod.client_for_table("notes", &*service.alice_id, FunctionType::Mutation);
    let to = to.await.unwrap();
    let wrong = json!({
        "userId": "alice", "createdAt": 1.0, "updatedAt": 1.0,
        "title": 7.0, "content": "",
    });
    let error = to.client.mutation::<String>("notes:create", &wrong).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Function { .. }), "{error}");
    assert!(
        error.to_string().contains("ArgumentValidationError"),
        "{error}"
    );
    assert_eq!(service.alices.count("notes"), 0);
}

#[tokio::test]
async fn an_id_of_main_means_nothing_on_the_users_deployment() {
    let service = Service::start().await;
    let alice = service.alice();
    let id = notes::create(&alice, note()).await.unwrap();
    service.save(ConnectionStatus::Connected).await;

    let error = notes::get(&alice, notes::GetArgs { id }).await.unwrap_err();
    assert!(
        error.to_string().contains("ArgumentValidationError"),
        "{error}"
    );
}

#[tokio::test]
async fn a_record_that_was_tampered_with_opens_nothing() {
    let service = Service::with_alice_connected().await;
    let tag = "00".repeat(16);
    service.change_record(json!({"authTags": format!("{tag}:{tag}")}));

    let error = notes::create(&service.alice(), note()).await.unwrap_err();
    assert!(
        matches!(&error, Error::Credentials { user: Some(user), .. } if **user == *service.alice_id),
        "{error}"
    );
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert_eq!(service.cost(), (1, 0), "only the record was read");
}

#[tokio::test]
async fn a_user_whose_token_has_ended_is_rejected_by_main_alone() {
    let service = Service::with_alice_connected().await;
    let token = service.main.token("alice").unwrap();
    let alice = service
        .byod
        .session(&*service.alice_id, "alice")
        .with_token(&*token);
    service.main.revoke_token(&token);

    let error = templates::list(&alice, templates::ListArgs::default()).await;
    let error = error.unwrap_err();
    assert!(
        matches!(error, Error::Rejected { status: 401, .. }),
        "{error}"
    );
    assert!(!format!("{error:?}").contains(&token), "{error:?}");
    notes::list(&alice, notes::ListArgs::default())
        .await
        .expect("her own deployment knows her by her deploy key");
}
