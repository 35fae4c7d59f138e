//! The example service on a main and a user deployment that run its real
//! TypeScript: by `convex-test` in Node, or, where the environment names them,
//! deployments of Convex itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use byod_runtime::{
    Byod, ByodBuilder, Client, ConnectionStatus, Credentials, DeployKey, EncryptionKey, Session,
};
use serde_json::{Value, json};

use super::node::{Node, NodeDeployment};

/// What a test needs: both deployments, and a service in front of them. In Node
/// both are fresh; live ones keep what was there, so every user is new.
pub struct World {
    pub byod: Byod,
    pub main: Deployed,
    /// Runs the user's project.
    pub users: Deployed,
    node: &'static Node,
}

/// A deployment and its key.
pub struct Deployed {
    pub url: String,
    pub deploy_key: String,
    client: Client,
    _node: Option<NodeDeployment>,
}

/// Somebody with an account.
pub struct User {
    /// In main.
    pub id: String,
    pub subject: String,
    pub token: String,
    pub session: Session,
}

impl World {
    /// The users' deployment is that of whoever connects it first. `None` where the
    /// tests that need Node are left out.
    pub fn start() -> Option<Self> {
        Self::with(|node| node.deploy("examples/byod/convex", "users"))
    }

    /// The same, with a users' deployment that several may connect.
    pub fn shared() -> Option<Self> {
        Self::with(|node| node.deploy_shared("users"))
    }

    fn with(users: fn(&'static Node) -> NodeDeployment) -> Option<Self> {
        // Also signs the tokens for live deployments.
        let node = Node::get()?;
        let main = Deployed::live("MAIN")
            .unwrap_or_else(|| Deployed::in_node(node.deploy("examples/convex", "main")));
        let users = Deployed::live("USER").unwrap_or_else(|| Deployed::in_node(users(node)));
        let mut byod = builder(&main.url, &main.deploy_key).development(true);
        // A live one may be self-hosted.
        if let Some(host) = users.url.strip_prefix("https://") {
            byod = byod.allow_host(host.trim_end_matches('/'));
        }
        let byod = byod.build().unwrap();
        Some(Self {
            byod,
            main,
            users,
            node,
        })
    }

    /// A new account, made as the auth provider's webhook makes it.
    pub async fn user(&self, name: &str) -> User {
        let subject = unique(name);
        let profile = json!({
            "subject": subject, "name": name, "email": format!("{subject}@example.org"),
        });
        let id: String = self
            .main_admin()
            .mutation("users:upsert", &profile)
            .await
            .unwrap();
        let token = self.token(&json!({"sub": subject}));
        User {
            session: self.byod.session(&*id, &*subject).with_token(&*token),
            id,
            subject,
            token,
        }
    }

    /// A new account that has connected the users' deployment.
    pub async fn connected_user(&self, name: &str) -> User {
        let user = self.user(name).await;
        self.save(&user, ConnectionStatus::Connected).await;
        self.claim(&user).await;
        user
    }

    /// Makes the users' deployment theirs, as connecting it does: what is said of it.
    pub async fn claim(&self, user: &User) -> String {
        let args = json!({"subject": user.subject, "user": user.id});
        let claimed = self.users.admin();
        claimed.mutation("byod/claim:claim", &args).await.unwrap()
    }

    /// Whether the users' deployment is a real one, which several users share.
    pub fn is_live(&self) -> bool {
        self.users._node.is_none()
    }

    /// Stores the credentials of the users' deployment for this user.
    pub async fn save(&self, user: &User, status: ConnectionStatus) {
        let credentials = Credentials {
            deployment_url: self.users.url.clone(),
            deploy_key: self.users.deploy_key.as_str().into(),
        };
        let saved = self.byod.save_credentials(&*user.id, &credentials, status);
        saved.await.unwrap();
    }

    /// A token of the tests' auth provider with these claims.
    pub fn token(&self, claims: &Value) -> String {
        self.node.token(claims)
    }

    /// Main, called by its admin.
    pub fn main_admin(&self) -> Client {
        self.main.admin()
    }
}

impl Deployed {
    fn new(url: String, deploy_key: String, node: Option<NodeDeployment>) -> Self {
        // Connections belong to the test: `Client::new` would keep them for the
        // next one, whose runtime is another.
        let byod = builder(&url, &deploy_key).build().unwrap();
        Self {
            client: byod.main_client().clone(),
            url,
            deploy_key,
            _node: node,
        }
    }

    fn in_node(node: NodeDeployment) -> Self {
        Self::new(node.url(), node.deploy_key.clone(), Some(node))
    }

    /// What `BYOD_LIVE_<role>_URL` and `BYOD_LIVE_<role>_KEY` name.
    fn live(role: &str) -> Option<Self> {
        let variable = |name: &str| {
            let name = format!("BYOD_LIVE_{role}_{name}");
            let value = std::env::var(&name).ok().filter(|value| !value.is_empty());
            (name, value)
        };
        match (variable("URL"), variable("KEY")) {
            ((_, None), (_, None)) => None,
            ((_, Some(url)), (_, Some(deploy_key))) => Some(Self::new(url, deploy_key, None)),
            ((missing, None), (given, _)) | ((given, _), (missing, None)) => {
                panic!("{given} is set, and {missing} is not: set both, or neither")
            }
        }
    }

    /// Without authorization.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Called by its admin.
    pub fn admin(&self) -> Client {
        self.client
            .with_deploy_key(&DeployKey::from(&*self.deploy_key))
    }
}

fn builder(main_url: &str, deploy_key: &str) -> ByodBuilder {
    Byod::builder()
        .main_url(main_url)
        .deploy_key(deploy_key)
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .tables(byod_examples::TABLES)
}

/// The name with something that no other user has, also not of an earlier run.
fn unique(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    format!("{name}-{}-{count}", now.as_nanos())
}
