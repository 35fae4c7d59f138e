//! Documents in the types that the schema gives them.

use std::collections::BTreeMap;

use crate::support::{Service, Setup};
use byod_examples::{
    TtsCache, UsageRecords, conversations, memories, messages, tasks, usage_records,
};
use byod_local::Local;
use byod_runtime::{ConnectionStatus, Doc, FunctionType, Value};
use serde_json::json;

#[tokio::test]
async fn nested_objects_and_literals_have_types() {
    let service = Service::with_alice_connected().await;
    let conversation = json!({
        "userId": "alice", "title": "Plans", "model": "openai/gpt-5",
        "settings": {"temperature": 0.5, "tools": ["web_search", "memory"]},
        "createdAt": 1.0, "updatedAt": 2.0,
    });
    let id = service
        .alices
        .insert("conversations", conversation)
        .unwrap();

    let all = conversations::list(&service.alice(), conversations::ListArgs::default());
    let [plans] = <[_; 1]>::try_from(all.await.unwrap()).unwrap();
    assert_eq!(plans.id.as_str(), id);
    assert!(plans.creation_time > 0.0);
    assert_eq!((plans.user_id.as_str(), plans.updated_at), ("alice", 2.0));
    assert_eq!(plans.archived, None, "not set is not false");
    let settings = plans.fields.settings.unwrap();
    assert_eq!(settings.temperature, Some(0.5));
    assert_eq!(settings.max_output_tokens, None);
    assert_eq!(
        settings.tools.unwrap(),
        [
            conversations::SettingsTools::WebSearch,
            conversations::SettingsTools::Memory
        ]
    );
}

#[tokio::test]
async fn values_come_back_as_they_were_sent() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    let conversation = conversations::CreateArgs {
        title: "Plans\u{2028}“quoted” \\ \u{0}".into(),
        model: "openai/gpt-5".into(),
        system_prompt: Some(String::new()),
    };
    let conversation_id = conversations::create(&alice, conversation.clone())
        .await
        .unwrap();
    let get = conversations::GetArgs {
        id: conversation_id.clone(),
    };
    let found = conversations::get(&alice, get).await.unwrap().unwrap();
    assert_eq!(found.title, conversation.title);
    assert_eq!(found.system_prompt, Some(String::new()));

    let metadata = BTreeMap::from([
        ("exact".to_owned(), Value::Int64(i64::MAX)),
        ("bytes".to_owned(), Value::Bytes(vec![0, 255])),
        ("endless".to_owned(), Value::Float64(f64::INFINITY)),
        ("nothing".to_owned(), Value::Null),
    ]);
    let message = messages::CreateArgs {
        conversation_id: conversation_id.clone(),
        role: messages::Role::Assistant,
        content: "Ferns.".into(),
        model: None,
        metadata: Some(metadata.clone()),
    };
    messages::create(&alice, message).await.unwrap();
    let all = messages::list(&alice, messages::ListArgs { conversation_id })
        .await
        .unwrap();
    assert_eq!(all[0].role, messages::Role::Assistant);
    assert_eq!(all[0].metadata, Some(metadata));
}

#[tokio::test]
async fn a_field_may_be_absent_null_or_set() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    for due_at in [None, Some(None), Some(Some(1.5))] {
        let task = tasks::CreateArgs {
            title: "Dig".into(),
            status: tasks::Status::InProgress,
            description: None,
            priority: None,
            due_at,
            project_id: None,
        };
        let id = tasks::create(&alice, task).await.unwrap();
        let found = tasks::get(&alice, tasks::GetArgs { id })
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.due_at, due_at);
        assert_eq!(found.status, tasks::Status::InProgress);
    }
}

#[tokio::test]
async fn a_union_of_objects_is_an_enum() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    let conversation = conversations::CreateArgs {
        title: "Plans".into(),
        model: "openai/gpt-5".into(),
        system_prompt: None,
    };
    let conversation_id = conversations::create(&alice, conversation).await.unwrap();
    for source in [
        memories::Source::User,
        memories::Source::Conversation(memories::SourceConversation { conversation_id }),
    ] {
        let memory = memories::CreateArgs {
            content: "Has a garden".into(),
            kind: memories::Kind::Fact,
            importance: None,
            source: Some(source.clone()),
            embedding: Some(vec![0.25, -0.0]),
        };
        let id = memories::create(&alice, memory).await.unwrap();
        let found = memories::get(&alice, memories::GetArgs { id })
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.source, Some(source));
        let embedding = found.fields.embedding.unwrap();
        assert!(embedding[1].is_sign_negative(), "{embedding:?}");
    }
}

