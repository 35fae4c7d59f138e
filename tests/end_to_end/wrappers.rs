//! Every wrapper of the user tables that have functions, on main and on the
//! user's deployment.

use std::time::{SystemTime, UNIX_EPOCH};

use byod_examples::{Messages, conversations, memories, messages, notes, projects, tasks};
use byod_runtime::{Doc, Location};
use serde_json::{Value, json};

use super::documents::{
    Documents, conversation, embedding, memory, message, note, page, project, task,
};
use crate::support::world::{User, World};

/// Somebody without, and somebody with a deployment; and where they are served.
pub async fn both(world: &World) -> [(User, Location); 2] {
    [
        (world.user("bob").await, Location::Main),
        (world.connected_user("alice").await, Location::User),
    ]
}

/// As `Date.now()`, give or take the difference between two machines' clocks.
fn is_now(time: f64) -> bool {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    (now.as_millis() as f64 - time).abs() < 60_000.0
}

#[tokio::test]
async fn conversations_wrappers() {
    let Some(world) = World::start() else { return };
    for (user, at) in both(&world).await {
        let session = &user.session;
        let id = from!(at, conversations::create(session, conversation("Plans")));
        let get = || by_id!(session, conversations::get, GetArgs, id);
        let made = from!(at, get()).unwrap();
        let owner = if at == Location::User {
            &user.subject
        } else {
            &user.id
        };
        assert_eq!((&*made.user_id, &*made.title), (&**owner, "Plans"));
        assert_eq!((made.archived, made.pinned), (Some(false), Some(false)));
        assert!(is_now(made.created_at) && is_now(made.creation_time));
        assert_eq!(made.updated_at, made.created_at, "one reading of the clock");

        let title = Some("Plans for the garden".to_owned());
        let change = conversations::UpdateArgs {
            id: id.clone(),
            title,
            model: None,
            system_prompt: Some("Be brief".into()),
        };
        from!(at, conversations::update(session, change));
        from!(
            at,
            conversations::archive(
                session,
                conversations::ArchiveArgs {
                    id: id.clone(),
                    archived: true
                }
            )
        );
        from!(
            at,
            conversations::pin(
                session,
                conversations::PinArgs {
                    id: id.clone(),
                    pinned: true
                }
            )
        );
        let changed = from!(at, get()).unwrap();
        assert_eq!(
            (&*changed.title, &*changed.model),
            ("Plans for the garden", "openai/gpt-5")
        );
        assert_eq!((changed.archived, changed.pinned), (Some(true), Some(true)));
        assert!(changed.updated_at >= made.updated_at && changed.created_at == made.created_at);

        let other = from!(
            at,
            conversations::create(session, conversation("A name for the cat"))
        );
        let list = |archived, limit| {
            conversations::list(session, conversations::ListArgs { archived, limit })
        };
        assert_eq!(from!(at, list(None, None)).len(), 2);
        assert_eq!(from!(at, list(None, Some(1.0))).len(), 1);
        assert_eq!(from!(at, list(Some(true), None))[0].id, id);
        assert_eq!(from!(at, list(Some(false), None))[0].id, other);
        assert_eq!(from!(at, conversations::count(session)), 2.0);
        let query = "garden".to_owned();
        let found = from!(
            at,
            conversations::search(session, conversations::SearchArgs { query, limit: None })
        );
        assert_eq!(titles(&found), ["Plans for the garden"]);

        messages::create(session, message(&id, "Ferns?"))
            .await
            .unwrap();
        let () = from!(at, by_id!(session, conversations::remove, RemoveArgs, id));
        assert_eq!(from!(at, get()), None);
        assert_eq!(from!(at, conversations::count(session)), 1.0);
    }
}

