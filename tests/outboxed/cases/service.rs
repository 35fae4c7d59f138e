//! Main and the deployments of users, which run their real functions, and a service in
//! front of them.

use std::sync::atomic::{AtomicU64, Ordering};

use byod_outboxed_tests::{FUNCTIONS, TABLES};
use byod_runtime::{Byod, ConnectionStatus, Credentials, DeployKey, EncryptionKey, Error, Session};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::node::{Node, NodeDeployment};
use crate::proxy::{Fault, Proxy};

pub(crate) struct World {
    pub(crate) byod: Byod,
    node: &'static Node,
    main: NodeDeployment,
    /// In front of main.
    pub(crate) proxy: Proxy,
}

/// Somebody with an account who has connected a deployment.
pub(crate) struct User {
    /// On main.
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) session: Session,
    deployment: NodeDeployment,
    /// In front of that.
    pub(crate) proxy: Proxy,
}

impl World {
    /// `None` where the tests that need Node are left out.
    pub(crate) async fn start() -> Option<Self> {
        let node = Node::get()?;
        let main = node.deploy("tests/outboxed/convex", "main");
        let proxy = Proxy::start(address(&main)).await;
        Some(Self {
            byod: service(&main, &proxy),
            node,
            main,
            proxy,
        })
    }

    /// Another process of the service.
    pub(crate) fn another(&self) -> Byod {
        service(&self.main, &self.proxy)
    }

    pub(crate) async fn connected(&self, subject: &str) -> User {
        let profile = json!({"subject": subject});
        let id: String = self.on_main("users:register", &profile).await;
        let deployment = self.node.deploy("tests/outboxed/byod/convex", subject);
        let proxy = Proxy::start(address(&deployment)).await;
        let user = User {
            session: self.session(&self.byod, &id, subject),
            id,
            subject: subject.to_owned(),
            deployment,
            proxy,
        };
        let credentials = Credentials {
            deployment_url: user.proxy.url.clone(),
            deploy_key: user.deployment.deploy_key.as_str().into(),
        };
        let connected = self.byod.connect(&*user.id, subject, &credentials);
        assert_eq!(connected.await.unwrap().problem, None);
        // What it has taken by itself is over.
        user.session.apply_outbox().await.unwrap();
        user
    }

    /// Users who have connected a deployment that takes calls and answers none; until the
    /// proxy goes.
    pub(crate) async fn connected_to_silence(&self, count: usize) -> Proxy {
        let proxy = Proxy::start(address(&self.main)).await;
        proxy.strike(Fault::HangConnecting);
        for number in 0..count {
            let profile = json!({"subject": format!("silent {number}")});
            let id: String = self.on_main("users:register", &profile).await;
            let credentials = Credentials {
                deployment_url: proxy.url.clone(),
                deploy_key: self.main.deploy_key.as_str().into(),
            };
            let status = ConnectionStatus::Connected;
            let saved = self.byod.save_credentials(&*id, &credentials, status);
            saved.await.unwrap();
        }
        proxy
    }

    pub(crate) fn session(&self, byod: &Byod, id: &str, subject: &str) -> Session {
        let token = self.node.token(&json!({"sub": subject}));
        byod.session(id, subject).with_token(&*token)
    }

    /// A function of main, called past the service.
    pub(crate) async fn on_main<T: DeserializeOwned>(&self, path: &str, args: &Value) -> T {
        past(&self.main, path, args).await.unwrap()
    }

    /// What a table of main holds of the user.
    pub(crate) async fn of(&self, user: &User, table: &str) -> Vec<Value> {
        let all: Vec<Value> = self.on_main("peek:peek", &json!({"table": table})).await;
        let of_user = |doc: &Value| doc["userId"] == *user.id || doc["user"] == *user.id;
        all.into_iter().filter(of_user).collect()
    }

    /// How many notes main has counted for the user.
    pub(crate) async fn counted(&self, user: &User) -> i64 {
        let stats = self.of(user, "userStats").await;
        assert!(stats.len() < 2, "{stats:?}");
        let notes = stats.first().and_then(|stats| stats["notes"].as_f64());
        notes.unwrap_or_default() as i64
    }
}

impl User {
    pub(crate) async fn query<T: DeserializeOwned + 'static>(&self, path: &str, args: Value) -> T {
        self.session.query(path, &args).unwrap().await.unwrap()
    }

    pub(crate) async fn mutation<T: DeserializeOwned + 'static>(
        &self,
        path: &str,
        args: Value,
    ) -> T {
        self.session.mutation(path, &args).unwrap().await.unwrap()
    }

    /// All that a table of the user's deployment holds.
    pub(crate) async fn holds(&self, table: &str) -> Vec<Value> {
        let args = json!({"table": table});
        let found = past(&self.deployment, "custom/testing:peek", &args);
        found.await.unwrap()
    }

    /// Writes a row that no function has left, as its owner can with their own deploy key.
    pub(crate) async fn forge(&self, row: &Value) {
        static LAST: AtomicU64 = AtomicU64::new(1_000_000);
        let seq = LAST.fetch_add(1, Ordering::SeqCst);
        let args = json!({"owner": self.subject, "seq": seq, "row": row.to_string()});
        let forged = past::<()>(&self.deployment, "custom/testing:forge", &args);
        forged.await.unwrap();
    }

    /// Writes so many rows at once that main won't do.
    pub(crate) async fn flood(&self, rows: u32) {
        let args = json!({"owner": self.subject, "rows": rows});
        let flooded = past::<()>(&self.deployment, "custom/testing:flood", &args);
        flooded.await.unwrap();
    }
}

async fn past<T: DeserializeOwned>(
    deployment: &NodeDeployment,
    path: &str,
    args: &Value,
) -> Result<T, Error> {
    let key = DeployKey::from(&*deployment.deploy_key);
    let admin = Byod::builder()
        .main_url(deployment.url())
        .deploy_key(&*deployment.deploy_key)
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .build();
    let admin = admin.unwrap().main_client().with_deploy_key(&key);
    admin.function(path, args).await
}

fn service(main: &NodeDeployment, proxy: &Proxy) -> Byod {
    let byod = Byod::builder()
        .main_url(&*proxy.url)
        .deploy_key(&*main.deploy_key)
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .tables(TABLES)
        .functions(FUNCTIONS)
        // A failure is to be seen, not to be waited for.
        .failure_threshold(1_000_000)
        .retries(0)
        .development(true);
    byod.build().unwrap()
}

fn address(deployment: &NodeDeployment) -> std::net::SocketAddr {
    let url = deployment.url();
    url.strip_prefix("http://").unwrap().parse().unwrap()
}
