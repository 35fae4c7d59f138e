//! The module `byod/credentials` of a main deployment: the records that say
//! where each user's own deployment is. Where the project declares a function
//! or the table itself, its validators apply.

use std::collections::BTreeMap;
use std::sync::Arc;

use byod_schema::{
    Field, Fields, Function, FunctionPath, FunctionType, Index, Table, Validator, Value, Visibility,
};

use super::crud::{objects, stamp};
use super::history::noted;
use super::moving::{resealed, with_move};
use crate::error::FunctionError;
use crate::functions::Ctx;
use crate::functions::Project;
use crate::functions::{Body, Entry};
use crate::values::Object;

const TABLE: &str = "userDatabaseConfig";
const MODULE: &str = "byod/credentials";

/// How many records that were changed are told at once.
const CHANGED: usize = 256;

/// What never leaves the deployment through a public function.
const SECRETS: [&str; 4] = [
    "encryptedDeploymentUrl",
    "encryptedDeployKey",
    "encryptionIV",
    "authTags",
];

/// The functions; adds the table to the project where it has none.
pub(crate) fn functions(project: &mut Project) -> Vec<Entry> {
    let users = project.schema.table("users");
    let (table, users) = match project.schema.table(TABLE) {
        Some(table) => (table.clone(), users_of(table)),
        None => {
            let users = users.map(|users| users.table_name.clone());
            let table = default_table();
            project.schema.tables.push(table.clone());
            (table, users)
        }
    };
    use FunctionType::{Mutation, Query};
    use Visibility::{Internal, Public};
    let record = objects(&table.document_type)
        .first()
        .map(|fields| (*fields).clone())
        .unwrap_or_default();
    let user = Fields::from_iter(record.get("userId").map(|field| ("userId", field.clone())));
    let table = Arc::new(table);
    let moves = project.moving.is_some();
    let update = update_args(&record);
    let updates = list_of(
        "changes",
        Validator::Object {
            value: update.clone(),
        },
    );
    let several = match user.get("userId") {
        Some(field) => list_of("userIds", field.field_type.clone()),
        None => list_of("userIds", Validator::Any),
    };
    [
        ("getConfigInternal", Query, Internal, user),
        ("getConfigs", Query, Internal, several),
        ("getConfig", Query, Public, Fields::default()),
        ("whoAmI", Query, Public, Fields::default()),
        ("disconnect", Mutation, Public, Fields::default()),
        ("createConfig", Mutation, Internal, record.clone()),
        ("updateConfig", Mutation, Internal, update),
        ("updateConfigs", Mutation, Internal, updates),
        ("listConfigs", Query, Internal, list_args()),
        ("resealConfig", Mutation, Internal, reseal_args()),
        ("changedConfigs", Query, Internal, since_args()),
    ]
    .map(|(name, function_type, visibility, args)| {
        let path = FunctionPath::new(MODULE, name);
        let declared = project.functions.get(&path).cloned();
        let declared = declared.unwrap_or(Function {
            function_type,
            visibility,
            args: Validator::Object { value: args },
            returns: None,
        });
        let body = body(name, table.clone(), users.clone(), &declared, moves);
        Entry {
            keyed: None,
            claimed: None,
            path,
            declared,
            body,
        }
    })
    .into()
}

/// The table of whose documents the records' users are; none where they are subjects.
fn users_of(table: &Table) -> Option<String> {
    let fields = objects(&table.document_type).first().copied()?;
    match &fields.get("userId")?.field_type {
        Validator::Id { table_name } => Some(table_name.clone()),
        _ => None,
    }
}