#[tokio::test]
async fn what_a_newer_deployment_sends_can_be_read() {
    let service = Service::with(|setup| Setup {
        alices: setup.alices.function("tasks:list", |_, _| {
            Ok(json!([{
                "_id": "t1", "_creationTime": 1.0, "userId": "alice", "title": "Dig",
                "status": "delegated", "delegatedTo": {"name": "Bob", "since": 3.0},
                "createdAt": 1.0, "updatedAt": 1.0,
            }]))
        }),
        ..setup
    })
    .await;
    service.save(ConnectionStatus::Connected).await;

    let all = tasks::list(&service.alice(), tasks::ListArgs::default())
        .await
        .unwrap();
    assert!(matches!(&all[0].status, tasks::Status::Unknown(_)));
    assert_eq!(all[0].status.as_str(), "delegated");
    assert_eq!(all[0].title, "Dig");
}

#[tokio::test]
async fn what_the_type_cannot_hold_says_which_field() {
    let service = Service::with(|setup| Setup {
        alices: setup.alices.function("tasks:list", |_, _| {
            Ok(json!([{
                "_id": "t1", "_creationTime": 1.0, "userId": "alice", "title": 7.0,
                "status": "todo", "createdAt": 1.0, "updatedAt": 1.0,
            }]))
        }),
        ..setup
    })
    .await;
    service.save(ConnectionStatus::Connected).await;

    let error = tasks::list(&service.alice(), tasks::ListArgs::default()).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("`tasks:list`") && error.contains("`title`"),
        "{error}"
    );
}

#[tokio::test]
async fn declared_results_have_types() {
    let service = Service::with(|setup| Setup {
        alices: setup.alices.function("tasks:counts", |ctx, args| {
            let user = args.str("userId").unwrap_or_default();
            let done = ctx.query("tasks").eq("userId", user).collect()?.len() as f64;
            Ok(json!({"todo": 0.0, "in_progress": 0.0, "done": done, "cancelled": 0.0}))
        }),
        ..setup
    })
    .await;
    service.save(ConnectionStatus::Connected).await;
    let task = json!({
        "userId": "alice", "title": "Dig", "status": "done", "createdAt": 1.0, "updatedAt": 1.0,
    });
    service.alices.insert("tasks", task).unwrap();
    let counts = tasks::counts(&service.alice()).await.unwrap();
    assert_eq!((counts.todo, counts.done), (0.0, 1.0));
}

#[tokio::test]
async fn int64_and_bytes_are_exact() {
    // Two tables without functions of their own get those of another.
    let mut manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let user = manifest.user.as_mut().unwrap();
    let list = user.functions[&"tasks:list".parse().unwrap()].clone();
    for path in ["usageRecords:list", "ttsCache:list"] {
        user.functions.insert(path.parse().unwrap(), list.clone());
    }
    let service = Service::with(|setup| Setup {
        alices: Local::user(&manifest),
        ..setup
    })
    .await;
    service.save(ConnectionStatus::Connected).await;
    let usage = json!({
        "userId": "alice", "kind": "chat", "model": "openai/gpt-5", "date": "2026-01-31",
        "inputTokens": 1.0, "outputTokens": 2.0, "createdAt": 1.0, "updatedAt": 1.0,
        "costMicros": Value::Int64(9_007_199_254_740_993),
    });
    service.alices.insert("usageRecords", usage).unwrap();
    let speech = json!({
        "userId": "alice", "textHash": "h", "voice": "v", "model": "m", "lastUsedAt": 1.0,
        "createdAt": 1.0, "updatedAt": 1.0, "audio": Value::Bytes(vec![0, 1, 255]),
    });
    service.alices.insert("ttsCache", speech).unwrap();

    let byod = &service.byod;
    let to = byod.client_for_table("usageRecords", &*service.alice_id, FunctionType::Query);
    let client = to.await.unwrap().client;
    let mine = json!({"userId": "alice"});
    let usage: Vec<Doc<UsageRecords>> = client.query("usageRecords:list", &mine).await.unwrap();
    assert_eq!(usage[0].cost_micros, 9_007_199_254_740_993);
    assert_eq!(usage[0].kind, usage_records::Kind::Chat);
    let speech: Vec<Doc<TtsCache>> = client.query("ttsCache:list", &mine).await.unwrap();
    assert_eq!(speech[0].audio, [0, 1, 255]);
}
