//! `byod rotate-key` on a main deployment that a service uses all the time.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use byod_local::{Local, LocalDeployment, Object};
use byod_runtime::{
    Byod, ByodBuilder, ConnectionStatus, Credentials, EncryptionKey, Keyring, OpenedBy,
};
use byod_schema::{Manifest, Value};
use serde_json::Value as Json;

const FORMER: &str = "correct horse, battery staple";
const CURRENT: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn key(text: &str) -> EncryptionKey {
    EncryptionKey::parse(text).unwrap()
}

/// A main deployment with the table of records alone.
struct Main(LocalDeployment);

impl Main {
    async fn start() -> Self {
        let manifest: Manifest = serde_json::from_value(serde_json::json!({
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
        Self(Local::main(&manifest).start().await.unwrap())
    }

    fn service(&self, current: &str) -> ByodBuilder {
        Byod::builder()
            .main_url(self.0.url())
            .deploy_key(self.0.deploy_key())
            .encryption_key(key(current))
    }

    async fn users(&self, count: usize) {
        let service = self.service(FORMER).build().unwrap();
        for user in 0..count {
            save(&service, &user.to_string(), user).await;
        }
    }

    fn documents(&self) -> BTreeMap<String, Object> {
        let records = self.0.documents("userDatabaseConfig").into_iter();
        records
            .map(|record| (record.str("userId").unwrap().to_owned(), record))
            .collect()
    }

    fn byod(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byod"));
        command
            .arg("rotate-key")
            .args(args)
            .env("CONVEX_URL", self.0.url())
            .env("CONVEX_DEPLOY_KEY", self.0.deploy_key())
            .env("BYOD_ENCRYPTION_KEY", CURRENT)
            .env(
                "BYOD_FORMER_ENCRYPTION_KEYS",
                serde_json::json!([FORMER]).to_string(),
            );
        command
    }

    async fn run(&self, args: &[&str]) -> (Option<i32>, Json) {
        let mut command = self.byod(args);
        command.arg("--json");
        let output = finished(command).await;
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        (output.status.code(), report)
    }

    /// How many records the current key alone opens.
    fn current(&self) -> usize {
        let keys = Keyring::new(key(CURRENT));
        let records = self.documents().into_iter();
        records
            .filter(|(user, record)| keys.open(&user.as_str().into(), &sealed(record)).is_ok())
            .count()
    }
}

/// Runs the command without holding up the deployment, which is in this process.
async fn finished(mut command: Command) -> Output {
    let run = move || command.output().unwrap();
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn credentials(user: usize) -> Credentials {
    Credentials {
        deployment_url: format!("https://deployment-{user}.convex.cloud"),
        deploy_key: format!("prod:deployment-{user}|geheim").into(),
    }
}

async fn save(service: &Byod, user: &str, number: usize) {
    let credentials = credentials(number);
    let saved = service.save_credentials(user, &credentials, ConnectionStatus::Connected);
    saved.await.unwrap();
}

fn sealed(record: &Object) -> byod_runtime::SealedCredentials {
    let record = serde_json::to_value(Value::from(record.clone())).unwrap();
    serde_json::from_value(record).unwrap()
}

/// A service reads every user's credentials, round and round; how many it read,
/// once `over` says so.
async fn read_all_the_time(service: Byod, users: usize, over: Arc<AtomicBool>) -> usize {
    let reads = AtomicUsize::new(0);
    for user in (0..users).cycle() {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let found = service.user_credentials(user.to_string()).await;
        let found = found.unwrap().unwrap();
        let expected = credentials(user);
        assert_eq!(found.deployment_url, expected.deployment_url);
        assert_eq!(
            found.deploy_key.expose_secret(),
            expected.deploy_key.expose_secret()
        );
        reads.fetch_add(1, Ordering::Relaxed);
    }
    reads.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_is_gone_on_with_while_a_service_reads() {
    const USERS: usize = 400;
    let main = Main::start().await;
    main.users(USERS).await;
    let before = main.documents();
    let over = Arc::new(AtomicBool::new(false));
    let service = main.service(CURRENT).former_encryption_key(key(FORMER));
    let reading = read_all_the_time(service.build().unwrap(), USERS, over.clone());
    let reading = tokio::spawn(reading);

    // Killed as soon as it says that it has begun.
    let mut child = main
        .byod(&["--batch", "10"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = child.stderr.take().unwrap();
    let (line, mut child) = tokio::task::spawn_blocking(move || {
        let line = BufReader::new(said).lines().next().unwrap().unwrap();
        child.kill().unwrap();
        (line, child)
    })
    .await
    .unwrap();
    child.wait().unwrap();
    assert_eq!(line, "10 of 400 records sealed anew");
    let current = main.current();
    assert!((10..USERS).contains(&current), "{current} records");

    let (status, report) = main.run(&["--check"]).await;
    assert_eq!(status, Some(1), "there is something to do");
    assert_eq!(report["toReseal"], USERS - current);
    assert_eq!(main.current(), current, "nothing is written");

    let (status, report) = main.run(&[]).await;
    assert_eq!(status, Some(0), "{report}");
    assert_eq!(report["records"], USERS);
    assert_eq!(report["resealed"], USERS - current);
    assert_eq!(report["upToDate"], current);
    assert_eq!(main.current(), USERS);

    over.store(true, Ordering::Relaxed);
    let reads = reading.await.unwrap();
    assert!(reads > USERS, "{reads} reads");
    // Nothing else of any record has changed.
    for (user, record) in main.documents() {
        let kept = |record: &Object| {
            let sealed = [
                "encryptedDeploymentUrl",
                "encryptedDeployKey",
                "encryptionIV",
                "authTags",
            ];
            let kept = record.iter().filter(|(name, _)| !sealed.contains(name));
            Value::from_iter(kept.map(|(name, value)| (name, value.clone())))
        };
        assert_eq!(kept(&record), kept(&before[&user]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_key_opens_is_named_and_left_alone() {
    let main = Main::start().await;
    main.users(3).await;
    let stranger = main.service("a third key").build().unwrap();
    save(&stranger, "lost", 9).await;
    let broken = main.documents()["1"].clone();
    let text = broken.str("encryptedDeployKey").unwrap();
    let cut = text[2..].to_owned();
    let changes = serde_json::json!({
        "configId": broken.id(), "encryptedDeployKey": cut, "updatedAt": 1,
    });
    main.0
        .run("byod/credentials:updateConfig", changes)
        .unwrap();
    let before = main.documents();

    let (status, report) = main.run(&[]).await;
    assert_eq!(status, Some(1));
    assert_eq!(report["resealed"], 2);
    let unopened = report["unopened"].as_array().unwrap();
    let named: BTreeMap<_, _> = unopened
        .iter()
        .map(|record| {
            (
                record["userId"].as_str().unwrap(),
                record["field"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("1", "encryptedDeployKey"),
        ("lost", "encryptedDeploymentUrl"),
    ];
    assert_eq!(named, BTreeMap::from(expected));
    let after = main.documents();
    for user in ["1", "lost"] {
        assert_eq!(after[user], before[user]);
    }

    let output = finished(main.byod(&[])).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("\"lost\": `encryptedDeploymentUrl` can't be"),
        "{text}"
    );
    assert!(!text.contains("geheim") && !text.contains(FORMER), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_can_be_bound_to_their_users() {
    let main = Main::start().await;
    main.users(3).await;
    let (status, report) = main.run(&["--bind"]).await;
    assert_eq!((status, &report["resealed"]), (Some(0), &3.into()));
    let strict = || {
        let service = main.service(CURRENT).require_bound_records(true);
        service.build().unwrap()
    };
    let found = strict().user_credentials("1").await.unwrap().unwrap();
    assert_eq!(found.deployment_url, credentials(1).deployment_url);
    // Once bound, a record stays so, whoever seals it anew.
    let (_, report) = main.run(&[]).await;
    assert_eq!(report["upToDate"], 3);
    let opened = |user: &str| {
        let keys = Keyring::new(key(CURRENT));
        keys.open(&user.into(), &sealed(&main.documents()[user]))
            .unwrap()
    };
    assert!(opened("1").is_bound);
    assert_eq!(opened("1").key, OpenedBy::Current);

    // Another user's record in the place of one's own.
    let other = sealed(&main.documents()["2"]);
    let mut changes = serde_json::to_value(other).unwrap();
    changes["configId"] = main.documents()["1"].id().unwrap().into();
    changes["updatedAt"] = 1.into();
    main.0
        .run("byod/credentials:updateConfig", changes)
        .unwrap();
    for service in [strict(), main.service(CURRENT).build().unwrap()] {
        let error = service.user_credentials("1").await.unwrap_err();
        assert_eq!(error.kind(), "credentials");
    }
    let (status, report) = main.run(&[]).await;
    assert_eq!(
        (status, &report["unopened"][0]["userId"]),
        (Some(1), &"1".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_variable_or_function_is_said_with_what_to_do() {
    let main = Main::start().await;
    main.users(1).await;
    let error = |output: Output| {
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let mut command = main.byod(&[]);
    command.env_remove("BYOD_ENCRYPTION_KEY");
    let text = error(finished(command).await);
    assert!(text.contains("BYOD_ENCRYPTION_KEY is not set"), "{text}");
    let text = error(finished(main.byod(&["--module", "byod/own"])).await);
    assert!(
        text.contains("`byod/own:listConfigs`") && text.contains("byod export --main"),
        "{text}"
    );
    let mut command = main.byod(&[]);
    command.env("CONVEX_URL", "http://localhost:1");
    let text = error(finished(command).await);
    assert!(text.contains("run this again"), "{text}");
}
