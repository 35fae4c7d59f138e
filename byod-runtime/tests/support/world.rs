//! A main deployment, a deployment of users, and the `Byod` between them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use byod_runtime::{
    Byod, ByodBuilder, ConnectionStatus, Credentials, EncryptionKey, Error, FunctionType, Location,
    TableInfo,
};
use serde_json::{Value, json};

use super::{Reply, Request, Server, success};

const MAIN_KEY: &str = "local:main|secret";

const TABLES: &[TableInfo] = &[
    TableInfo {
        name: "users",
        location: Location::Main,
    },
    TableInfo {
        name: "notes",
        location: Location::User,
    },
    TableInfo {
        name: "messages",
        location: Location::User,
    },
];

pub(crate) fn encryption_key() -> EncryptionKey {
    EncryptionKey::parse("correct horse battery staple").unwrap()
}

/// A main deployment with users' records, and one deployment for all users.
pub(crate) struct World {
    pub(crate) main: Server,
    pub(crate) users: Server,
    pub(crate) records: Records,
    pub(crate) byod: Byod,
}

pub(crate) type Records = Arc<Mutex<Vec<Value>>>;

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|byod| byod).await
    }

    pub(crate) async fn with(configure: impl FnOnce(ByodBuilder) -> ByodBuilder) -> Self {
        let records = Records::default();
        let held = records.clone();
        let main = Server::start(move |request| answer_as_main(request, &held)).await;
        let users = Server::start(|_| success(json!("the user's"))).await;
        let byod = Byod::builder()
            .main_url(&main.url)
            .deploy_key(MAIN_KEY)
            .encryption_key(encryption_key())
            .tables(TABLES);
        let byod = configure(byod).build().unwrap();
        Self {
            main,
            users,
            records,
            byod,
        }
    }

    pub(crate) async fn save(&self, user: &str, key: &str, status: ConnectionStatus) {
        let credentials = Credentials {
            deployment_url: self.users.url.clone(),
            deploy_key: key.into(),
        };
        self.byod
            .save_credentials(user, &credentials, status)
            .await
            .unwrap();
        self.main.take_count();
    }

    pub(crate) fn change(&self, user: &str, field: &str, value: Value) {
        let mut records = self.records.lock().unwrap();
        let record = records.iter_mut().find(|record| record["userId"] == user);
        record.unwrap()[field] = value;
    }

    /// Calls a function of a table, and says who answered.
    pub(crate) async fn call(
        &self,
        user: &str,
        table: &str,
        kind: FunctionType,
    ) -> Result<String, Error> {
        let routed = self.byod.client_for_table(table, user, kind).await?;
        let answer: String = routed
            .client
            .query(&format!("{table}:list"), &json!({}))
            .await?;
        assert_eq!(routed.deployment.is_user(), answer == "the user's");
        Ok(answer)
    }

    /// The requests since the last time: at main, and at the users' deployment.
    pub(crate) fn cost(&self) -> (usize, usize) {
        (self.main.take_count(), self.users.take_count())
    }
}

/// `byod/credentials`, and otherwise functions that return `"main's"`.
fn answer_as_main(request: &Request, records: &Records) -> Reply {
    let Some(function) = request.path().strip_prefix("byod/credentials:") else {
        return success(json!("main's"));
    };
    let admin = format!("Convex {MAIN_KEY}");
    assert_eq!(request.headers.get("authorization"), Some(&admin));
    let args = request.body["args"].clone();
    let mut records = records.lock().unwrap();
    match function {
        "getConfigInternal" => {
            let found = records
                .iter()
                .find(|record| record["userId"] == args["userId"]);
            // Slow enough that concurrent calls really meet.
            let reply = success(found.cloned().unwrap_or_default());
            Reply::Later(Duration::from_millis(20), Box::new(reply))
        }
        "createConfig" => {
            let mut record = args;
            record["_id"] = json!(format!("config{}", records.len()));
            records.push(record);
            success(Value::Null)
        }
        "updateConfig" => {
            let id = &args["configId"];
            let record = records.iter_mut().find(|record| &record["_id"] == id);
            let record = record.unwrap().as_object_mut().unwrap();
            for (field, value) in args.as_object().unwrap() {
                if field != "configId" {
                    record.insert(field.clone(), value.clone());
                }
            }
            success(Value::Null)
        }
        other => panic!("{other}"),
    }
}
