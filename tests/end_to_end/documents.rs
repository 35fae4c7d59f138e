//! What the tests write: a document of each of six tables.

use byod_examples::{
    Conversations, Memories, Messages, Notes, Projects, Tasks, conversations, memories, messages,
    notes, projects, tasks,
};
use byod_runtime::{Id, Session};

/// A document of each, some of which name others.
pub struct Documents {
    pub project: Id<Projects>,
    pub conversation: Id<Conversations>,
    pub message: Id<Messages>,
    pub note: Id<Notes>,
    pub task: Id<Tasks>,
    pub memory: Id<Memories>,
}

impl Documents {
    pub async fn create(session: &Session) -> Self {
        let project = projects::create(session, project("Garden")).await.unwrap();
        let conversation = conversations::create(session, conversation("Plans"));
        let conversation = conversation.await.unwrap();
        let message = messages::create(session, message(&conversation, "Ferns?"));
        let note = notes::CreateArgs {
            project_id: Some(project.clone()),
            ..note("Seeds")
        };
        let task = tasks::CreateArgs {
            project_id: Some(project.clone()),
            ..task("Dig")
        };
        Self {
            message: message.await.unwrap(),
            note: notes::create(session, note).await.unwrap(),
            task: tasks::create(session, task).await.unwrap(),
            memory: memories::create(session, memory("Has a garden"))
                .await
                .unwrap(),
            project,
            conversation,
        }
    }
}

pub fn project(name: &str) -> projects::CreateArgs {
    projects::CreateArgs {
        name: name.into(),
        description: None,
        instructions: None,
        color: Some("green".into()),
    }
}

pub fn conversation(title: &str) -> conversations::CreateArgs {
    conversations::CreateArgs {
        title: title.into(),
        model: "openai/gpt-5".into(),
        system_prompt: None,
    }
}

pub fn message(conversation: &Id<Conversations>, content: &str) -> messages::CreateArgs {
    messages::CreateArgs {
        conversation_id: conversation.clone(),
        role: messages::Role::User,
        content: content.into(),
        model: None,
        metadata: None,
    }
}

pub fn page(conversation: &Id<Conversations>) -> messages::PageArgs {
    messages::PageArgs {
        conversation_id: conversation.clone(),
    }
}

pub fn note(title: &str) -> notes::CreateArgs {
    notes::CreateArgs {
        title: title.into(),
        content: "Beans and peas".into(),
        project_id: None,
    }
}

pub fn task(title: &str) -> tasks::CreateArgs {
    tasks::CreateArgs {
        title: title.into(),
        status: tasks::Status::Todo,
        description: None,
        priority: Some(tasks::Priority::High),
        due_at: Some(None),
        project_id: None,
    }
}

pub fn memory(content: &str) -> memories::CreateArgs {
    memories::CreateArgs {
        content: content.into(),
        kind: memories::Kind::Fact,
        importance: Some(0.5),
        source: Some(memories::Source::User),
        embedding: Some(embedding()),
    }
}

/// As long as the vector index wants it.
pub fn embedding() -> Vec<f64> {
    (0..1536).map(|i| f64::from(i) / 1536.0).collect()
}
