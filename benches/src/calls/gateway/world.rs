//! Main, the deployment of one user, the gateway before both, and whoever calls.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use byod_local::{Local, LocalDeployment, Value, read_manifest};
use byod_runtime::{Byod, Credentials, EncryptionKey};
use byod_sync::Token;
use serde_json::{Value as Json, json};
use tokio::runtime::{Builder, Runtime};

use super::client::Failure;
use super::process::Process;

pub(super) const KEY: &str = "only for figures";

/// For how long tokens are good.
const VALID: Duration = Duration::from_secs(24 * 3600);

/// Where a user's notes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Main,
    Own,
}

impl Place {
    pub(super) const ALL: [Self; 2] = [Self::Main, Self::Own];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Own => "the user's own",
        }
    }
}

/// By what way a client's calls come to a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Direct,
    Gateway,
}

impl Way {
    pub(super) const ALL: [Self; 2] = [Self::Direct, Self::Gateway];
}

/// A user, with notes.
pub(super) struct User {
    pub(super) token: String,
    subject: String,
}

pub(super) struct World {
    pub(super) main: LocalDeployment,
    pub(super) own: LocalDeployment,
    pub(super) gateway: Process,
    /// Has connected `own`.
    pub(super) alice: User,
    /// Has connected none.
    pub(super) bob: User,
    /// Whose clients and deployments are in this process.
    pub(super) runtime: Runtime,
}

impl World {
    pub(super) fn start(program: &Path) -> Result<Self, Box<dyn Error>> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let manifest = read_manifest(byod_examples::MANIFEST)?;
        let main = runtime.block_on(Local::main(&manifest).start())?;
        let own = runtime.block_on(Local::user(&manifest).name("alice").start())?;
        let (alice, alices_id) = sign_up(&main, "alice")?;
        let (bob, _) = sign_up(&main, "bob")?;
        runtime.block_on(async {
            let byod = Byod::builder()
                .main_url(main.url())
                .deploy_key(main.deploy_key())
                .encryption_key(EncryptionKey::parse(KEY)?)
                .development(true)
                .build()?;
            let credentials = Credentials::new(own.url(), own.deploy_key());
            byod.connect(&*alices_id, "alice", &credentials).await
        })?;
        let environment = [
            ("CONVEX_URL", main.url()),
            ("CONVEX_DEPLOY_KEY", main.deploy_key()),
            ("BYOD_ENCRYPTION_KEY", KEY.to_owned()),
        ];
        let gateway = Process::start(program, &environment)?;
        Ok(Self {
            main,
            own,
            gateway,
            alice,
            bob,
            runtime,
        })
    }

    /// Somebody new, who has connected no deployment.
    pub(super) fn newcomer(&self, subject: &str) -> Result<User, Box<dyn Error>> {
        Ok(sign_up(&self.main, subject)?.0)
    }

    pub(super) fn user(&self, place: Place) -> &User {
        match place {
            Place::Main => &self.bob,
            Place::Own => &self.alice,
        }
    }

    fn deployment(&self, place: Place) -> &LocalDeployment {
        match place {
            Place::Main => &self.main,
            Place::Own => &self.own,
        }
    }

    /// Where a client of that user's has to go, and what it says of itself there.
    pub(super) fn entrance(&self, way: Way, place: Place, user: &User) -> (String, Token) {
        let token = Token::User(user.token.clone());
        match (way, place) {
            (Way::Gateway, _) => (self.gateway.url().to_owned(), token),
            (Way::Direct, Place::Main) => (self.main.url(), token),
            (Way::Direct, Place::Own) => {
                let key = self.own.deploy_key();
                let impersonating = None;
                (self.own.url(), Token::Admin { key, impersonating })
            }
        }
    }

    /// The arguments of a call: of a deployment of their own, a user's client has to say whose calls they are.
    pub(super) fn args(&self, way: Way, place: Place, user: &User, args: Json) -> Json {
        let mut args = args;
        if let (Way::Direct, Place::Own, Json::Object(args)) = (way, place, &mut args) {
            args.insert("userId".to_owned(), json!(user.subject));
        }
        args
    }

    /// The arguments of a mutation: what the gateway gives a user's deployment has to be given without it, too.
    pub(super) fn written(&self, way: Way, place: Place, args: Json, number: u32) -> Json {
        let mut args = args;
        if let (Way::Direct, Place::Own, Json::Object(args)) = (way, place, &mut args) {
            let key = format!("notes:update {} {number}", args["id"]);
            args.insert("idempotencyKey".to_owned(), json!(key));
            args.insert("updatedAt".to_owned(), json!(f64::from(number)));
        }
        args
    }

    /// A new note of the user's.
    pub(super) fn note(&self, place: Place, user: &User) -> Result<String, Box<dyn Error>> {
        let args = json!({"title": "none", "content": "a note".repeat(20)});
        let deployment = self.deployment(place);
        let id = match place {
            Place::Main => deployment.run_as(&*user.subject, "notes:create", args),
            Place::Own => {
                let mut args = args;
                args["userId"] = json!(user.subject);
                args["createdAt"] = json!(0.0);
                args["updatedAt"] = json!(0.0);
                deployment.run("notes:create", args)
            }
        }?;
        match id {
            Value::String(id) => Ok(id),
            other => Err(format!("`notes:create` gave {other:?}").into()),
        }
    }

    /// Gives a note another title, as if by another client of the user's.
    pub(super) fn change(
        &self,
        place: Place,
        user: &User,
        id: &str,
        title: &str,
    ) -> Result<(), Failure> {
        let deployment = self.deployment(place);
        let changed = match place {
            Place::Main => {
                let args = json!({"id": id, "title": title});
                deployment.run_as(&*user.subject, "notes:update", args)
            }
            Place::Own => {
                let args = json!({
                    "id": id, "title": title, "userId": user.subject, "updatedAt": 0.0,
                });
                deployment.run("notes:update", args)
            }
        };
        changed.map_err(|error| error.to_string())?;
        Ok(())
    }
}

fn sign_up(main: &LocalDeployment, subject: &str) -> Result<(User, String), Box<dyn Error>> {
    let account = json!({
        "subject": subject, "name": subject, "email": format!("{subject}@example.org"),
        "createdAt": 0.0, "updatedAt": 0.0,
    });
    let id = main.insert("users", account)?;
    let token = main.token_for(subject, VALID)?;
    let subject = subject.to_owned();
    Ok((User { token, subject }, id))
}
