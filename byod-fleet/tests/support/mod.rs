//! Main, its users, and each user's own deployment.

use byod_local::{FunctionError, Local, LocalDeployment, Manifest, PushOutcome, Value};
use byod_runtime::{Bundle, Byod, ConnectionStatus, Credentials, EncryptionKey};
use serde_json::{Value as Json, json};

/// What every deployment has as an environment variable, and nobody is to see.
pub(crate) const SECRET: &str = "geheim-environment";

pub(crate) struct Fleet {
    pub(crate) main: LocalDeployment,
    pub(crate) byod: Byod,
    /// In the order of their numbers.
    pub(crate) users: Vec<User>,
}

pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) deployment: LocalDeployment,
}

pub(crate) fn manifest() -> Manifest {
    let manifest = include_str!("../../../byod-local/tests/manifest.json");
    let mut manifest = byod_local::read_manifest(manifest).unwrap();
    manifest.moves = Some(Default::default());
    manifest
}

/// A service on that main.
pub(crate) fn service(main: &LocalDeployment) -> Byod {
    service_with(main, "only for tests")
}

/// One that seals users' records with that key.
pub(crate) fn service_with(main: &LocalDeployment, key: &str) -> Byod {
    Byod::builder()
        .main_url(main.url())
        .deploy_key(main.deploy_key())
        .encryption_key(EncryptionKey::parse(key).unwrap())
        .listen_to_main(false)
        .development(true)
        .build()
        .unwrap()
}

impl Fleet {
    /// So many users, each with a deployment that is theirs and runs version 1.
    pub(crate) async fn start(users: usize) -> Self {
        Self::beside(Local::main(&manifest()), users).await
    }

    /// The same, with a main that does something else.
    pub(crate) async fn beside(main: Local, users: usize) -> Self {
        let main = main.start().await.unwrap();
        let byod = service(&main);
        let mut fleet = Self {
            main,
            byod,
            users: Vec::new(),
        };
        for number in 0..users {
            fleet.add(&format!("user {number}")).await;
        }
        fleet
    }

    pub(crate) async fn add(&mut self, id: &str) {
        let deployment = Local::user(&manifest())
            .name(id.replace(' ', "-"))
            .environment_variable("KEY", SECRET)
            .start()
            .await
            .unwrap();
        let claim = json!({"subject": id, "user": id, "since": 0.0});
        deployment.insert("byodOwner", claim).unwrap();
        let credentials = Credentials::new(deployment.url(), deployment.deploy_key());
        let connected = ConnectionStatus::Connected;
        let saved = self.byod.save_credentials(id, &credentials, connected);
        saved.await.unwrap();
        self.users.push(User {
            id: id.to_owned(),
            deployment,
        });
    }

    /// Users 0, 1 and 2. Main lists the record of user 1, and can't give it.
    pub(crate) async fn with_a_record_that_main_cannot_give() -> Self {
        let record = |ctx: &mut byod_local::Ctx<'_>, user: &Value| {
            if *user == Value::from("user 1") {
                return Err("unique() query returned more than one result".into());
            }
            let record = ctx
                .query("userDatabaseConfig")
                .eq("userId", user.clone())
                .first()?;
            Ok::<_, FunctionError>(record.map_or(Value::Null, Value::from))
        };
        let main = Local::main(&manifest())
            .function("byod/credentials:getConfigs", move |ctx, args| {
                let Some(Value::Array(users)) = args.get("userIds") else {
                    return Err("whose?".into());
                };
                let records = users.iter().map(|user| record(ctx, user));
                Ok(Value::Array(records.collect::<Result<_, _>>()?))
            })
            .function("byod/credentials:getConfigInternal", move |ctx, args| {
                record(ctx, args.get("userId").unwrap_or(&Value::Null))
            });
        let mut fleet = Fleet::beside(main, 0).await;
        for user in ["user 0", "user 2"] {
            fleet.add(user).await;
        }
        // Their record is there, as main lists it.
        let template = fleet.record("user 0");
        let mut record = serde_json::to_value(&template).unwrap();
        let fields = record.as_object_mut().unwrap();
        fields.retain(|name, _| !name.starts_with('_'));
        record["userId"] = json!("user 1");
        fleet.main.insert("userDatabaseConfig", record).unwrap();
        fleet
    }

    /// The user's data is on its way back to main from now on.
    pub(crate) fn begin_move(&self, id: &str) {
        let args = json!({
            "user": id, "subject": id, "direction": "out", "holder": "somebody", "lease": 0.0, "keepFor": 0.0,
        });
        self.main.run("byod/moves:begin", args).unwrap();
        assert_eq!(self.main.count("byodMoves"), 1);
    }

    /// It stays where it is after all.
    pub(crate) fn call_off_move(&self, id: &str) {
        let user = json!({"user": id});
        self.main.run("byod/moves:cancel", user).unwrap();
        let row = self.main.documents("byodMoves").remove(0);
        let end = json!({"user": id, "id": row.id(), "holder": ""});
        self.main.run("byod/moves:end", end).unwrap();
        assert_eq!(self.main.count("byodMoves"), 0);
    }

    /// The user's record, as main has it.
    pub(crate) fn record(&self, id: &str) -> byod_local::Object {
        let records = self.main.documents("userDatabaseConfig");
        let mut records = records.into_iter();
        records
            .find(|record| record.str("userId") == Some(id))
            .unwrap()
    }
}