fn body(
    name: &str,
    table: Arc<Table>,
    users: Option<String>,
    declared: &Function,
    moves: bool,
) -> Body {
    let returns = declared.returns.clone();
    // Functions of before a new seal left the time alone want to be told it.
    let updated_at = declared
        .args
        .as_object()
        .and_then(|args| args.get("updatedAt"));
    let counts_as_new = updated_at.is_some_and(|field| !field.optional);
    let by_updated = table.indexes.iter().find(|index| {
        let first = index.fields.first();
        first.is_some_and(|first| first == "updatedAt")
    });
    let by_updated = by_updated.map(|index| index.index_descriptor.clone());
    match name {
        "getConfigInternal" => Arc::new(move |ctx, args| {
            let user = args.get("userId").unwrap_or(&Value::Null);
            record_for_service(ctx, user, moves)
        }),
        "getConfigs" => Arc::new(move |ctx, args| {
            let users = elements(args.get("userIds"));
            let records = users.map(|user| record_for_service(ctx, user, moves));
            Ok(Value::Array(records.collect::<Result<_, _>>()?))
        }),
        "getConfig" => Arc::new(move |ctx, _| {
            let mut config = own_config(ctx)?;
            if moves {
                config = config
                    .map(|config| with_move(ctx, config, "moving"))
                    .transpose()?;
            }
            let config = config.map(|config| without_secrets(config, returns.as_ref()));
            Ok(config.map_or(Value::Null, Into::into))
        }),
        "whoAmI" => Arc::new(move |ctx, _| {
            let Some(identity) = ctx.identity() else {
                return Ok(Value::Null);
            };
            let subject = Value::from(identity.subject());
            let user = match &users {
                Some(users) => ctx.user(users).ok().and_then(|mut user| user.remove("_id")),
                None => Some(subject.clone()),
            };
            let who = user.map(|user| Object::from([("userId", user), ("subject", subject)]));
            Ok(who.map_or(Value::Null, Into::into))
        }),
        "disconnect" => Arc::new(|ctx, _| {
            ctx.subject()?;
            if let Some(id) = own_config(ctx)?.as_ref().and_then(Object::id) {
                // Later than what others have seen, also within one millisecond.
                let before = own_config(ctx)?.and_then(|config| config.number("updatedAt"));
                let now = ctx.now().max(before.unwrap_or_default() + 1.0);
                let changes = [
                    ("connectionStatus", Value::from("disconnected")),
                    ("updatedAt", now.into()),
                ];
                change(ctx, id, Object::from(changes))?;
            }
            Ok(Value::Null)
        }),
        "createConfig" => Arc::new(move |ctx, mut record| {
            if config_of(ctx, record.get("userId").unwrap_or(&Value::Null))?.is_some() {
                return Err("This user already has a record; change it with updateConfig".into());
            }
            stamp(&table, &mut record, &["createdAt", "updatedAt"], ctx.now());
            let id = ctx.insert(TABLE, record)?;
            noted(ctx, &id, None)?;
            Ok(id.into())
        }),
        "listConfigs" => Arc::new(|ctx, args| {
            let options = args.get("paginationOpts").unwrap_or(&Value::Null);
            Ok(ctx.query(TABLE).paginate(options)?.into())
        }),
        "changedConfigs" => Arc::new(move |ctx, args| {
            let since = args.number("since").unwrap_or_default();
            let time = |record: &Object| record.number("updatedAt").unwrap_or_default();
            let mut changed = match &by_updated {
                Some(index) => ctx.query(TABLE).index(index).desc().take(CHANGED)?,
                None => ctx.query(TABLE).collect()?,
            };
            changed.retain(|record| time(record) >= since);
            changed.sort_by(|one, other| time(other).total_cmp(&time(one)));
            changed.truncate(CHANGED);
            let changed = changed.into_iter().map(|mut record| {
                let mut field = |field| (field, record.remove(field).unwrap_or(Value::Null));
                Value::from(Object::from([field("userId"), field("updatedAt")]))
            });
            Ok(Value::Array(changed.collect()))
        }),
        "resealConfig" => Arc::new(move |ctx, mut sealed| {
            let id = config_id(&mut sealed)?;
            if !counts_as_new {
                sealed.remove("updatedAt");
            }
            let expected = sealed.remove("expectedAuthTags");
            let same = |config: &Object| config.get("authTags") == expected.as_ref();
            let Some(config) = ctx.get(&id).filter(same) else {
                return Ok(false.into());
            };
            if moves {
                let user = config.get("userId").cloned().unwrap_or(Value::Null);
                let tags = sealed.get("authTags").cloned().unwrap_or(Value::Null);
                resealed(ctx, user, expected.as_ref(), tags)?;
            }
            ctx.patch(&id, sealed)?;
            Ok(true.into())
        }),
        "updateConfigs" => Arc::new(move |ctx, mut args| {
            let Some(Value::Array(changes)) = args.remove("changes") else {
                return Err("the argument `changes` is missing".into());
            };
            let changed = changes.into_iter().map(|changes| {
                let changed = change_if_as_seen(ctx, &table, Object::try_from(changes)?);
                Ok(changed?.into())
            });
            Ok(Value::Array(changed.collect::<Result<_, FunctionError>>()?))
        }),
        // updateConfig
        _ => Arc::new(move |ctx, changes| {
            let written = change_if_as_seen(ctx, &table, changes)?;
            // Functions of before they could refuse answer null.
            Ok(match returns {
                Some(Validator::Null) => Value::Null,
                _ => written.into(),
            })
        }),
    }
}

