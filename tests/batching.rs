//! Several queries in one request per deployment.

use crate::support::{RECORD, Service, Setup};
use byod_examples::{conversations, notes, tasks, templates};
use byod_local::FunctionError;
use byod_runtime::{ConnectionStatus, Error, Session};
use serde_json::json;

async fn create_note(session: &Session, title: &str) -> notes::GetArgs {
    let note = notes::CreateArgs {
        title: title.into(),
        content: String::new(),
        project_id: None,
    };
    let id = notes::create(session, note).await.unwrap();
    notes::GetArgs { id }
}

#[tokio::test]
async fn a_batch_is_one_request_to_each_deployment_involved() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    let seeds = create_note(&alice, "Seeds").await;
    service.cost();

    let (chats, templates, seeds) = alice
        .batch((
            conversations::list(&alice, conversations::ListArgs::default()),
            templates::list(&alice, templates::ListArgs::default()),
            notes::get(&alice, seeds),
        ))
        .await
        .unwrap();
    assert_eq!((chats.len(), templates.len()), (0, 0));
    assert_eq!(seeds.unwrap().title, "Seeds");

    let functions = |deployment: &byod_local::LocalDeployment| -> Vec<Vec<String>> {
        let requests = deployment.requests().into_iter();
        requests.map(|request| request.functions).collect()
    };
    assert_eq!(functions(&service.main), [["templates:list"]]);
    assert_eq!(
        functions(&service.alices),
        [["conversations:list", "notes:get"]]
    );
}

#[tokio::test]
async fn fifty_queries_of_one_kind_are_one_request_with_answers_in_order() {
    let service = Service::with_alice_connected().await;
    for session in [service.alice(), service.bob()] {
        let mut queries = Vec::new();
        for number in 0..50 {
            let note = create_note(&session, &number.to_string()).await;
            queries.push(notes::get(&session, note));
        }
        service.cost();
        let notes = session.batch(queries).await.unwrap();
        let (main, alices) = service.cost();
        assert_eq!(main + alices, 1);
        for (number, note) in notes.into_iter().enumerate() {
            assert_eq!(note.unwrap().title, number.to_string());
        }
    }
}

#[tokio::test]
async fn a_cold_batch_reads_the_record_once() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    let queries = (
        notes::list(&alice, notes::ListArgs::default()),
        tasks::list(&alice, tasks::ListArgs::default()),
    );
    alice.batch(queries).await.unwrap();
    assert_eq!(service.main.requests()[0].functions, [RECORD]);
    assert_eq!(service.cost(), (1, 1));
}

#[tokio::test]
async fn each_query_has_its_own_error() {
    let service = Service::with(|setup| Setup {
        alices: setup
            .alices
            .function("notes:search", |_, _| -> Result<(), _> {
                Err(FunctionError::convex("the index is being built"))
            }),
        ..setup
    })
    .await;
    service.save(ConnectionStatus::Connected).await;
    let alice = service.alice();
    let queries = || {
        let search = notes::SearchArgs {
            query: "seeds".into(),
            limit: None,
        };
        (
            notes::list(&alice, notes::ListArgs::default()),
            notes::search(&alice, search),
            templates::list(&alice, templates::ListArgs::default()),
        )
    };

    let (notes, search, templates) = alice.batch(queries()).results().await;
    assert_eq!(notes.unwrap(), []);
    let error = search.unwrap_err();
    assert_eq!(error.call().unwrap().function_path(), "notes:search");
    let data = error.function_data::<String>().unwrap().unwrap();
    assert_eq!(data, "the index is being built");
    assert_eq!(templates.unwrap(), []);

    let first = alice.batch(queries()).await.unwrap_err();
    assert_eq!(first.call().unwrap().function_path(), "notes:search");
}

#[tokio::test]
async fn a_failing_deployment_blocks_only_its_own_queries() {
    let service = Service::start().await;
    service.save(ConnectionStatus::Error).await;
    service.change_record(json!({"connectionError": "out of space"}));
    let alice = service.alice();
    let queries = (
        notes::list(&alice, notes::ListArgs::default()),
        templates::list(&alice, templates::ListArgs::default()),
    );
    let (notes, templates) = alice.batch(queries).results().await;
    assert!(matches!(notes, Err(Error::Blocked { .. })));
    assert_eq!(templates.unwrap(), []);
}

#[tokio::test]
async fn a_query_of_another_users_session_is_refused() {
    let service = Service::with_alice_connected().await;
    let (alice, bob) = (service.alice(), service.bob());
    let queries = (
        notes::list(&alice, notes::ListArgs::default()),
        notes::list(&bob, notes::ListArgs::default()),
    );
    let (alices, bobs) = alice.batch(queries).results().await;
    assert_eq!(alices.unwrap(), []);
    let error = bobs.unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
    assert!(error.to_string().contains("`notes:list`"), "{error}");
    assert_eq!(service.cost(), (1, 1), "Alice's record and her query");
}

#[tokio::test]
async fn an_empty_batch_sends_nothing() {
    let service = Service::with_alice_connected().await;
    let none: Vec<byod_runtime::Query<f64>> = Vec::new();
    assert_eq!(service.alice().batch(none).await.unwrap(), [0.0; 0]);
    assert_eq!(service.cost(), (0, 0));
}
