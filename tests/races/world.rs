//! A main deployment, users' deployments, and processes of the service.

use byod_local::{Local, LocalDeployment, Manifest, Object};
use byod_runtime::{
    Byod, ByodBuilder, Credentials, EncryptionKey, Keyring, Location, SealedCredentials, TableInfo,
};
use serde_json::{Value, json};

const TABLES: &[TableInfo] = &[TableInfo {
    name: "notes",
    location: Location::User,
}];

const UPDATE: &str = "byod/credentials:updateConfig";

/// A project of nothing but what byod adds.
pub(crate) fn manifest(functions: &Value) -> Manifest {
    let manifest = json!({
        "format": Manifest::FORMAT,
        "main": {
            "convex": "convex",
            "schema": {"tables": [], "schemaValidation": true},
            "functions": functions,
            "warnings": [],
        },
        "userTables": [],
        "inject": {},
    });
    serde_json::from_value(manifest).unwrap()
}

pub(crate) async fn main() -> LocalDeployment {
    Local::main(&manifest(&json!({}))).start().await.unwrap()
}

/// A main whose `updateConfig` is of before it compared anything.
pub(crate) async fn older_main() -> LocalDeployment {
    let field =
        |kind: &str, optional: bool| json!({"fieldType": {"type": kind}, "optional": optional});
    let mut args = json!({
        "configId": {"fieldType": {"type": "id", "tableName": "userDatabaseConfig"}, "optional": false},
        "updatedAt": field("number", false),
    });
    for name in [
        "encryptedDeploymentUrl",
        "encryptedDeployKey",
        "encryptionIV",
        "authTags",
        "connectionStatus",
        "connectionError",
    ] {
        args[name] = field("string", true);
    }
    for name in ["lastConnectionTest", "schemaVersion"] {
        args[name] = field("number", true);
    }
    let update = json!({
        "functionType": "Mutation",
        "visibility": {"kind": "internal"},
        "args": {"type": "object", "value": args},
        "returns": {"type": "null"},
    });
    let manifest = manifest(&json!({UPDATE: update}));
    Local::main(&manifest).start().await.unwrap()
}

pub(crate) async fn deployment(name: &str) -> LocalDeployment {
    let local = Local::user(&manifest(&json!({}))).name(name);
    local.start().await.unwrap()
}

pub(crate) fn credentials(deployment: &LocalDeployment) -> Credentials {
    Credentials::new(deployment.url(), deployment.deploy_key())
}

/// With which key a process seals; all processes open what either sealed.
#[derive(Clone, Copy)]
pub(crate) enum Seals {
    Old,
    New,
}

fn keys(seals: Seals) -> [EncryptionKey; 2] {
    let key = |text| EncryptionKey::parse(text).unwrap();
    match seals {
        Seals::Old => [key("the old one"), key("the new one")],
        Seals::New => [key("the new one"), key("the old one")],
    }
}

/// A process of the service, which reaches main at that URL.
pub(crate) fn process(main_url: &str, main: &LocalDeployment, seals: Seals) -> ByodBuilder {
    let [current, former] = keys(seals);
    Byod::builder()
        .main_url(main_url)
        .deploy_key(main.deploy_key())
        .encryption_key(current)
        .former_encryption_key(former)
        .tables(TABLES)
        .development(true)
}

/// A user's record, as far as races are concerned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) status: String,
    pub(crate) updated_at: f64,
    /// URL and key.
    pub(crate) credentials: (String, String),
}

pub(crate) fn record(main: &LocalDeployment, user: &str) -> Option<Record> {
    let records = main.documents("userDatabaseConfig");
    let record = records
        .into_iter()
        .find(|record| record.str("userId") == Some(user))?;
    let [current, former] = keys(Seals::Old);
    let keyring = Keyring::new(current).with_former(former);
    let opened = keyring.open(&user.into(), &sealed(&record)).unwrap();
    let Credentials {
        deployment_url,
        deploy_key,
    } = opened.credentials;
    Some(Record {
        status: record.str("connectionStatus").unwrap().to_owned(),
        updated_at: record.number("updatedAt").unwrap(),
        credentials: (deployment_url, deploy_key.expose_secret().to_owned()),
    })
}

fn sealed(record: &Object) -> SealedCredentials {
    serde_json::from_value(serde_json::to_value(record).unwrap()).unwrap()
}
