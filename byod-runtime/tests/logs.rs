//! Everything that any crate logs, and every error's text, over a run in which
//! most things fail, searched for every secret in every usual form.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "logs/captured.rs"]
mod captured;
#[path = "logs/echo.rs"]
mod echo;
#[path = "logs/forms.rs"]
mod forms;
#[allow(dead_code, reason = "this test program uses a part of it")]
#[path = "support/way.rs"]
mod way;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use byod_runtime::{
    Bundle, Byod, ByodBuilder, Client, ConnectionStatus, Credentials, DeployKey, Deployed,
    EncryptionKey, Error, FunctionInfo, FunctionType, Keyring, Location, Query, Runs, TableInfo,
    Token, Value,
};
use serde_json::json;

use echo::Echo;
use forms::Secret;
use way::Way;

const MAIN_KEY: &str = "prod:happy-animal-123|bWFpbi1nZWhlaW0tbWFpbg";
const USER_KEY: &str = "prod:calm-lion-456|dXNlci1nZWhlaW0tdXNlcg";
const NEW_KEY: &str = "prod:calm-lion-456|bmV3LWdlaGVpbS1uZXctZ2VoZWlt";
const WRONG_KEY: &str = "prod:calm-lion-456|d3JvbmctZ2VoZWltLXdyb25n";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLWdlaGVpbQ";
const ENCRYPTION_KEY: &str = "8f0e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0";
const FORMER: &str = "former pass phrase: geheim";
const ENVIRONMENT: &str = "c2stZW52aXJvbm1lbnQtZ2VoZWlt";

fn secrets() -> Vec<Secret> {
    let after = |key: &'static str| key.split_once('|').unwrap().1;
    vec![
        Secret::text("main's deploy key", MAIN_KEY),
        Secret::text("main's deploy key after the |", after(MAIN_KEY)),
        Secret::text("a user's deploy key", USER_KEY),
        Secret::text("a user's deploy key after the |", after(USER_KEY)),
        Secret::text("the deploy key after it", after(NEW_KEY)),
        Secret::text("a deploy key that is refused", after(WRONG_KEY)),
        Secret::text(
            "an environment variable of a user's deployment",
            ENVIRONMENT,
        ),
        Secret::text("a user's token", TOKEN),
        Secret::text("the token's signature", TOKEN.rsplit_once('.').unwrap().1),
        Secret::text("the encryption key as it was given", ENCRYPTION_KEY),
        Secret::bytes("the encryption key", hex::decode(ENCRYPTION_KEY).unwrap()),
        Secret::text("the former pass phrase", FORMER),
        Secret::bytes("the key of the former pass phrase", sha256(FORMER)),
    ]
}

fn sha256(text: &str) -> Vec<u8> {
    use sha2::Digest;
    sha2::Sha256::digest(text).to_vec()
}

const TABLES: &[TableInfo] = &[TableInfo {
    name: "notes",
    location: Location::User,
}];

/// Notes every text that an error has.
fn note(error: &Error) {
    captured::note(&format!("{error}\n{error:?}\n{error:#?}\n{}", error.kind()));
    captured::note(&format!("{:?}", error.function_data::<Value>()));
    if let Some(call) = error.call() {
        captured::note(&format!("{call} {call:?} {}", call.function_path()));
    }
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        captured::note(&format!("{error} {error:?} {error:#?}"));
        source = error.source();
    }
    // As it ends where nobody handles it.
    assert!(catch_unwind(|| handed_on(error).unwrap()).is_err());
}

fn handed_on(error: &Error) -> Result<(), Error> {
    Err(error.clone())
}

/// Notes the error of something that must fail.
fn failed<T: std::fmt::Debug>(result: Result<T, Error>) -> Error {
    let error = result.expect_err("it fails here");
    note(&error);
    error
}

fn shown(value: &impl std::fmt::Debug) {
    captured::note(&format!("{value:?} {value:#?}"));
    let panicked = catch_unwind(AssertUnwindSafe(|| panic!("unexpected: {value:?}")));
    assert!(panicked.is_err());
}

fn builder(main: &Echo, way: Way) -> ByodBuilder {
    let byod = Byod::builder()
        .main_url(&main.url)
        .deploy_key(MAIN_KEY)
        .encryption_key(EncryptionKey::parse(ENCRYPTION_KEY).unwrap())
        .former_encryption_key(EncryptionKey::parse(FORMER).unwrap())
        .tables(TABLES)
        .retries(1)
        .development(true)
        .recovery_pauses(Duration::from_millis(10), Duration::from_millis(50))
        .root_certificate(main.certificate.clone());
    way.set(byod)
}

/// What is called of a client, each failing in its own way.
const FAILING: [&str; 7] = [
    "fails:value",
    "fails:throws",
    "fails:refused",
    "fails:busy",
    "fails:html",
    "fails:garbage",
    "fails:cut",
];

