//! A main deployment, a deployment of users, and the `Byod` between them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use byod_runtime::{
    Byod, ByodBuilder, ConnectionStatus, Credentials, EncryptionKey, Error, FunctionInfo,
    FunctionType, Location, Mutation, PaginatedQuery, Query, Runs, Session, TableInfo,
};
use serde_json::{Value, json};

use super::{Reply, Request, Server, Way, success};

pub(crate) const MAIN_KEY: &str = "local:main|secret";

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

const LIST: FunctionInfo = FunctionInfo {
    table: "notes",
    kind: FunctionType::Query,
    runs: Runs::User,
    switches: &["notes"],
    path: "notes:list",
    head: r#"{"path":"notes:list","format":"convex_encoded_json","args":"#,
    inject: &[],
    mirror: &[],
    outbox: false,
    schema_version: 0,
    takes: &[],
};

const CREATE: FunctionInfo = FunctionInfo {
    kind: FunctionType::Mutation,
    path: "notes:create",
    head: r#"{"path":"notes:create","format":"convex_encoded_json","args":"#,
    ..LIST
};

/// A query of a user table, as the generated code makes it.
pub(crate) fn list(session: &Session) -> Query<String> {
    Query::__new(session, &LIST, &())
}

/// The same, read as something else.
pub(crate) fn list_as<T: serde::de::DeserializeOwned>(session: &Session) -> Query<T> {
    Query::__new(session, &LIST, &())
}

/// A mutation of a user table, as the generated code makes it.
pub(crate) fn create(session: &Session) -> Mutation<String> {
    Mutation::__new(session, &CREATE, &())
}

const COUNT: FunctionInfo = FunctionInfo {
    path: "notes:count",
    head: r#"{"path":"notes:count","format":"convex_encoded_json","args":"#,
    ..LIST
};

/// Another query of a user table.
pub(crate) fn count(session: &Session) -> Query<u32> {
    Query::__new(session, &COUNT, &())
}

/// The same, read as something else.
pub(crate) fn count_as<T: serde::de::DeserializeOwned>(session: &Session) -> Query<T> {
    Query::__new(session, &COUNT, &())
}

const ROWS: FunctionInfo = FunctionInfo {
    path: "notes:rows",
    head: r#"{"path":"notes:rows","format":"convex_encoded_json","args":"#,
    ..LIST
};

/// Those that are known by their paths, where a builder is given them.
pub(crate) const FUNCTIONS: &[FunctionInfo] = &[LIST, COUNT, ROWS];

/// A paginated query of numbers.
pub(crate) fn rows(session: &Session) -> PaginatedQuery<u32> {
    PaginatedQuery::__new(session, &ROWS, &())
}

/// A paginated query of a user table, as the generated code makes it.
pub(crate) fn pages(session: &Session) -> PaginatedQuery<String> {
    PaginatedQuery::__new(session, &LIST, &())
}

pub(crate) fn encryption_key() -> EncryptionKey {
    EncryptionKey::parse("correct horse battery staple").unwrap()
}

/// A main deployment with users' records, and one deployment for all users.
pub(crate) struct World {
    pub(crate) main: Server,
    pub(crate) users: Server,
    pub(crate) records: Records,
    pub(crate) byod: Byod,
    /// What main answers instead of what it would.
    pub(crate) at_main: Script,
    /// What the users' deployment answers instead of what it would.
    pub(crate) at_users: Script,
}

/// Answers to some requests, as a test sets them.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<Option<Box<Answer>>>>);

type Answer = dyn Fn(&Request) -> Option<Reply> + Send;

impl Script {
    pub(crate) fn set(&self, answer: impl Fn(&Request) -> Option<Reply> + Send + 'static) {
        *self.0.lock().unwrap() = Some(Box::new(answer));
    }

    /// The same status for every request.
    pub(crate) fn status(&self, status: u16) {
        self.set(move |_| Some(Reply::Status(status, String::new())));
    }