#[tokio::test]
async fn messages_wrappers() {
    let Some(world) = World::start() else { return };
    for (user, at) in both(&world).await {
        let session = &user.session;
        let chat = conversations::create(session, conversation("Plans"))
            .await
            .unwrap();
        let mut ids = Vec::new();
        for content in ["one", "two", "three"] {
            ids.push(from!(
                at,
                messages::create(session, message(&chat, content))
            ));
        }
        let list = || {
            messages::list(
                session,
                messages::ListArgs {
                    conversation_id: chat.clone(),
                },
            )
        };
        let contents: Vec<_> = from!(at, list())
            .into_iter()
            .map(|it| it.fields.content)
            .collect();
        assert_eq!(contents, ["one", "two", "three"]);
        let get = || by_id!(session, messages::get, GetArgs, ids[1]);
        let two = from!(at, get()).unwrap();
        assert_eq!(two.status, Some(messages::Status::Complete));
        assert!(is_now(two.created_at));
        let chat_now = by_id!(session, conversations::get, GetArgs, chat);
        assert!(
            chat_now
                .await
                .unwrap()
                .unwrap()
                .last_message_at
                .is_some_and(is_now)
        );

        let metadata = [("exact".to_owned(), byod_runtime::Value::Int64(i64::MIN))];
        let change = messages::UpdateArgs {
            id: ids[1].clone(),
            content: Some("2".into()),
            metadata: Some(metadata.clone().into()),
        };
        from!(at, messages::update(session, change));
        let two = from!(at, get()).unwrap();
        assert_eq!(
            (&*two.content, two.metadata.clone()),
            ("2", Some(metadata.into()))
        );

        let read = async |cursor: Option<String>| {
            let call = messages::page(session, page(&chat)).page_size(2);
            from!(at, call.cursor(cursor))
        };
        let newest = read(None).await;
        let contents = |messages: &[Doc<Messages>]| -> Vec<String> {
            messages.iter().map(|it| it.content.clone()).collect()
        };
        assert_eq!(contents(&newest.page), ["three", "2"]);
        let oldest = read(Some(newest.continue_cursor)).await;
        assert_eq!(contents(&oldest.page), ["one"]);
        assert_eq!((newest.is_done, oldest.is_done), (false, true));

        let mut items = messages::page(session, page(&chat)).page_size(2).items();
        let mut all = Vec::new();
        while let Some(message) = items.next().await {
            all.push(message.unwrap().content.clone());
        }
        assert_eq!(all, ["three", "2", "one"]);

        let () = from!(at, by_id!(session, messages::remove, RemoveArgs, ids[1]));
        assert_eq!(from!(at, get()), None);
        assert_eq!(from!(at, list()).len(), 2);
    }
}

#[tokio::test]
async fn notes_wrappers() {
    let Some(world) = World::start() else { return };
    for (user, at) in both(&world).await {
        let session = &user.session;
        let garden = projects::create(session, project("Garden")).await.unwrap();
        let id = from!(at, notes::create(session, note("Seeds")));
        let get = || by_id!(session, notes::get, GetArgs, id);
        let made = from!(at, get()).unwrap();
        assert!(is_now(made.created_at) && made.updated_at == made.created_at);
        assert_eq!((made.fields.project_id, made.fields.pinned), (None, None));

        let change = notes::UpdateArgs {
            id: id.clone(),
            title: None,
            content: Some("Beans".into()),
            pinned: Some(true),
            project_id: Some(garden.clone()),
        };
        from!(at, notes::update(session, change));
        let changed = from!(at, get()).unwrap();
        assert_eq!(
            (&*changed.title, &*changed.content, changed.pinned),
            ("Seeds", "Beans", Some(true))
        );
        assert_eq!(changed.project_id.as_ref(), Some(&garden));

        from!(at, notes::create(session, note("Tools")));
        let list = |project_id, limit| notes::list(session, notes::ListArgs { project_id, limit });
        assert_eq!(from!(at, list(None, None)).len(), 2);
        assert_eq!(from!(at, list(Some(garden), None))[0].id, id);
        let search = notes::SearchArgs {
            query: "beans".into(),
            limit: Some(5.0),
        };
        assert_eq!(
            titles(&from!(at, notes::search(session, search)))[0],
            "Seeds"
        );

        let () = from!(at, by_id!(session, notes::remove, RemoveArgs, id));
        assert_eq!(from!(at, get()), None);
    }
}

