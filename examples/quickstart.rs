//! Two users of one chat service: Alice keeps her conversations on her own
//! deployment, Bob has none. The same code serves both.
//!
//! Both deployments run inside this process, so nothing else is needed:
//! `cargo run -p byod-examples --example quickstart`.

use byod_local::{Local, LocalDeployment};
use byod_runtime::{
    Byod, Credentials, Deployment, Doc, EncryptionKey, Error, Id, Query, Session, byod_table,
    tables,
};
use serde_json::json;

// Where the tables live is in byod.toml; their fields and functions are read
// from convex/ when this is compiled.

#[byod_table(location = "user")]
pub struct Conversations;

#[byod_table(location = "main")]
pub struct Templates;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let service = Service::start().await?;
    let Service {
        byod, main, alices, ..
    } = &service;

    println!(
        "A chat service lets its users keep their conversations on their own Convex deployment."
    );
    println!("Alice does, Bob doesn't. Its code is the same for both.");

    heading("Two deployments, two users");
    println!("main, the service's own    {}", main.url());
    println!("Alice's own                {}", alices.url());
    println!("Bob                        has none: everything of his is on main");

    heading("Alice connects her deployment");
    let credentials = Credentials {
        deployment_url: alices.url(),
        deploy_key: alices.deploy_key().into(),
    };
    byod.connect(&*service.alice_id, "alice", &credentials)
        .await?;
    let record = byod
        .user_record(&*service.alice_id)
        .await?
        .ok_or("Alice has a record")?;
    println!(
        "main stores her deploy key as {}…",
        &record.credentials.encrypted_deploy_key[..32]
    );

    let alice = byod
        .session(&*service.alice_id, "alice")
        .with_token(main.token("alice")?);
    let bob = byod
        .session(&*service.bob_id, "bob")
        .with_token(main.token("bob")?);

    heading("Each call reaches the right deployment");
    service
        .create(&alice, "Alice", "Plans for the garden")
        .await?;
    service
        .create(&alice, "Alice", "A name for the cat")
        .await?;
    service.create(&bob, "Bob", "Holiday in March").await?;
    service.list(&alice, "Alice").await?;
    service.list(&bob, "Bob").await?;
    let call = templates::list(&alice, templates::ListArgs::default());
    let templates = service.show("Alice", "templates::list", call).await?;
    println!(
        "{:>10}{} template(s): a table of main is there for everyone",
        "",
        templates.len()
    );

    heading("Rows in the table `conversations`");
    println!("on main             {}", main.count("conversations"));
    println!("on Alice's own      {}", alices.count("conversations"));

    heading("Alice disconnects");
    byod.disconnect(&*service.alice_id).await?;
    service.list(&alice, "Alice").await?;
    println!(
        "{:>10}her {} conversations stay on her deployment, which is hers",
        "",
        alices.count("conversations")
    );

    heading("Alice connects again, then her deployment fails");
    byod.connect(&*service.alice_id, "alice", &credentials)
        .await?;
    main.run(
        "byod/credentials:updateConfig",
        json!({
            "configId": record.id, "connectionStatus": "error",
            "connectionError": "the deploy key was revoked", "updatedAt": 1_700_000_000_000.0,
        }),
    )?;
    byod.clear_user_client(&*service.alice_id);
    let call = conversations::list(&alice, conversations::ListArgs::default());
    match call.await {
        Err(error @ Error::Blocked { .. }) => println!("{:<10}{error}", "Alice"),
        other => return Err(format!("the call should be blocked, but gave {other:?}").into()),
    }
    println!(
        "{:>10}nothing went to main: that would split her data in two",
        ""
    );
    service.list(&bob, "Bob").await?;
    println!("{:>10}and Bob notices nothing", "");
    Ok(())
}

/// The chat service: what it would have anyway, and both deployments.
struct Service {
    byod: Byod,
    main: LocalDeployment,
    alices: LocalDeployment,
    alice_id: String,
    bob_id: String,
}

impl Service {
    async fn start() -> Result<Self, Failure> {
        let manifest = byod_local::manifest!()?;
        let main = Local::main(&manifest).name("main").start().await?;
        let alices = Local::user(&manifest).name("alice").start().await?;

        // Who has an account, and a template, as in any app.
        let user = |name: &str| {
            main.insert(
                "users",
                json!({
                    "subject": name.to_lowercase(), "name": name,
                    "email": format!("{}@example.org", name.to_lowercase()),
                    "createdAt": 1_700_000_000_000.0, "updatedAt": 1_700_000_000_000.0,
                }),
            )
        };
        let (alice_id, bob_id) = (user("Alice")?, user("Bob")?);
        main.insert(
            "templates",
            json!({
                "name": "Summary", "category": "writing", "isPublic": true,
                "prompt": "Summarize in three sentences: {{text}}",
                "createdAt": 1_700_000_000_000.0, "updatedAt": 1_700_000_000_000.0,
            }),
        )?;

        let byod = Byod::builder()
            .main_url(main.url())
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse("only for this example")?)
            .tables(tables!())
            .development(true) // users' deployments are on this machine here
            .build()?;
        Ok(Self {
            byod,
            main,
            alices,
            alice_id,
            bob_id,
        })
    }

    async fn create(&self, session: &Session, who: &str, title: &str) -> Result<(), Failure> {
        let arguments = conversations::CreateArgs {
            title: title.into(),
            model: "gpt-4o".into(),
            system_prompt: None,
        };
        let before = self.requests();
        let created = conversations::create(session, arguments).routed().await?;
        let _id: Id<Conversations> = created.value;
        self.report(who, "conversations::create", &created.deployment, before);
        Ok(())
    }

    async fn list(&self, session: &Session, who: &str) -> Result<(), Failure> {
        let call = conversations::list(
            session,
            conversations::ListArgs {
                archived: Some(false),
                ..Default::default()
            },
        );
        let open: Vec<Doc<Conversations>> = self.show(who, "conversations::list", call).await?;
        for conversation in &open {
            println!("{:>10}· {}", "", conversation.title);
        }
        if open.is_empty() {
            println!("{:>10}· none there", "");
        }
        Ok(())
    }

    /// Runs a query and says in a line who answered, and what it cost.
    async fn show<T>(&self, who: &str, what: &str, call: Query<T>) -> Result<T, Failure> {
        let before = self.requests();
        let routed = call.routed().await?;
        self.report(who, what, &routed.deployment, before);
        Ok(routed.value)
    }

    fn report(&self, who: &str, what: &str, answered: &Deployment, before: u64) {
        let deployment = if answered.is_user() {
            format!("{who}'s own deployment")
        } else {
            "main".to_owned()
        };
        let requests = match self.requests() - before {
            1 => "1 request".to_owned(),
            more => format!("{more} requests, one to read the user's record"),
        };
        println!("{who:<10}{what:<23} answered by {deployment}: {requests}");
    }

    /// How many requests both deployments have had.
    fn requests(&self) -> u64 {
        self.main.request_count() + self.alices.request_count()
    }
}

fn heading(text: &str) {
    println!("\n{text}\n{}", "-".repeat(text.len()));
}
