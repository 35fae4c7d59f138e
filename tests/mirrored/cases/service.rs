//! Main and the deployments of two users, which run their real functions, and a service
//! in front of them.

use std::time::Duration;

use byod_mirrored_tests::{FUNCTIONS, TABLES};
use byod_runtime::{
    Byod, ByodBuilder, ConnectionStatus, Credentials, DeployKey, EncryptionKey, Session,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::node::{Node, NodeDeployment};
use crate::proxy::{Fault, Proxy, Spoiled};

pub(crate) struct World {
    pub(crate) byod: Byod,
    node: &'static Node,
    main: NodeDeployment,
    /// In front of main.
    proxy: Proxy,
}

/// Somebody with an account, and a deployment that they may connect.
pub(crate) struct User {
    /// On main.
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) session: Session,
    pub(crate) deployment: NodeDeployment,
    /// In front of that.
    pub(crate) proxy: Proxy,
}

impl World {
    /// `None` where the tests that need Node are left out.
    pub(crate) async fn start(max_age: Duration) -> Option<Self> {
        let node = Node::get()?;
        let main = node.deploy("tests/mirrored/convex", "main");
        let proxy = Proxy::start(address(&main)).await;
        Some(Self {
            byod: service(&main, &proxy.url, max_age),
            node,
            main,
            proxy,
        })
    }

    /// Another process of the service.
    pub(crate) fn another(&self, max_age: Duration) -> Byod {
        service(&self.main, &self.proxy.url, max_age)
    }

    /// The same, which asks how watched users are doing each second.
    pub(crate) fn watching(&self) -> Byod {
        let byod = builder(&self.main, &self.proxy.url, Duration::ZERO);
        byod.cache_ttl(Duration::from_secs(1)).build().unwrap()
    }

    /// The same, for which main is never slow.
    pub(crate) fn beside_the_proxy(&self) -> Byod {
        service(&self.main, &self.main.url(), Duration::from_secs(60))
    }

    /// Main does what it is asked, and answers a while later.
    pub(crate) fn main_is_slow(&self) {
        let late = Spoiled::Late(Duration::from_secs(1));
        self.proxy.strike(Fault::Answer(late));
    }

    pub(crate) async fn user(&self, subject: &str) -> User {
        let profile = json!({
            "subject": subject, "name": format!("Dr {subject}"), "email": format!("{subject}@example.org"),
        });
        let id: String = self.on_main("users:register", &profile).await;
        let deployment = self.node.deploy("tests/mirrored/byod/convex", subject);
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
        let credentials = user.credentials();
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
        let key = DeployKey::from(&*self.main.deploy_key);
        let admin = Byod::builder()
            .main_url(self.main.url())
            .deploy_key(&*self.main.deploy_key)
            .encryption_key(EncryptionKey::parse("only for tests").unwrap())
            .build();
        let admin = admin.unwrap().main_client().with_deploy_key(&key);
        admin.function(path, args).await.unwrap()
    }

    pub(crate) fn main_fails(&self) {
        self.proxy.strike(Fault::ResetConnecting);
    }

    pub(crate) fn main_works(&self) {
        self.proxy.heal();
    }
}

impl User {
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials {
            deployment_url: self.proxy.url.clone(),
            deploy_key: self.deployment.deploy_key.as_str().into(),
        }
    }

    /// Stores these credentials for the user, without claiming or testing anything.
    pub(crate) async fn save(&self, byod: &Byod, credentials: &Credentials) {
        let status = ConnectionStatus::Connected;
        let saved = byod.save_credentials(&*self.id, credentials, status);
        saved.await.unwrap();
    }

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
        let admin = Byod::builder()
            .main_url(self.deployment.url())
            .deploy_key(&*self.deployment.deploy_key)
            .encryption_key(EncryptionKey::parse("only for tests").unwrap())
            .build();
        let key = DeployKey::from(&*self.deployment.deploy_key);
        let admin = admin.unwrap().main_client().with_deploy_key(&key);
        let args = json!({"table": table});
        admin.query("custom/peek:peek", &args).await.unwrap()
    }
}

fn service(main: &NodeDeployment, url: &str, max_age: Duration) -> Byod {
    builder(main, url, max_age).build().unwrap()
}

fn builder(main: &NodeDeployment, url: &str, max_age: Duration) -> ByodBuilder {
    Byod::builder()
        .main_url(url)
        .deploy_key(&*main.deploy_key)
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .tables(TABLES)
        .functions(FUNCTIONS)
        .mirror_max_age(max_age)
        .retries(0)
        .development(true)
}

fn address(deployment: &NodeDeployment) -> std::net::SocketAddr {
    let url = deployment.url();
    url.strip_prefix("http://").unwrap().parse().unwrap()
}
