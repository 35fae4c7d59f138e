//! What the generated wrappers write and read, of six tables and on both deployments.

use crate::support::Service;
use byod_examples::{
    Conversations, Users, conversations, memories, messages, notes, projects, tasks, templates,
    users,
};
use byod_runtime::{Id, Location, Query, Session};

#[tokio::test]
async fn documents_land_on_the_deployment_of_whoever_writes_them() {
    let service = Service::with_alice_connected().await;
    let (alice, bob) = (service.alice(), service.bob());

    let alices = write_one_of_each(&alice).await;
    assert_eq!(counts(&service), [(0, 1); 6], "main has none of Alice's");
    let bobs = write_one_of_each(&bob).await;
    assert_eq!(counts(&service), [(1, 1); 6], "Alice's has none of Bob's");

    assert_eq!(
        read_each(&alice, alices).await,
        [(1, Location::User); 6],
        "Alice reads her own"
    );
    assert_eq!(read_each(&bob, bobs).await, [(1, Location::Main); 6]);
}

#[tokio::test]
async fn main_tables_of_a_connected_user_stay_on_main() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    let template = templates::CreateArgs {
        name: "Summary".into(),
        category: templates::Category::Writing,
        prompt: "Summarize: {{text}}".into(),
        is_public: true,
        description: None,
        model: None,
    };
    let id = templates::create(&alice, template).await.unwrap();
    let found = templates::get(&alice, templates::GetArgs { id }).await;
    assert_eq!(found.unwrap().unwrap().name, "Summary");

    let id = Id::<Users>::new(&*service.alice_id);
    let myself = users::get(&alice, users::GetArgs { id }).await.unwrap();
    assert_eq!(myself.unwrap().subject, "alice");
    assert_eq!(service.main.count("templates"), 1);
    assert_eq!(service.cost(), (3, 0));
}

#[tokio::test]
async fn a_users_deployment_gets_the_subject_and_one_reading_of_the_clock() {
    let service = Service::with_alice_connected().await;
    let before = now();
    write_one_of_each(&service.alice()).await;
    write_one_of_each(&service.bob()).await;

    for table in TABLES {
        let alices = &service.alices.documents(table)[0];
        assert_eq!(alices.str("userId"), Some("alice"), "{table}");
        let created = alices.number("createdAt").unwrap();
        assert!((before..=now()).contains(&created), "{table}: {created}");
        assert_eq!(alices.number("updatedAt"), Some(created), "{table}");

        // Main needs none of it: it knows Bob from his token.
        let bobs = &service.main.documents(table)[0];
        assert_eq!(bobs.str("userId"), Some(&*service.bob_id), "{table}");
    }
}

#[tokio::test]
async fn a_document_lives_its_whole_life_in_one_place() {
    let service = Service::with_alice_connected().await;
    for session in [service.alice(), service.bob()] {
        let id = notes::create(&session, note("Seeds")).await.unwrap();
        let change = notes::UpdateArgs {
            id: id.clone(),
            title: Some("Seeds to buy".into()),
            content: None,
            pinned: Some(true),
            project_id: None,
        };
        notes::update(&session, change).await.unwrap();
        let get = || notes::get(&session, notes::GetArgs { id: id.clone() });
        let found = get().await.unwrap().unwrap();
        assert_eq!(
            (found.title.as_str(), found.pinned),
            ("Seeds to buy", Some(true))
        );
        assert_eq!(found.content, "A line.", "what was not given stays");

        let () = notes::remove(&session, notes::RemoveArgs { id: id.clone() })
            .await
            .unwrap();
        assert_eq!(get().await.unwrap(), None);
    }
    assert_eq!(service.cost(), (7, 5), "both records, and five calls each");
}

/// The tables of [`write_one_of_each`].
const TABLES: [&str; 6] = [
    "projects",
    "conversations",
    "messages",
    "notes",
    "tasks",
    "memories",
];

/// Writes a document of each of [`TABLES`], some of which name others, and gives
/// the conversation's id.
async fn write_one_of_each(session: &Session) -> Id<Conversations> {
    let project = projects::CreateArgs {
        name: "Garden".into(),
        description: None,
        instructions: None,
        color: None,
    };
    let project = projects::create(session, project).await.unwrap();
    let conversation = conversations::CreateArgs {
        title: "Plans".into(),
        model: "openai/gpt-5".into(),
        system_prompt: None,
    };
    let conversation = conversations::create(session, conversation).await.unwrap();
    let message = messages::CreateArgs {
        conversation_id: conversation.clone(),
        role: messages::Role::User,
        content: "What grows in the shade?".into(),
        model: None,
        metadata: None,
    };
    messages::create(session, message).await.unwrap();
    let note = notes::CreateArgs {
        project_id: Some(project.clone()),
        ..note("Seeds")
    };
    notes::create(session, note).await.unwrap();
    let task = tasks::CreateArgs {
        title: "Dig".into(),
        status: tasks::Status::Todo,
        priority: Some(tasks::Priority::High),
        description: None,
        due_at: None,
        project_id: Some(project),
    };
    tasks::create(session, task).await.unwrap();
    let memory = memories::CreateArgs {
        content: "Has a garden".into(),
        kind: memories::Kind::Fact,
        importance: Some(0.5),
        source: None,
        embedding: None,
    };
    memories::create(session, memory).await.unwrap();
    conversation
}

/// How many documents each of [`TABLES`] has on main, and on Alice's deployment.
fn counts(service: &Service) -> [(usize, usize); 6] {
    TABLES.map(|table| (service.main.count(table), service.alices.count(table)))
}

/// Lists each of [`TABLES`]: how many documents, and from where.
async fn read_each(
    session: &Session,
    conversation_id: Id<Conversations>,
) -> [(usize, Location); 6] {
    async fn read<T>(call: Query<Vec<T>>) -> (usize, Location) {
        let answer = call.routed().await.unwrap();
        (answer.value.len(), answer.deployment.location())
    }
    [
        read(projects::list(session, projects::ListArgs::default())).await,
        read(conversations::list(
            session,
            conversations::ListArgs::default(),
        ))
        .await,
        read(messages::list(
            session,
            messages::ListArgs { conversation_id },
        ))
        .await,
        read(notes::list(session, notes::ListArgs::default())).await,
        read(tasks::list(session, tasks::ListArgs::default())).await,
        read(memories::list(session, memories::ListArgs::default())).await,
    ]
}

fn note(title: &str) -> notes::CreateArgs {
    notes::CreateArgs {
        title: title.into(),
        content: "A line.".into(),
        project_id: None,
    }
}

/// As `Date.now()`.
fn now() -> f64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as f64
}

/// As the body of a request that a service hands on.
#[test]
fn arguments_are_read_from_json_and_nothing_else_is() {
    let body = r#"{"title": "Seeds", "content": ""}"#;
    let args: notes::CreateArgs = serde_json::from_str(body).unwrap();
    let written = notes::CreateArgs {
        title: "Seeds".into(),
        content: String::new(),
        project_id: None,
    };
    assert_eq!(args, written);

    let error = |body: &str| {
        let read = serde_json::from_str::<notes::CreateArgs>(body);
        read.unwrap_err().to_string()
    };
    let unknown = error(r#"{"title": "Seeds", "content": "", "userId": "mallory"}"#);
    assert!(unknown.contains("unknown field `userId`"), "{unknown}");
    let missing = error(r#"{"title": "Seeds"}"#);
    assert!(missing.contains("missing field `content`"), "{missing}");
    let wrong = error(r#"{"title": 1, "content": ""}"#);
    assert!(wrong.contains("title"), "{wrong}");
}
