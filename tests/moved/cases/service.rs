//! Main and the deployments of two users, which run their real functions, and a service
//! in front of them.

use std::time::Duration;

use byod_moved_tests::{FUNCTIONS, TABLES};
use byod_runtime::{
    Byod, ByodBuilder, ConnectionStatus, Credentials, DeployKey, EncryptionKey, Error, Session,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::node::{Node, NodeDeployment};
use crate::proxy::Proxy;

/// By which records are sealed.
pub(crate) const KEY: &str = "only for tests";

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
    pub(crate) deployment: NodeDeployment,
    /// In front of that.
    pub(crate) proxy: Proxy,
}

impl World {
    /// `None` where the tests that need Node are left out.
    pub(crate) async fn start() -> Option<Self> {
        let node = Node::get()?;
        let main = node.deploy("tests/moved/convex", "main");
        let proxy = Proxy::start(address(&main)).await;
        Some(Self {
            byod: service(&proxy.url, &main.deploy_key),
            node,
            main,
            proxy,
        })
    }

    /// Another process of the service.
    pub(crate) fn another(&self) -> Byod {
        service(&self.proxy.url, &self.main.deploy_key)
    }

    pub(crate) fn builder(&self) -> ByodBuilder {
        builder(&self.proxy.url, &self.main.deploy_key)
    }

    /// One that takes no more than this to main.
    pub(crate) fn strict(&self, documents: u64, bytes: u64) -> Byod {
        let builder = self.builder();
        builder.most_moved_out(documents, bytes).build().unwrap()
    }

    pub(crate) async fn user(&self, subject: &str) -> User {
        let profile = json!({"subject": subject});
        let id: String = self.on_main("users:register", &profile).await;
        let deployment = self.node.deploy("tests/moved/byod/convex", subject);
        let proxy = Proxy::start(address(&deployment)).await;
        User {
            session: self.session(&self.byod, &id, subject),
            id,
            subject: subject.to_owned(),
            deployment,
            proxy,
        }
    }

    /// As if the time had passed for which another process has said that it sees to it.
    pub(crate) async fn lease_ends(&self, user: &str) {
        let args = json!({"user": user});
        let _: Option<()> = self.on_main("peek:leaseEnds", &args).await;
    }

    /// Until nothing is written of what the user has.
    pub(crate) async fn frozen(&self, user: &str) {
        while !self.is_frozen(&self.byod, user).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn is_frozen(&self, byod: &Byod, user: &str) -> bool {
        let status = byod.status(user).await.unwrap();
        let moving = status.record.and_then(|record| record.moving);
        moving.is_some_and(|moving| moving.frozen)
    }

    pub(crate) fn main_key(&self) -> &str {
        &self.main.deploy_key
    }

    pub(crate) fn session(&self, byod: &Byod, id: &str, subject: &str) -> Session {
        let token = self.node.token(&json!({"sub": subject}));
        byod.session(id, subject).with_token(&*token)
    }

    /// A function of main, called past the service.
    pub(crate) async fn on_main<T: DeserializeOwned>(&self, path: &str, args: &Value) -> T {
        self.try_on_main(path, args).await.unwrap()
    }

    /// The same, where it may be refused.
    pub(crate) async fn try_on_main<T: DeserializeOwned>(
        &self,
        path: &str,
        args: &Value,
    ) -> Result<T, Error> {
        let key = DeployKey::from(&*self.main.deploy_key);
        let admin = Byod::builder()
            .main_url(self.main.url())
            .deploy_key(&*self.main.deploy_key)
            .encryption_key(EncryptionKey::parse(KEY).unwrap())
            .build();
        let admin = admin.unwrap().main_client().with_deploy_key(&key);
        admin.function(path, args).await
    }
}

impl User {
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials {
            deployment_url: self.proxy.url.clone(),
            deploy_key: self.deployment.deploy_key.as_str().into(),
        }
    }

    /// Connects their deployment, which answers from then on.
    pub(crate) async fn connect(&self, byod: &Byod) {
        let credentials = self.credentials();
        let connected = byod.connect(&*self.id, &*self.subject, &credentials);
        assert_eq!(connected.await.unwrap().problem, None);
    }

    /// Stores what their deployment is called with: main answers as before.
    pub(crate) async fn prepare(&self, byod: &Byod) {
        let status = ConnectionStatus::Pending;
        let credentials = self.credentials();
        let saved = byod.save_credentials(&*self.id, &credentials, status);
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

    /// A function of the user's deployment, called past the service.
    pub(crate) async fn there<T: DeserializeOwned>(&self, path: &str, args: &Value) -> T {
        let key = DeployKey::from(&*self.deployment.deploy_key);
        let admin = Byod::builder()
            .main_url(self.deployment.url())
            .deploy_key(&*self.deployment.deploy_key)
            .encryption_key(EncryptionKey::parse(KEY).unwrap())
            .build();
        let admin = admin.unwrap().main_client().with_deploy_key(&key);
        admin.function(path, args).await.unwrap()
    }
}

pub(crate) fn service(url: &str, deploy_key: &str) -> Byod {
    builder(url, deploy_key).build().unwrap()
}

fn builder(url: &str, deploy_key: &str) -> ByodBuilder {
    Byod::builder()
        .main_url(url)
        .deploy_key(deploy_key)
        .encryption_key(EncryptionKey::parse(KEY).unwrap())
        .tables(TABLES)
        .functions(FUNCTIONS)
        .cache_ttl(Duration::from_millis(500))
        .timeout(Duration::from_secs(2))
        .development(true)
}

pub(crate) fn address(deployment: &NodeDeployment) -> std::net::SocketAddr {
    let url = deployment.url();
    url.strip_prefix("http://").unwrap().parse().unwrap()
}