#[tokio::test]
async fn tasks_wrappers() {
    let Some(world) = World::start() else { return };
    for (user, at) in both(&world).await {
        let session = &user.session;
        let id = from!(at, tasks::create(session, task("Dig")));
        let get = || by_id!(session, tasks::get, GetArgs, id);
        let made = from!(at, get()).unwrap();
        assert_eq!(made.due_at, Some(None), "null is not absent");
        assert_eq!(made.priority, Some(tasks::Priority::High));

        let change = tasks::UpdateArgs {
            id: id.clone(),
            title: None,
            description: None,
            status: Some(tasks::Status::InProgress),
            priority: None,
            due_at: Some(Some(1.5)),
        };
        from!(at, tasks::update(session, change));
        let changed = from!(at, get()).unwrap();
        assert_eq!(
            (&changed.status, changed.due_at),
            (&tasks::Status::InProgress, Some(Some(1.5)))
        );
        from!(at, by_id!(session, tasks::complete, CompleteArgs, id));
        assert!(from!(at, get()).unwrap().completed_at.is_some_and(is_now));

        from!(at, tasks::create(session, task("Water")));
        let list = |status| {
            tasks::list(
                session,
                tasks::ListArgs {
                    status,
                    limit: None,
                },
            )
        };
        assert_eq!(from!(at, list(None)).len(), 2);
        assert_eq!(from!(at, list(Some(tasks::Status::Done)))[0].id, id);
        let counts = from!(at, tasks::counts(session));
        assert_eq!(
            (
                counts.todo,
                counts.in_progress,
                counts.done,
                counts.cancelled
            ),
            (1.0, 0.0, 1.0, 0.0)
        );

        let () = from!(at, by_id!(session, tasks::remove, RemoveArgs, id));
        assert_eq!(from!(at, get()), None);
    }
}

#[tokio::test]
async fn memories_wrappers() {
    let Some(world) = World::start() else { return };
    for (user, at) in both(&world).await {
        let session = &user.session;
        let id = from!(at, memories::create(session, memory("Has a garden")));
        let get = || by_id!(session, memories::get, GetArgs, id);
        let made = from!(at, get()).unwrap();
        assert_eq!(made.source, Some(memories::Source::User));
        assert_eq!(made.fields.embedding, Some(embedding()));

        let change = memories::UpdateArgs {
            id: id.clone(),
            content: None,
            kind: Some(memories::Kind::Preference),
            importance: Some(1.0),
            embedding: None,
        };
        from!(at, memories::update(session, change));
        let changed = from!(at, get()).unwrap();
        assert_eq!(
            (&changed.kind, changed.importance),
            (&memories::Kind::Preference, Some(1.0))
        );

        let list = |kind| memories::list(session, memories::ListArgs { kind, limit: None });
        assert_eq!(from!(at, list(Some(memories::Kind::Preference))).len(), 1);
        assert_eq!(from!(at, list(Some(memories::Kind::Fact))), []);
        let search = memories::SearchArgs {
            query: "garden".into(),
            limit: None,
        };
        assert_eq!(
            from!(at, memories::search(session, search))
                .as_array()
                .unwrap()
                .len(),
            1
        );
        let recall = memories::RecallArgs {
            embedding: embedding(),
            limit: Some(1.0),
        };
        let recalled = from!(at, memories::recall(session, recall));
        assert_eq!(recalled[0]["_id"], id.as_str());

        let () = from!(at, by_id!(session, memories::remove, RemoveArgs, id));
        assert_eq!(from!(at, get()), None);
    }
}

#[tokio::test]
async fn projects_wrappers() {
    let Some(world) = World::start() else { return };
    for (user, at) in both(&world).await {
        let session = &user.session;
        let made = Documents::create(session).await;
        let id = made.project;
        let get = || by_id!(session, projects::get, GetArgs, id);
        assert_eq!(from!(at, get()).unwrap().color.as_deref(), Some("green"));
        let change = projects::UpdateArgs {
            id: id.clone(),
            name: Some("Balcony".into()),
            description: None,
            instructions: None,
            archived: Some(true),
        };
        from!(at, projects::update(session, change));
        let all = from!(
            at,
            projects::list(session, projects::ListArgs { limit: None })
        );
        assert_eq!((&*all[0].name, all[0].archived), ("Balcony", Some(true)));

        let add = || projects::AddConversationArgs {
            id: id.clone(),
            conversation_id: made.conversation.clone(),
        };
        let first = from!(at, projects::add_conversation(session, add()));
        assert_ne!(from!(at, projects::add_conversation(session, add())), first);

        let () = from!(at, by_id!(session, projects::remove, RemoveArgs, id));
        assert_eq!(from!(at, get()), None);
        let left = from!(at, notes::get(session, notes::GetArgs { id: made.note }));
        assert_eq!(
            left.unwrap().fields.project_id,
            None,
            "the note stays, out of it"
        );
        let left = from!(at, tasks::get(session, tasks::GetArgs { id: made.task }));
        assert_eq!(left.unwrap().fields.project_id, None);
    }
}

fn titles(documents: &Value) -> Vec<&str> {
    let documents = documents.as_array().unwrap();
    documents
        .iter()
        .map(|it| it["title"].as_str().unwrap())
        .collect()
}

pub fn json_of(value: impl serde::Serialize) -> Value {
    json!(value)
}
