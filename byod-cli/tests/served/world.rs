//! Main and users' deployments with their real functions, each over HTTP, and the service
//! that connects users.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use byod_runtime::{Byod, Client, Credentials, DeployKey, EncryptionKey, Error, Value};
use serde_json::{Value as Json, json};

use crate::support::{self, Project};

pub(crate) const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// What is set on main, as `npx convex env set` does it.
pub(crate) type Environment = BTreeMap<&'static str, &'static str>;

/// As it ought to be, for deployments on this machine.
pub(crate) fn environment() -> Environment {
    [
        ("BYOD_ENCRYPTION_KEY", KEY),
        ("BYOD_DEVELOPMENT", "1"),
        ("BYOD_CALL_SECONDS", "2"),
    ]
    .into()
}

pub(crate) struct World {
    pub(crate) byod: Byod,
    pub(crate) main: Deployed,
    project: Project,
    node: Mutex<Node>,
}

pub(crate) struct Deployed {
    pub(crate) url: String,
    pub(crate) deploy_key: String,
}

/// Somebody with an account.
pub(crate) struct User {
    /// On main.
    pub(crate) id: String,
    pub(crate) subject: String,
    /// Main, called by them.
    pub(crate) main: Client,
    pub(crate) token: String,
}

struct Node {
    _child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The app, with what `byod` writes for both sides: first for main as it was, then what is
/// to do is done.
pub(crate) fn exported() -> Project {
    let project = Project::of("served");
    let run = |args: &[&str]| {
        let answer = project.byod(args);
        assert_eq!(answer.status, 0, "{}{}", answer.stdout, answer.stderr);
    };
    let done = ["schema", "assistant", "files", "summaries", "http"].map(|module| {
        let path = format!("convex/{module}.ts");
        let text = project.read(&path);
        let before = text
            .replace("./byod/server", "./_generated/server")
            .replace("import { byodTables } from \"./byod/tables\";\n", "")
            .replace("import { byodOutboxTables } from \"./byod/applied\";\n", "")
            .replace("  ...byodTables,\n", "")
            .replace("  ...byodOutboxTables,\n", "");
        project.write(&path, &before);
        (path, text)
    });
    run(&["export", "--main"]);
    for (path, text) in done.iter().filter(|(path, _)| !path.ends_with("schema.ts")) {
        project.write(path, text);
    }
    // What has actions run is known once they are made so.
    run(&["export", "--main"]);
    for (path, text) in done {
        project.write(&path, &text);
    }
    run(&["export"]);
    project
}

impl World {
    /// `None` where the tests that need Node are left out.
    pub(crate) fn start() -> Option<Self> {
        Self::with(&environment())
    }

    pub(crate) fn with(environment: &Environment) -> Option<Self> {
        let folder = support::installed("../tests/node")?;
        let project = exported();
        let mut child = Command::new("node")
            .arg("serve.mjs")
            .current_dir(folder)
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut node = Node {
            commands: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            _child: child,
        };
        let main = node.deploy(&project.root.join("convex"), "main");
        let byod = Byod::builder()
            .main_url(&*main.url)
            .deploy_key(&*main.deploy_key)
            .encryption_key(EncryptionKey::parse(KEY).unwrap())
            .development(true)
            .build()
            .unwrap();
        Some(Self {
            byod,
            main,
            project,
            node: Mutex::new(node),
        })
    }

    fn node(&self) -> std::sync::MutexGuard<'_, Node> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A fresh deployment of the users' project.
    pub(crate) fn deploy(&self, name: &str) -> Deployed {
        self.node()
            .deploy(&self.project.root.join("user/convex"), name)
    }

    pub(crate) async fn user(&self, subject: &str) -> User {
        let args = json!({"subject": subject});
        let admin = self.main.admin();
        let id: String = admin.mutation("users:upsert", &args).await.unwrap();
        let answer = self.node().command(&json!({"token": {"sub": subject}}));
        let token = answer["token"].as_str().unwrap().to_owned();
        User {
            id,
            subject: subject.to_owned(),
            main: Client::new(&self.main.url).unwrap().with_token(&*token),
            token,
        }
    }

