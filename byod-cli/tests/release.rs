//! `byod release` on real deployments: of the user's record, and of one that no record
//! names.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use byod_local::{Local, LocalDeployment};
use byod_runtime::{Byod, Credentials, EncryptionKey};
use serde_json::{Value as Json, json};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const USER: &str = "u1";

/// Main, the deployment that the user had, and the one that they have.
struct World {
    main: LocalDeployment,
    former: LocalDeployment,
    present: LocalDeployment,
}

/// With which key, and how it is said.
enum Said<'a> {
    Environment(&'a str),
    Input(&'a str),
}

impl World {
    /// The user has moved from one to the other.
    async fn start() -> Self {
        let manifest = serde_json::from_value(json!({
            "format": 1,
            "main": {
                "convex": "convex",
                "schema": {"tables": [], "schemaValidation": true},
                "functions": {},
                "warnings": [],
            },
            "userTables": [],
            "inject": {},
        }))
        .unwrap();
        let main = Local::main(&manifest).start().await.unwrap();
        let user = |name| Local::user(&manifest).name(name).start();
        let (former, present) = (user("former").await.unwrap(), user("new").await.unwrap());
        let service = Byod::builder()
            .main_url(main.url())
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse(KEY).unwrap())
            .development(true)
            .build()
            .unwrap();
        let of = |local: &LocalDeployment| Credentials::new(local.url(), local.deploy_key());
        service.connect(USER, "alice", &of(&former)).await.unwrap();
        let new = of(&present);
        let moved = service.rotate_credentials(USER, "alice", &new);
        moved.await.map(drop).unwrap();
        Self {
            main,
            former,
            present,
        }
    }

    fn claims(&self) -> (usize, usize) {
        let count = |local: &LocalDeployment| local.count("byodOwner");
        (count(&self.former), count(&self.present))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byod"));
        command
            .args(["release", "--development", "--json"])
            .args(args)
            .env("CONVEX_URL", self.main.url())
            .env("CONVEX_DEPLOY_KEY", self.main.deploy_key())
            .env("BYOD_ENCRYPTION_KEY", KEY)
            .env_remove("BYOD_USER_DEPLOY_KEY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    async fn release(&self, user: &str, said: Said<'_>) -> Output {
        let url = self.former.url();
        let mut command = self.command(&[user, "--deployment", &url]);
        let input = match said {
            Said::Environment(key) => {
                command.env("BYOD_USER_DEPLOY_KEY", key);
                String::new()
            }
            Said::Input(text) => text.to_owned(),
        };
        finished(command, input).await
    }
}

/// Runs the command without holding up the deployments, which are in this process.
async fn finished(mut command: Command, input: String) -> Output {
    let run = move || {
        command.stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Nobody may be there to read it.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn outcome(output: &Output) -> Json {
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    report["released"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deployment_of_the_record_is_given_up() {
    let world = World::start().await;
    assert_eq!(world.claims(), (1, 1));
    let output = finished(world.command(&[USER]), String::new()).await;
    assert_eq!(
        (output.status.code(), outcome(&output)),
        (Some(0), "released".into())
    );
    assert_eq!(world.claims(), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_the_record_no_longer_names_is_given_up() {
    let world = World::start().await;
    let key = world.former.deploy_key().to_owned();
    let others = world.release("u2", Said::Environment(&key)).await;
    assert_eq!(
        (others.status.code(), outcome(&others)),
        (Some(1), "somebodyElses".into())
    );
    let output = world.release(USER, Said::Environment(&key)).await;
    assert_eq!(
        (output.status.code(), outcome(&output)),
        (Some(0), "released".into())
    );
    assert_eq!(world.claims(), (0, 1), "the other stays the user's");
    let again = world.release(USER, Said::Input(&format!("{key}\n"))).await;
    assert_eq!(
        (again.status.code(), outcome(&again)),
        (Some(0), "unclaimed".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_or_wrong_is_an_error_that_does_not_say_it() {
    let world = World::start().await;
    let missing = world.release(USER, Said::Input("\n")).await;
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert_eq!(missing.status.code(), Some(2));
    assert!(said.contains("BYOD_USER_DEPLOY_KEY"), "{said}");
    let wrong = world.release(USER, Said::Input("local:x|geheim\n")).await;
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(!said.contains("geheim"), "{said}");
    assert_eq!(world.claims(), (1, 1));
}