impl User {
    /// How often something was pushed here to its end.
    pub(crate) fn finished(&self) -> usize {
        let pushes = self.deployment.pushes().into_iter();
        pushes
            .filter(|push| push.outcome == PushOutcome::Finished)
            .count()
    }

    /// Whether two have ever pushed here at once.
    pub(crate) fn was_fought_over(&self) -> bool {
        let mut pushes = self.deployment.pushes().into_iter();
        pushes.any(|push| push.overlapped)
    }
}

/// A project of that version, in which notes need a `kind`, as a bundler leaves it.
pub(crate) fn bundle(version: u64) -> Bundle {
    bundle_with(version, "")
}

/// The same with this source beside that of `functions:ping`.
pub(crate) fn bundle_with(version: u64, source: &str) -> Bundle {
    let ping = function("ping", "Query").replace("isInternal", "isPublic");
    project(version, ping + source)
}

/// The same without `functions:ping`, so that nobody can ask which version it is.
pub(crate) fn bundle_that_says_nothing(version: u64) -> Bundle {
    project(version, function("other", "Query"))
}

fn function(name: &str, kind: &str) -> String {
    format!(
        "export const {name} = Object.assign(async () => null, {{
            is{kind}: true, isInternal: true, exportArgs: () => '{{\"type\":\"any\"}}',
        }});"
    )
}

/// With this source as its module `functions`.
fn project(version: u64, functions: String) -> Bundle {
    let module = |path: &str, source: String| json!({"path": path, "source": source, "environment": "isolate"});
    let text = json!({"fieldType": {"type": "string"}, "optional": false});
    let number = json!({"fieldType": {"type": "number"}, "optional": false});
    let table = |name: &str, fields: Json, indexes: Json| {
        json!({
            "tableName": name, "indexes": indexes, "searchIndexes": [], "vectorIndexes": [],
            "documentType": {"type": "object", "value": fields},
        })
    };
    let tables = [
        table(
            "notes",
            json!({"userId": text, "title": text, "kind": text}),
            json!([{"indexDescriptor": "by_kind", "fields": ["kind"]}]),
        ),
        table(
            "byodOwner",
            json!({"subject": text, "user": text, "since": number}),
            json!([]),
        ),
    ];
    let schema = json!({"tables": tables, "schemaValidation": true}).to_string();
    let schema = format!(
        "export default {{ tables: {{}}, export: () => {} }};",
        json!(schema)
    );
    let claim = [
        ("claim", "Mutation"),
        ("state", "Query"),
        ("release", "Mutation"),
    ];
    let request = json!({
        "adminKey": "nobody|nothing", "dryRun": false, "functions": "convex/",
        "appDefinition": {
            "definition": null, "dependencies": [], "schema": module("schema.js", schema),
            "changedModules": [
                module("functions.js", functions),
                module("byod/version.js", format!("export const SCHEMA_VERSION = {version};")),
                module("byod/claim.js", claim.map(|(name, kind)| function(name, kind)).concat()),
            ],
            "unchangedModuleHashes": [], "udfServerVersion": "1.48.0",
        },
        "componentDefinitions": [], "nodeDependencies": [],
    });
    Bundle::parse(request.to_string().as_bytes(), version).unwrap()
}
