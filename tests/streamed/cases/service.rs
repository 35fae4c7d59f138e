//! Main and the deployments of users, which run their real functions, and a service in
//! front of them.

use std::time::Duration;

use byod_runtime::{Byod, Credentials, DeployKey, EncryptionKey, Error, Session};
use byod_streamed_tests::{FUNCTIONS, TABLES};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::node::{Node, NodeDeployment};
use crate::proxy::Proxy;

pub(crate) struct World {
    pub(crate) byod: Byod,
    node: &'static Node,
    main: NodeDeployment,
    /// In front of main.
    pub(crate) proxy: Proxy,
}

/// Somebody with an account, and a deployment that they may connect.
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
        let main = node.deploy("tests/streamed/convex", "main");
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

    pub(crate) async fn user(&self, subject: &str) -> User {
        let profile = json!({"subject": subject});
        let id: String = self.on_main("users:register", &profile).await;
        let deployment = self.node.deploy("tests/streamed/byod/convex", subject);
        let proxy = Proxy::start(address(&deployment)).await;
        User {
            session: self.session(&self.byod, &id, subject),
            id,
            subject: subject.to_owned(),
            deployment,
            proxy,
        }
    }

    /// Who has connected their deployment.
    pub(crate) async fn connected(&self, subject: &str) -> User {
        let user = self.user(subject).await;
        let credentials = Credentials {
            deployment_url: user.proxy.url.clone(),
            deploy_key: user.deployment.deploy_key.as_str().into(),
        };
        let connected = self.byod.connect(&*user.id, subject, &credentials);
        assert_eq!(connected.await.unwrap().problem, None);
        user
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

    /// What main has counted for the user: messages, answers, and words of those.
    pub(crate) async fn counted(&self, user: &User) -> [usize; 3] {
        let stats = self.of(user, "userStats").await;
        assert!(stats.len() < 2, "{stats:?}");
        let count = |name: &str| {
            let count = stats.first().and_then(|stats| stats[name].as_f64());
            count.unwrap_or_default() as usize
        };
        [count("messages"), count("answers"), count("words")]
    }

    /// Until nothing that main has scheduled is under way any more.
    pub(crate) async fn settled(&self) {
        for _ in 0..600 {
            let under_way: f64 = self.on_main("peek:underWay", &json!({})).await;
            if under_way == 0.0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("something on main doesn't end");
    }
}

impl User {
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
