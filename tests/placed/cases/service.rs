//! Alice, who may connect a deployment, and Bob, who has none.

use std::time::Duration;

use byod_local::{Local, LocalDeployment};
use byod_placed_tests::{FUNCTIONS, MANIFEST, TABLES, chat};
use byod_runtime::{Byod, ConnectionStatus, Credentials, EncryptionKey, Session};
use serde_json::json;

pub(crate) struct Service {
    pub(crate) byod: Byod,
    pub(crate) main: LocalDeployment,
    pub(crate) alices: LocalDeployment,
    pub(crate) alice_id: String,
    pub(crate) bob_id: String,
}

impl Service {
    /// Alice has an account and a deployment that isn't connected yet, Bob an account.
    pub(crate) async fn start() -> Self {
        let manifest = byod_local::read_manifest(MANIFEST).unwrap();
        let main = serve(Local::main(&manifest), "main");
        let main = main.start().await.unwrap();
        let alices = serve(Local::user(&manifest).name("alice"), "alice");
        let alices = alices.start().await.unwrap();
        let user = |subject: &str| main.insert("users", json!({"subject": subject})).unwrap();
        let byod = Byod::builder()
            .main_url(main.url())
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse("only for tests").unwrap())
            .tables(TABLES)
            .functions(FUNCTIONS)
            // No deployment that is blocked here works again by itself.
            .recovery_pauses(Duration::from_secs(600), Duration::from_secs(600))
            .development(true);
        Self {
            byod: byod.build().unwrap(),
            alice_id: user("alice"),
            bob_id: user("bob"),
            main,
            alices,
        }
    }

    pub(crate) async fn with_alice_connected() -> Self {
        let service = Self::start().await;
        let credentials = service.credentials();
        let connected = service
            .byod
            .connect(&*service.alice_id, "alice", &credentials);
        assert_eq!(connected.await.unwrap().problem, None);
        // Her route is known.
        chat::purge(&service.alice()).await.unwrap_err();
        service.cost();
        service
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials {
            deployment_url: self.alices.url(),
            deploy_key: self.alices.deploy_key().into(),
        }
    }

    pub(crate) async fn save(&self, status: ConnectionStatus) {
        let credentials = self.credentials();
        let saved = self
            .byod
            .save_credentials(&*self.alice_id, &credentials, status);
        saved.await.unwrap();
        self.byod.clear_user_client(&*self.alice_id);
        self.cost();
    }

    pub(crate) fn alice(&self) -> Session {
        let token = self.main.token("alice").unwrap();
        self.byod
            .session(&*self.alice_id, "alice")
            .with_token(token)
    }

    pub(crate) fn bob(&self) -> Session {
        let token = self.main.token("bob").unwrap();
        self.byod.session(&*self.bob_id, "bob").with_token(token)
    }

    /// How many requests main and Alice's deployment have had since the last time.
    pub(crate) fn cost(&self) -> (u64, u64) {
        let cost = (self.main.request_count(), self.alices.request_count());
        self.main.reset_requests();
        self.alices.reset_requests();
        cost
    }
}

/// The functions' results say who answered.
fn serve(local: Local, who: &'static str) -> Local {
    let is_main = who == "main";
    let local = local
        .function("chat:history", move |_, _| {
            Ok(json!([{"text": who, "author": "somebody"}]))
        })
        .function("chat:sendMessage", move |ctx, arguments| {
            let owner = match arguments.str("userId") {
                Some(owner) => owner.to_owned(),
                None => ctx.user("users")?.id().unwrap_or_default().to_owned(),
            };
            let conversation = arguments.str("conversationId").unwrap_or_default();
            let text = arguments.str("text").unwrap_or_default();
            ctx.insert(
                "messages",
                json!({"userId": owner, "conversationId": conversation, "text": text}),
            )
        })
        .function("search/hybrid:find", |ctx, arguments| {
            let text = arguments.str("text").unwrap_or_default().to_owned();
            let all = ctx.query("messages").collect()?;
            let found = all.iter().filter(|it| it.str("text") == Some(&text));
            let found = found.map(|it| json!({"id": it.id(), "text": text}));
            Ok(serde_json::Value::Array(found.collect()))
        })
        .function("search/hybrid:pages", move |_, _| {
            Ok(json!({"page": [{"text": who}], "isDone": true, "continueCursor": ""}))
        })
        .function("search/hybrid:scored", move |_, _| {
            Ok(json!([{"text": who, "score": 1.0}]))
        });
    if !is_main {
        return local;
    }
    local
        .function("chat:overview", |_, _| {
            Ok(json!({"plan": "free", "messages": 7.0}))
        })
        .function("chat:answer", |_, _| Ok(json!(null)))
        .function("chat:generate", |_, _| Ok(json!(null)))
        .function("chat:purge", |_, _| Ok(json!(null)))
        .function("chat:react", |_, _| Ok(json!(null)))
        .function("chat:authors", |_, _| Ok(json!([])))
        .function("admin/tags:all", |_, _| Ok(json!(["red"])))
        .function("messages:stats", |_, _| Ok(json!(3.0)))
        .function("messages:report", |_, _| Ok(json!(4.0)))
        .function("counters:value", |_, _| Ok(json!(1.0)))
        .function("counters:reset", |_, _| Ok(json!(null)))
}
