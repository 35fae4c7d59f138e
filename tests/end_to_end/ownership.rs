//! Nobody reads or changes another's documents: not on main, and not where two
//! users have connected one and the same deployment.

use std::fmt::Debug;

use byod_examples::{
    conversations, memories, messages, notes, projects, shares, tasks, templates, users,
};
use byod_runtime::{Claim, ConnectionStatus, Error, FunctionType, Id, Session};
use serde_json::{Value, json};

use super::documents::{Documents, embedding, message, note, page, task};
use crate::support::world::{User, World};

/// Carol tries everything on Alice's documents.
#[tokio::test]
async fn nobody_reaches_the_documents_of_another_on_main() {
    let Some(world) = World::start() else { return };
    let (alice, carol) = (world.user("alice").await, world.user("carol").await);
    cannot_reach(&alice, &carol).await;
}

#[tokio::test]
async fn nobody_reaches_the_documents_of_another_on_a_deployment_that_both_use() {
    let Some(world) = World::shared() else { return };
    let alice = world.connected_user("alice").await;
    let carol = world.connected_user("carol").await;
    cannot_reach(&alice, &carol).await;
}

/// Where each has a deployment of their own, a second user of one reaches nothing.
#[tokio::test]
async fn a_deployment_that_is_anothers_refuses_every_call() {
    let Some(world) = World::start() else { return };
    if world.is_live() {
        return;
    }
    let alice = &world.connected_user("alice").await;
    let carol = world.user("carol").await;
    world.save(&carol, ConnectionStatus::Connected).await;
    assert_eq!(world.claim(&carol).await, "somebody else's");
    let own = Documents::create(&alice.session).await;
    let users = world.users.admin();
    for (path, mut args) in [
        ("notes:list", json!({})),
        ("notes:get", json!({"id": own.note})),
        ("memories:search", json!({"query": "garden"})),
    ] {
        args["userId"] = json!(carol.subject);
        refused(users.query::<Value>(path, &args).await, alice);
    }
    let list = notes::list(&carol.session, notes::ListArgs::default());
    refused(list.await, alice);
    let remove = by_id!(&carol.session, notes::remove, RemoveArgs, own.note);
    refused(remove.await, alice);
    let kept = by_id!(&alice.session, notes::get, GetArgs, own.note).await;
    assert!(kept.unwrap().is_some());
}

/// As somebody else's, without a word of whose.
#[track_caller]
fn refused<T: Debug>(result: Result<T, Error>, owner: &User) {
    let error = result.expect_err("it is another's");
    let is_others = matches!(&error, Error::Claim { claim, .. } if *claim == Claim::SomebodyElses);
    assert!(is_others, "{error:?}");
    assert!(!format!("{error:?}").contains(&owner.subject), "{error:?}");
}

async fn cannot_reach(alice: &User, carol: &User) {
    let alices = Documents::create(&alice.session).await;
    // So that what Carol lists is not merely nothing.
    let carols = Documents::create(&carol.session).await;
    let before = everything(&alice.session, &alices).await;

    cannot_read(&carol.session, &alices).await;
    sees_only(&carol.session, &carols).await;
    cannot_change(&carol.session, &alices, &carols).await;

    assert_eq!(
        everything(&alice.session, &alices).await,
        before,
        "nothing has changed"
    );
}

/// Each document as its owner sees it.
async fn everything(session: &Session, of: &Documents) -> Vec<String> {
    fn shown(document: Option<impl Debug>) -> String {
        format!("{:?}", document.expect("it is there"))
    }
    vec![
        shown(
            by_id!(session, projects::get, GetArgs, of.project)
                .await
                .unwrap(),
        ),
        shown(
            by_id!(session, conversations::get, GetArgs, of.conversation)
                .await
                .unwrap(),
        ),
        shown(
            by_id!(session, messages::get, GetArgs, of.message)
                .await
                .unwrap(),
        ),
        shown(by_id!(session, notes::get, GetArgs, of.note).await.unwrap()),
        shown(by_id!(session, tasks::get, GetArgs, of.task).await.unwrap()),
        shown(
            by_id!(session, memories::get, GetArgs, of.memory)
                .await
                .unwrap(),
        ),
    ]
}