    /// What main's HTTP action answers who sends that token: a status and a body.
    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> (u16, String) {
        let address = self.main.url.strip_prefix("http://").unwrap().to_owned();
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let request = format!(
            "GET /http{path} HTTP/1.0\r\nHost: {address}\r\n{}\r\n",
            token.unwrap_or_default()
        );
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        let answer = answer.await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    pub(crate) async fn connect(&self, user: &User, deployed: &Deployed) {
        let credentials = deployed.credentials();
        let test = self
            .byod
            .connect(&*user.id, &*user.subject, &credentials)
            .await
            .unwrap();
        assert!(test.problem.is_none(), "{test:?}");
    }

    /// Stores credentials as they are, whatever is there, and whatever they name.
    pub(crate) async fn save(&self, user: &User, url: &str, key: &str) {
        let sealed = EncryptionKey::parse(KEY).unwrap();
        let sealed = sealed.seal(&Credentials::new(url, key)).unwrap();
        let mut record = serde_json::to_value(sealed).unwrap();
        for (field, value) in [
            ("userId", json!(user.id)),
            ("connectionStatus", json!("connected")),
            ("schemaVersion", json!(1)),
            ("createdAt", json!(1)),
            ("updatedAt", json!(1)),
        ] {
            record[field] = value;
        }
        let admin = self.main.admin();
        let path = "byod/credentials:createConfig";
        admin.mutation::<String>(path, &record).await.unwrap();
    }

    /// Main's record of the user.
    pub(crate) async fn record(&self, user: &User) -> Json {
        let args = json!({"userId": user.id});
        let admin = self.main.admin();
        let path = "byod/credentials:getConfigInternal";
        admin.query(path, &args).await.unwrap()
    }
}

impl Node {
    fn command(&mut self, command: &Json) -> Json {
        writeln!(self.commands, "{command}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Json = serde_json::from_str(&line).unwrap();
        assert_eq!(answer["error"], Json::Null, "{command}");
        answer
    }

    fn deploy(&mut self, project: &Path, name: &str) -> Deployed {
        let deploy_key = format!("prod:{name}|only-for-tests-{name}");
        let start = json!({"project": project, "name": name, "deployKey": deploy_key});
        let answer = self.command(&json!({"start": start}));
        Deployed {
            url: format!("http://127.0.0.1:{}", answer["port"]),
            deploy_key,
        }
    }
}

impl Deployed {
    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::new(&*self.url, &*self.deploy_key)
    }

    pub(crate) fn admin(&self) -> Client {
        let key = DeployKey::from(&*self.deploy_key);
        Client::new(&self.url).unwrap().with_deploy_key(&key)
    }

    /// Writes a note there for the subject.
    pub(crate) async fn note(&self, subject: &str, text: &str) -> String {
        let args = json!({"userId": subject, "text": text});
        self.admin().mutation("notes:add", &args).await.unwrap()
    }

    pub(crate) async fn notes(&self, subject: &str) -> Vec<String> {
        let args = json!({"userId": subject});
        self.admin().query("notes:list", &args).await.unwrap()
    }
}

impl User {
    pub(crate) async fn action(&self, path: &str, args: Json) -> Result<Json, Error> {
        self.main.action(path, &args).await
    }

    /// The user's notes on main.
    pub(crate) async fn notes(&self) -> Vec<String> {
        self.main.query("notes:list", &json!({})).await.unwrap()
    }

    pub(crate) async fn note(&self, text: &str) -> String {
        let args = json!({"text": text});
        self.main.mutation("notes:add", &args).await.unwrap()
    }
}

/// The `code` of what a function threw, and its message.
pub(crate) fn refused(result: Result<Json, Error>) -> (String, String) {
    let error = result.unwrap_err();
    let Error::Function { data, .. } = &error else {
        panic!("{error:?}");
    };
    let data = data.as_ref().map(|data| data.value());
    let Some(Ok(Value::Object(data))) = data else {
        return (String::new(), error.to_string());
    };
    let text = |name| match data.get(name) {
        Some(Value::String(text)) => text.clone(),
        other => panic!("{other:?}"),
    };
    (text("code"), text("message"))
}

/// Until it holds, for what is scheduled runs by itself.
pub(crate) async fn until<T: PartialEq + std::fmt::Debug>(
    wanted: T,
    mut ask: impl AsyncFnMut() -> T,
) {
    let mut last = None;
    for _ in 0..100 {
        let found = ask().await;
        if found == wanted {
            return;
        }
        last = Some(found);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{last:?} instead of {wanted:?}");
}