/// Changes a record, unless it is another by now than the one that the writer says it has seen: false then.
fn change_if_as_seen(
    ctx: &mut Ctx<'_>,
    table: &Table,
    mut changes: Object,
) -> Result<bool, FunctionError> {
    let id = config_id(&mut changes)?;
    let expected = changes.remove("expected").map(Object::try_from);
    let expected = expected.transpose()?.unwrap_or_default();
    let is_as_seen = |config: Object| {
        let mut seen = expected.iter();
        seen.all(|(field, value)| config.get(field) == Some(value))
    };
    if !ctx.get(&id).is_some_and(is_as_seen) {
        return Ok(false);
    }
    stamp(table, &mut changes, &["updatedAt"], ctx.now());
    change(ctx, &id, changes)?;
    Ok(true)
}

/// Takes the id of the record out of the arguments.
fn config_id(args: &mut Object) -> Result<String, FunctionError> {
    match args.remove("configId") {
        Some(Value::String(id)) => Ok(id),
        _ => Err("the argument `configId` is missing".into()),
    }
}

/// A user's record.
fn config_of(ctx: &Ctx<'_>, user: &Value) -> Result<Option<Object>, FunctionError> {
    ctx.query(TABLE).eq("userId", user.clone()).first()
}

/// A user's record with what is sealed in it, and how far their data is on its way; null without one.
fn record_for_service(ctx: &Ctx<'_>, user: &Value, moves: bool) -> Result<Value, FunctionError> {
    let Some(config) = config_of(ctx, user)? else {
        return Ok(Value::Null);
    };
    Ok(match moves {
        true => with_move(ctx, config, "move")?.into(),
        false => config.into(),
    })
}

fn elements(array: Option<&Value>) -> impl Iterator<Item = &Value> {
    let elements = match array {
        Some(Value::Array(elements)) => elements.as_slice(),
        _ => &[],
    };
    elements.iter()
}

/// Changes a record. A status other than `error` ends the error that was there.
fn change(ctx: &mut Ctx<'_>, id: &str, changes: Object) -> Result<(), FunctionError> {
    let status = changes.str("connectionStatus");
    let over =
        status.is_some_and(|status| status != "error") && changes.get("connectionError").is_none();
    let before = ctx.get(id);
    ctx.patch(id, changes)?;
    if over {
        ctx.unset(id, "connectionError")?;
    }
    noted(ctx, id, before.as_ref())
}