    /// Everything is as it should be again.
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap() = None;
    }

    fn answer(&self, request: &Request) -> Option<Reply> {
        self.0.lock().unwrap().as_ref()?(request)
    }
}

pub(crate) type Records = Arc<Mutex<Vec<Value>>>;

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|byod| byod).await
    }

    pub(crate) async fn with(configure: impl FnOnce(ByodBuilder) -> ByodBuilder) -> Self {
        Self::over(Way::BuiltIn, configure).await
    }

    /// With connections of that way.
    pub(crate) async fn over(way: Way, configure: impl FnOnce(ByodBuilder) -> ByodBuilder) -> Self {
        let records = Records::default();
        let (at_main, at_users) = (Script::default(), Script::default());
        let (held, script) = (records.clone(), at_main.clone());
        let main = Server::start(move |request| {
            let scripted = script.answer(request);
            scripted.unwrap_or_else(|| answer_as_main(request, &held))
        })
        .await;
        let script = at_users.clone();
        let users = Server::start(move |request| {
            let scripted = script.answer(request);
            scripted.unwrap_or_else(|| answer_as_users(request))
        })
        .await;
        main.live.set("notes:list", json!("main's"));
        users.live.set("notes:list", json!("the user's"));
        let byod = Byod::builder()
            .main_url(&main.url)
            .deploy_key(MAIN_KEY)
            .encryption_key(encryption_key())
            .tables(TABLES)
            .development(true);
        let byod = configure(way.set(byod)).build().unwrap();
        Self {
            main,
            users,
            records,
            byod,
            at_main,
            at_users,
        }
    }

    /// A session of the user, whose subject is the same text.
    pub(crate) fn session(&self, user: &str) -> Session {
        self.byod.session(user, user)
    }

    /// The value of a field of the user's record.
    pub(crate) fn field(&self, user: &str, field: &str) -> Value {
        let records = self.records.lock().unwrap();
        let record = records.iter().find(|record| record["userId"] == user);
        record.unwrap()[field].clone()
    }

    pub(crate) async fn save(&self, user: &str, key: &str, status: ConnectionStatus) {
        self.save_at(user, &self.users.url, key, status).await;
    }

    /// The same for a deployment elsewhere.
    pub(crate) async fn save_at(&self, user: &str, url: &str, key: &str, status: ConnectionStatus) {
        let credentials = Credentials {
            deployment_url: url.into(),
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

/// `functions:ping`, and otherwise functions that return `"the user's"`.
fn answer_as_users(request: &Request) -> Reply {
    match request.path() {
        "functions:ping" => success(json!({"status": "ok", "version": 3, "timestamp": 1})),
        // As on deployments whose functions were written by hand.
        path if path.starts_with("byod/claim:") => {
            thrown(&format!("Could not find public function for '{path}'."))
        }
        _ => success(json!("the user's")),
    }
}

/// A function that threw.
pub(crate) fn thrown(message: &str) -> Reply {
    let answer = json!({"status": "error", "errorMessage": message, "logLines": []});
    Reply::Status(200, answer.to_string())
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
            let user = &args["userId"];
            if records.iter().any(|record| &record["userId"] == user) {
                return thrown("This user has a record: update it instead");
            }
            let mut record = args;
            record["_id"] = json!(format!("config{}", records.len()));
            records.push(record);
            success(Value::Null)
        }
        "updateConfig" => {
            let id = &args["configId"];
            let record = records.iter_mut().find(|record| &record["_id"] == id);
            let record = record.unwrap().as_object_mut().unwrap();
            let expected = args["expected"].as_object();
            if expected.is_some_and(|seen| {
                seen.iter()
                    .any(|(field, value)| !same(value, &record[field]))
            }) {
                return success(json!(false));
            }
            if args["connectionStatus"] != "error" {
                record.remove("connectionError");
            }
            for (field, value) in args.as_object().unwrap() {
                if !["configId", "expected"].contains(&&**field) {
                    record.insert(field.clone(), value.clone());
                }
            }
            success(json!(true))
        }
        other => panic!("{other}"),
    }
}

/// Numbers are what they say, however they are written.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}
