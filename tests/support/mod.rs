//! The example service as its tests see it: main, Alice's own deployment, and
//! Bob, who has none.

#![allow(dead_code, reason = "no test file uses all of it")]

pub mod certificates;
pub mod floods;
pub mod made;
pub mod node;
pub mod proxy;
#[path = "../../byod-runtime/tests/support/way.rs"]
pub mod way;
pub mod world;

use byod_local::{Local, LocalDeployment};
use byod_runtime::{Byod, ByodBuilder, ConnectionStatus, Credentials, EncryptionKey, Session};
use serde_json::json;

/// The function that reads a user's record.
pub const RECORD: &str = "byod/credentials:getConfigInternal";

pub struct Service {
    pub byod: Byod,
    pub main: LocalDeployment,
    pub alices: LocalDeployment,
    /// Users' ids in main.
    pub alice_id: String,
    pub bob_id: String,
}

/// What a test may set otherwise before the service starts.
pub struct Setup {
    pub main: Local,
    pub alices: Local,
    pub byod: ByodBuilder,
}

impl Service {
    /// Both have an account; Alice has not connected her deployment yet.
    pub async fn start() -> Self {
        Self::with(|setup| setup).await
    }

    pub async fn with(change: impl FnOnce(Setup) -> Setup) -> Self {
        let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
        let Setup { main, alices, byod } = change(Setup {
            main: Local::main(&manifest),
            alices: Local::user(&manifest).name("alice"),
            byod: Byod::builder()
                .encryption_key(EncryptionKey::parse("only for tests").unwrap())
                .tables(byod_examples::TABLES)
                // Tests count what is asked of main.
                .listen_to_main(false)
                .development(true),
        });
        let main = main.start().await.unwrap();
        let alices = alices.start().await.unwrap();
        let user = |subject: &str| {
            let user = json!({
                "subject": subject, "name": subject, "email": format!("{subject}@example.org"),
                "createdAt": 0.0, "updatedAt": 0.0,
            });
            main.insert("users", user).unwrap()
        };
        let byod = byod.main_url(main.url()).deploy_key(main.deploy_key());
        Self {
            byod: byod.build().unwrap(),
            alice_id: user("alice"),
            bob_id: user("bob"),
            main,
            alices,
        }
    }

    /// Alice has connected her deployment.
    pub async fn with_alice_connected() -> Self {
        let service = Self::start().await;
        service.save(ConnectionStatus::Connected).await;
        service
    }

    pub fn alice(&self) -> Session {
        self.session(&self.alice_id, "alice")
    }

    pub fn bob(&self) -> Session {
        self.session(&self.bob_id, "bob")
    }

    fn session(&self, id: &str, subject: &str) -> Session {
        let token = self.main.token(subject).unwrap();
        self.byod.session(id, subject).with_token(token)
    }

    pub fn alices_credentials(&self) -> Credentials {
        Credentials {
            deployment_url: self.alices.url(),
            deploy_key: self.alices.deploy_key().into(),
        }
    }

    /// Stores Alice's credentials with that status; the deployment is hers.
    pub async fn save(&self, status: ConnectionStatus) {
        self.save_unclaimed(status).await;
        if self.alices.count("byodOwner") == 0 {
            claim(&self.alices, "alice", &self.alice_id);
        }
    }

    /// The same for a deployment that is nobody's until it is called.
    pub async fn save_unclaimed(&self, status: ConnectionStatus) {
        let credentials = self.alices_credentials();
        self.byod
            .save_credentials(&*self.alice_id, &credentials, status)
            .await
            .unwrap();
        self.cost();
    }

    /// Changes fields of Alice's record, as another process would.
    pub fn change_record(&self, mut changes: serde_json::Value) {
        let records = self.main.documents("userDatabaseConfig");
        changes["configId"] = records[0].id().unwrap().into();
        changes["updatedAt"] = 1.0.into();
        self.main
            .run("byod/credentials:updateConfig", changes)
            .unwrap();
    }

    /// How many requests main and Alice's deployment have had since the last time.
    pub fn cost(&self) -> (u64, u64) {
        let cost = (self.main.request_count(), self.alices.request_count());
        self.main.reset_requests();
        self.alices.reset_requests();
        cost
    }
}

/// Makes the deployment that user's, as connecting it does.
pub fn claim(deployment: &LocalDeployment, subject: &str, user: &str) {
    let claim = json!({"subject": subject, "user": user, "since": 0.0});
    deployment.insert("byodOwner", claim).unwrap();
}