/// The caller's record. Users are kept by their document's id or their subject.
fn own_config(ctx: &Ctx<'_>) -> Result<Option<Object>, FunctionError> {
    let Some(identity) = ctx.identity() else {
        return Ok(None);
    };
    let mut users = vec![
        Value::from(identity.subject()),
        identity.token_identifier().into(),
    ];
    users.extend(
        ctx.user("users")
            .ok()
            .and_then(|mut user| user.remove("_id")),
    );
    for user in users {
        let config = ctx.query(TABLE).eq("userId", user).first()?;
        if config.is_some() {
            return Ok(config);
        }
    }
    Ok(None)
}

/// The record as a client may see it; of what remains, only what the declared
/// result has.
fn without_secrets(config: Object, returns: Option<&Validator>) -> Object {
    let declared = returns.map(objects).unwrap_or_default();
    let shown = |name: &str| {
        !SECRETS.contains(&name)
            && (declared.is_empty() || declared.iter().any(|fields| fields.get(name).is_some()))
    };
    config.into_iter().filter(|(name, _)| shown(name)).collect()
}

/// `configId` and `updatedAt`, any other field of the record, and what the writer has
/// seen of it.
fn update_args(record: &Fields) -> Fields {
    let fields = record.iter().map(|(name, field)| {
        let mut field = field.clone();
        field.optional = name != "updatedAt";
        (name.to_owned(), field)
    });
    let expected = Fields::from_iter([
        ("connectionStatus", Field::required(Validator::String)),
        ("authTags", Field::required(Validator::String)),
        ("updatedAt", Field::required(Validator::Number)),
    ]);
    let expected = Field::optional(Validator::Object { value: expected });
    let others = [
        ("configId".to_owned(), id()),
        ("expected".to_owned(), expected),
    ];
    fields.chain(others).collect()
}

/// One argument: an array of such values.
fn list_of(name: &str, of: Validator) -> Fields {
    let array = Validator::Array {
        value: Box::new(of),
    };
    Fields::from_iter([(name, Field::required(array))])
}

fn list_args() -> Fields {
    Fields::from_iter([("paginationOpts", Field::required(Validator::Any))])
}

fn since_args() -> Fields {
    Fields::from_iter([("since", Field::required(Validator::Number))])
}

fn reseal_args() -> Fields {
    let strings = SECRETS.into_iter().chain(["expectedAuthTags"]);
    let strings = strings.map(|name| (name, Field::required(Validator::String)));
    let others = [
        ("configId", id()),
        ("updatedAt", Field::optional(Validator::Number)),
    ];
    strings.chain(others).collect()
}

fn id() -> Field {
    Field::required(Validator::Id {
        table_name: TABLE.to_owned(),
    })
}

fn default_table() -> Table {
    use Validator::{Number, String};
    let status = ["pending", "connected", "error", "disconnected"];
    let status = Validator::Union {
        value: status
            .map(|name| Validator::Literal { value: name.into() })
            .into(),
    };
    let fields = [
        ("userId", Field::required(String)),
        ("encryptedDeploymentUrl", Field::required(String)),
        ("encryptedDeployKey", Field::required(String)),
        ("encryptionIV", Field::required(String)),
        ("authTags", Field::required(String)),
        ("connectionStatus", Field::required(status)),
        ("lastConnectionTest", Field::optional(Number)),
        ("connectionError", Field::optional(String)),
        ("schemaVersion", Field::required(Number)),
        ("lastSchemaDeploy", Field::optional(Number)),
        ("createdAt", Field::required(Number)),
        ("updatedAt", Field::required(Number)),
    ];
    let index = |name: &str, field: &str| Index {
        index_descriptor: name.to_owned(),
        fields: vec![field.to_owned()],
    };
    Table {
        table_name: TABLE.to_owned(),
        indexes: vec![index("by_user", "userId"), index("by_updated", "updatedAt")],
        staged_db_indexes: Vec::new(),
        search_indexes: Vec::new(),
        staged_search_indexes: Vec::new(),
        vector_indexes: Vec::new(),
        staged_vector_indexes: Vec::new(),
        document_type: Validator::Object {
            value: fields.into_iter().collect(),
        },
        other: BTreeMap::new(),
    }
}