async fn fail_in_every_way(client: &Client) {
    for path in FAILING {
        failed(client.query::<f64>(path, &json!({"a": 1})).await);
        failed(client.mutation::<f64>(path, &json!({})).await);
        failed(client.action::<f64>(path, &json!({})).await);
    }
    let batch = [("fails:value", json!({})), ("fails:throws", json!({}))];
    for result in client
        .query_batch::<f64>(&batch)
        .await
        .into_iter()
        .flatten()
    {
        failed(result);
    }
    let hurried = client.with_timeout(Duration::from_millis(50));
    failed(hurried.query::<f64>("fails:slow", &json!({})).await);
    shown(client);
}

async fn run(way: Way) {
    let (main, users) = (Echo::start().await, Echo::start().await);
    let setup = builder(&main, way).root_certificate(users.certificate.clone());
    shown(&setup);
    let byod = setup.build().unwrap();
    shown(&byod);
    let key = DeployKey::from(USER_KEY);
    for part in [MAIN_KEY, USER_KEY] {
        shown(&DeployKey::from(part));
    }
    shown(&Token::from(TOKEN));

    // Connected, with a key that is refused first.
    let refused = byod
        .connect("alice", "alice", &Credentials::new(&users.url, WRONG_KEY))
        .await
        .unwrap();
    assert_eq!(refused.status, ConnectionStatus::Error);
    shown(&refused);
    shown(&byod.status("alice").await.unwrap());
    let watched = byod.watch_status("alice");
    let test = byod
        .connect("alice", "alice", &Credentials::new(&users.url, USER_KEY))
        .await
        .unwrap();
    assert_eq!(test.status, ConnectionStatus::Connected, "{test:?}");
    shown(&*watched.borrow());
    let session = byod.session("alice", "subject").with_token(TOKEN);
    shown(&session);
    let record = byod.user_record("alice").await.unwrap().unwrap();
    shown(&record);
    let opened = byod.open_record(&record).unwrap();
    assert_eq!(opened.credentials.deploy_key.expose_secret(), USER_KEY);
    shown(&opened);

    // Every failure of a call: at main with the token, at main as its admin, acting
    // as a user, at the user's deployment with their key.
    let user = byod
        .client_for_table("notes", "alice", FunctionType::Query)
        .await
        .unwrap();
    let admin = byod.main_client().with_deploy_key(&MAIN_KEY.into());
    for client in [
        byod.main_client().with_token(TOKEN),
        admin.clone(),
        admin.acting_as(&MAIN_KEY.into(), &json!({"subject": "alice"})),
        user.client.clone(),
    ] {
        fail_in_every_way(&client).await;
    }
    for path in FAILING {
        let info: &'static FunctionInfo = Box::leak(Box::new(FunctionInfo {
            table: "notes",
            kind: FunctionType::Query,
            runs: Runs::User,
            switches: &["notes"],
            path,
            head: Box::leak(
                format!(r#"{{"path":"{path}","format":"convex_encoded_json","args":"#)
                    .into_boxed_str(),
            ),
            inject: &[],
            mirror: &[],
            outbox: false,
            schema_version: 0,
            takes: &[],
        }));
        failed(Query::<f64>::__new(&session, info, &()).await);
        // What was refused blocks the user, until it works again.
        byod.connect("alice", "alice", &Credentials::new(&users.url, USER_KEY))
            .await
            .unwrap();
    }

    // Every failure of a push.
    let record = byod.user_record("alice").await.unwrap().unwrap();
    for way in ["refused", "html", "garbage", "misfit", "mute", "unfinished"] {
        let request = json!({
            "adminKey": MAIN_KEY, "dryRun": false, "functions": way,
            "appDefinition": {"changedModules": [], "unchangedModuleHashes": []},
        });
        let bundle = Bundle::parse(request.to_string().as_bytes(), 2).unwrap();
        shown(&bundle);
        let deployed = byod.deploy(&record, &bundle).await.unwrap();
        let Deployed::Failed(problem) = &deployed else {
            panic!("{way}: {deployed:?}")
        };
        captured::note(&format!("{problem} {}", json!(problem)));
        shown(&deployed);
    }

    // No connection, no secure one, no URL, no header.
    let nowhere = Client::new("http://localhost:1").unwrap().with_retries(0);
    failed(
        nowhere
            .with_deploy_key(&key)
            .query::<f64>("a:b", &json!({}))
            .await,
    );
    let untrusting = Byod::builder()
        .main_url(&main.url)
        .deploy_key(MAIN_KEY)
        .encryption_key(EncryptionKey::parse(ENCRYPTION_KEY).unwrap());
    let untrusting = way.set(untrusting).build().unwrap();
    let error = failed(untrusting.user_record("alice").await);
    assert_eq!(error.kind(), "tls");
    for (url, key) in [
        (USER_KEY, &*users.url),
        (&*users.url, ""),
        ("https://x", "a\nb"),
    ] {
        failed(
            byod.connect("alice", "alice", &Credentials::new(url, key))
                .await,
        );
    }
    failed(Client::new(USER_KEY).map(|_| ()));
    let swapped = Byod::builder().main_url(MAIN_KEY).deploy_key(&*main.url);
    shown(&swapped);
    let swapped = swapped.encryption_key(EncryptionKey::parse(FORMER).unwrap());
    failed(swapped.build());

    // Keys that open nothing, and records that were changed.
    let former = Keyring::new(EncryptionKey::parse(FORMER).unwrap());
    shown(&former);
    let credentials = opened.credentials.clone();
    shown(&credentials);
    let sealed = former.seal(&"alice".into(), &credentials).unwrap();
    let mut stale = record.clone();
    stale.credentials = sealed.clone();
    assert!(byod.needs_reseal(&stale).unwrap());
    failed(builder(&main, way).build().unwrap().open_record(&{
        let mut broken = stale.clone();
        broken.credentials.auth_tags = sealed.auth_tags.replace(['0', '1'], "2");
        broken
    }));
    let stranger = Keyring::new(EncryptionKey::parse(ENCRYPTION_KEY).unwrap());
    failed(stranger.open(&"alice".into(), &sealed));
    main.change_record(json!({"encryptionIV": FORMER, "authTags": USER_KEY}));
    failed(byod.user_credentials("alice").await);
    main.change_record(serde_json::to_value(&sealed).unwrap());
    byod.user_credentials("alice").await.unwrap();
    main.change_record(json!({"userId": 7, "connectionStatus": [TOKEN]}));
    failed(byod.user_record("alice").await);
    main.change_record(json!({"userId": "alice", "connectionStatus": "connected"}));

    // New credentials, refused ones and good ones; and the end.
    byod.connect("alice", "alice", &Credentials::new(&users.url, USER_KEY))
        .await
        .unwrap();
    let with_key = |key: &str| Credentials {
        deployment_url: users.url.clone(),
        deploy_key: key.into(),
    };
    let rotated = byod
        .rotate_credentials("alice", "alice", &with_key(WRONG_KEY))
        .await;
    shown(&rotated.unwrap());
    users.accept(NEW_KEY);
    let rotated = byod
        .rotate_credentials("alice", "alice", &with_key(NEW_KEY))
        .await;
    assert_eq!(rotated.unwrap().problem, None);
    // The key is revoked; the background tries again and again.
    users.accept("prod:calm-lion-456|another");
    let client = byod
        .client_for_table("notes", "alice", FunctionType::Query)
        .await;
    failed(
        client
            .unwrap()
            .client
            .query::<f64>("fails:refused", &json!({}))
            .await,
    );
    byod.test_connection("alice").await.unwrap();
    failed(
        byod.client_for_table("notes", "alice", FunctionType::Query)
            .await,
    );
    tokio::time::sleep(Duration::from_millis(200)).await;
    shown(&byod.status("alice").await.unwrap());
    byod.disconnect("alice").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_logged() {
    captured::begin();
    let secrets = secrets();
    for way in Way::ALL {
        run(way).await;
        let log = captured::take();
        // The check could not fail if these crates said nothing.
        let of_the_way: &[_] = match way {
            Way::BuiltIn => &[],
            Way::Reqwest => &["reqwest"],
        };
        let all = [
            "byod_runtime",
            "h2",
            "hyper_util",
            "rustls",
            "metric",
            "panic",
        ];
        for crate_ in all.iter().chain(of_the_way) {
            let lines = log.lines().filter(|line| line.starts_with(crate_));
            let count = lines.count();
            assert!(count > 0, "{crate_} has logged nothing");
            println!("{way:?}: {crate_}: {count} lines");
        }
        let found: Vec<_> = secrets
            .iter()
            .flat_map(|secret| secret.find_in(&log))
            .collect();
        println!(
            "secrets searched {}, found {}, over {way}",
            secrets.len(),
            found.len()
        );
        assert!(found.is_empty(), "{way:?}: {found:#?}");
    }

    // And it does find what is logged, by every way and in every form.
    let mut controls = 0;
    for secret in &secrets {
        for (form, text) in secret.forms() {
            for (way, log_it) in captured::WAYS {
                log_it(&format!("the key is {text}."));
                let found = secret.find_in(&captured::take());
                assert!(!found.is_empty(), "{} as {form} by {way}", secret.name);
                controls += 1;
            }
        }
        for before in ["", "a", "ab"] {
            let around = [before.as_bytes(), secret.value(), b"?>."].concat();
            for text in forms::encodings(&around) {
                log::trace!("{text}");
                let found = secret.find_in(&captured::take());
                assert!(!found.is_empty(), "{} in {text}", secret.name);
                controls += 1;
            }
        }
    }
    println!("secrets logged on purpose {controls}, found {controls}");
}