async fn cannot_read(session: &Session, of: &Documents) {
    assert_eq!(
        by_id!(session, projects::get, GetArgs, of.project)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        by_id!(session, conversations::get, GetArgs, of.conversation)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        by_id!(session, messages::get, GetArgs, of.message)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        by_id!(session, notes::get, GetArgs, of.note).await.unwrap(),
        None
    );
    assert_eq!(
        by_id!(session, tasks::get, GetArgs, of.task).await.unwrap(),
        None
    );
    assert_eq!(
        by_id!(session, memories::get, GetArgs, of.memory)
            .await
            .unwrap(),
        None
    );

    let list = messages::ListArgs {
        conversation_id: of.conversation.clone(),
    };
    not_found(messages::list(session, list).await);
    not_found(messages::page(session, page(&of.conversation)).await);
    let list = notes::ListArgs {
        project_id: Some(of.project.clone()),
        limit: None,
    };
    not_found(notes::list(session, list).await);
}

/// Lists, searches and counts give what is the caller's own, and nothing else.
async fn sees_only(session: &Session, own: &Documents) {
    let one = |documents: Value, id: &str| {
        let found = documents.as_array().unwrap();
        assert_eq!(found.len(), 1, "{documents}");
        assert_eq!(found[0]["_id"], id);
    };
    assert_eq!(
        projects::list(session, projects::ListArgs::default())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        conversations::list(session, conversations::ListArgs::default())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(conversations::count(session).await.unwrap(), 1.0);
    assert_eq!(
        notes::list(session, notes::ListArgs::default())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        tasks::list(session, tasks::ListArgs::default())
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(tasks::counts(session).await.unwrap().todo, 1.0);
    assert_eq!(
        memories::list(session, memories::ListArgs::default())
            .await
            .unwrap()
            .len(),
        1
    );

    let search = conversations::SearchArgs {
        query: "Plans".into(),
        limit: None,
    };
    one(
        conversations::search(session, search).await.unwrap(),
        own.conversation.as_str(),
    );
    let search = notes::SearchArgs {
        query: "Beans".into(),
        limit: None,
    };
    one(
        notes::search(session, search).await.unwrap(),
        own.note.as_str(),
    );
    let search = memories::SearchArgs {
        query: "garden".into(),
        limit: None,
    };
    one(
        memories::search(session, search).await.unwrap(),
        own.memory.as_str(),
    );
    let recall = memories::RecallArgs {
        embedding: embedding(),
        limit: None,
    };
    one(
        memories::recall(session, recall).await.unwrap(),
        own.memory.as_str(),
    );
}

async fn cannot_change(session: &Session, of: &Documents, own: &Documents) {
    let mine = "mine now".to_owned();
    let Documents {
        project,
        conversation,
        message: text,
        note: notes_id,
        task: tasks_id,
        memory,
    } = of;

    let change = projects::UpdateArgs {
        id: project.clone(),
        name: Some(mine.clone()),
        description: None,
        instructions: None,
        archived: None,
    };
    not_found(projects::update(session, change).await);
    not_found(by_id!(session, projects::remove, RemoveArgs, project).await);
    let change = conversations::UpdateArgs {
        id: conversation.clone(),
        title: Some(mine.clone()),
        model: None,
        system_prompt: None,
    };
    not_found(conversations::update(session, change).await);
    not_found(
        conversations::archive(
            session,
            conversations::ArchiveArgs {
                id: conversation.clone(),
                archived: true,
            },
        )
        .await,
    );
    not_found(
        conversations::pin(
            session,
            conversations::PinArgs {
                id: conversation.clone(),
                pinned: true,
            },
        )
        .await,
    );
    not_found(by_id!(session, conversations::remove, RemoveArgs, conversation).await);
    let change = messages::UpdateArgs {
        id: text.clone(),
        content: Some(mine.clone()),
        metadata: None,
    };
    not_found(messages::update(session, change).await);
    not_found(by_id!(session, messages::remove, RemoveArgs, text).await);
    let change = notes::UpdateArgs {
        id: notes_id.clone(),
        title: Some(mine.clone()),
        content: None,
        pinned: None,
        project_id: None,
    };
    not_found(notes::update(session, change).await);
    not_found(by_id!(session, notes::remove, RemoveArgs, notes_id).await);
    let change = tasks::UpdateArgs {
        id: tasks_id.clone(),
        title: Some(mine.clone()),
        description: None,
        status: None,
        priority: None,
        due_at: None,
    };
    not_found(tasks::update(session, change).await);
    not_found(by_id!(session, tasks::complete, CompleteArgs, tasks_id).await);
    not_found(by_id!(session, tasks::remove, RemoveArgs, tasks_id).await);
    let change = memories::UpdateArgs {
        id: memory.clone(),
        content: Some(mine),
        kind: None,
        importance: None,
        embedding: None,
    };
    not_found(memories::update(session, change).await);
    not_found(by_id!(session, memories::remove, RemoveArgs, memory).await);

    // Nor can what is one's own be put among what is another's.
    not_found(messages::create(session, message(conversation, "Hello?")).await);
    not_found(
        notes::create(
            session,
            notes::CreateArgs {
                project_id: Some(project.clone()),
                ..note("Seeds")
            },
        )
        .await,
    );
    not_found(
        tasks::create(
            session,
            tasks::CreateArgs {
                project_id: Some(project.clone()),
                ..task("Dig")
            },
        )
        .await,
    );
    let change = notes::UpdateArgs {
        id: own.note.clone(),
        title: None,
        content: None,
        pinned: None,
        project_id: Some(project.clone()),
    };
    not_found(notes::update(session, change).await);
    for (id, conversation_id) in [(project, &own.conversation), (&own.project, conversation)] {
        let add = projects::AddConversationArgs {
            id: id.clone(),
            conversation_id: conversation_id.clone(),
        };
        not_found(projects::add_conversation(session, add).await);
    }
}

#[tokio::test]
async fn what_is_anothers_on_main_stays_theirs() {
    let Some(world) = World::start() else { return };
    let (alice, carol) = (world.user("alice").await, world.user("carol").await);
    let template = templates::CreateArgs {
        name: "Summary".into(),
        category: templates::Category::Other,
        prompt: "{{text}}".into(),
        is_public: false,
        description: None,
        model: None,
    };
    let id = templates::create(&alice.session, template).await.unwrap();
    let get = || templates::GetArgs { id: id.clone() };
    assert_eq!(templates::get(&carol.session, get()).await.unwrap(), None);
    not_found(by_id!(&carol.session, templates::remove, RemoveArgs, id).await);
    assert!(
        templates::get(&alice.session, get())
            .await
            .unwrap()
            .is_some()
    );

    let share = shares::CreateArgs {
        conversation_id: "anything".into(),
        title: "Plans".into(),
        messages: vec![],
        expires_at: None,
    };
    let id = shares::create(&alice.session, share).await.unwrap();
    not_found(shares::remove(&carol.session, shares::RemoveArgs { id }).await);
    let her = users::GetArgs {
        id: Id::<byod_examples::Users>::new(&*alice.id),
    };
    assert_eq!(users::get(&carol.session, her).await.unwrap(), None);
}

/// The owner on a user's deployment is the session's subject, whatever is asked.
#[tokio::test]
async fn a_service_cannot_name_another_owner_by_accident() {
    let Some(world) = World::start() else { return };
    let alice = world.connected_user("alice").await;
    let route = world
        .byod
        .client_for_table("notes", &*alice.id, FunctionType::Query);
    let client = route.await.unwrap().client;
    // Without the owner the user's functions are not even callable.
    let refused = client.query::<Value>("notes:list", &json!({})).await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("ArgumentValidationError"), "{error}");
}

#[track_caller]
fn not_found<T: Debug>(result: Result<T, Error>) {
    let error = result.expect_err("it is another's");
    let data = error
        .function_data::<Value>()
        .expect("it has data")
        .unwrap();
    assert_eq!(data["code"], "not_found", "{error}");
}
