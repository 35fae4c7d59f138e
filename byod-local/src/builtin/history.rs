//! `byod/history` of main: what has become of each user's deployment, and how far roll-outs are, as `byod export --main`
//! writes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use byod_schema::{
    Field, Fields, Function, FunctionPath, FunctionType, Index, Table, Validator, Value, Visibility,
};

use crate::error::FunctionError;
use crate::functions::{Body, Ctx, Entry, Project};
use crate::values::Object;

const MODULE: &str = "byod/history";
const HISTORY: &str = "byodHistory";
const ROLLOUTS: &str = "byodRollouts";

/// How much of each user's history is kept.
const KEPT: usize = 50;

/// How many roll-outs are.
const KEPT_ROLLOUTS: usize = 20;

/// The functions; adds their tables to the project where it has none.
pub(crate) fn functions(project: &mut Project) -> Vec<Entry> {
    for table in [history_table(), rollouts_table()] {
        if project.schema.table(&table.table_name).is_none() {
            project.schema.tables.push(table);
        }
    }
    use FunctionType::{Mutation, Query};
    let functions: [(_, _, Body); 3] = [
        ("get", Query, Arc::new(get)),
        ("rolling", Mutation, Arc::new(rolling)),
        ("rollouts", Query, Arc::new(rollouts)),
    ];
    functions
        .map(|(name, function_type, body)| {
            let path = FunctionPath::new(MODULE, name);
            let declared = project.functions.get(&path).cloned();
            Entry {
                keyed: None,
                claimed: None,
                path,
                declared: declared.unwrap_or(Function {
                    function_type,
                    visibility: Visibility::Internal,
                    args: Validator::Any,
                    returns: None,
                }),
                body,
            }
        })
        .into()
}

/// Keeps what a change of a record means for its user's deployment; `before` is the record as it was.
pub(crate) fn noted(
    ctx: &mut Ctx<'_>,
    id: &str,
    before: Option<&Object>,
) -> Result<(), FunctionError> {
    let Some(after) = ctx.get(id) else {
        return Ok(());
    };
    let was = before.and_then(|before| before.str("connectionStatus"));
    let is = after.str("connectionStatus");
    let is_other = |field| before.and_then(|before| before.get(field)) != after.get(field);
    let kind = match (was, is) {
        (was, Some("error")) if was != Some("error") => Some("blocked"),
        (Some("error"), Some("connected")) => Some("recovered"),
        (was, Some(is @ ("connected" | "disconnected"))) if was != Some(is) => Some(is),
        (was, is) if was == is && is_other("authTags") => Some("credentials"),
        _ => None,
    };
    if let Some(kind) = kind {
        add(ctx, &after, kind, None)?;
    }
    if after.number("lastSchemaDeploy").is_some() && is_other("lastSchemaDeploy") {
        add(ctx, &after, "deployed", None)?;
    }
    Ok(())
}

/// Keeps that a user's data answers from the other side now.
pub(crate) fn moved(
    ctx: &mut Ctx<'_>,
    record: &Object,
    direction: &str,
) -> Result<(), FunctionError> {
    add(ctx, record, "moved", Some(direction))
}

fn add(
    ctx: &mut Ctx<'_>,
    record: &Object,
    kind: &str,
    direction: Option<&str>,
) -> Result<(), FunctionError> {
    let user = record.get("userId").cloned().unwrap_or(Value::Null);
    let kept = ctx.query(HISTORY).eq("user", user.clone()).take(KEPT)?;
    if kept.len() == KEPT
        && let Some(oldest) = kept.first().and_then(Object::id)
    {
        ctx.delete(oldest)?;
    }
    let version = record.number("schemaVersion").unwrap_or_default();
    let row = [
        ("user", user),
        ("kind", kind.into()),
        ("version", version.into()),
    ];
    let direction = direction.map(|direction| ("direction", direction.into()));
    let row: Object = row.into_iter().chain(direction).collect();
    ctx.insert(HISTORY, row)?;
    Ok(())
}

fn get(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let user = args.get("user").cloned().unwrap_or(Value::Null);
    let kept = ctx.query(HISTORY).eq("user", user).desc().take(KEPT)?;
    let shown = kept.into_iter().map(|mut row| {
        row.remove("_id");
        row.remove("user");
        let at = row.remove("_creationTime").unwrap_or(Value::Null);
        row.set("at", at);
        row.into()
    });
    Ok(Value::Array(shown.collect()))
}

fn rolling(ctx: &mut Ctx<'_>, mut given: Object) -> Result<Value, FunctionError> {
    let updated = ctx.now();
    given.set("updated", updated);
    let run = given.get("run").cloned().unwrap_or(Value::Null);
    let present = ctx.query(ROLLOUTS).eq("run", run).first()?;
    if let Some(id) = present.as_ref().and_then(Object::id) {
        ctx.patch(id, given)?;
        return Ok(Value::Null);
    }
    let kept = latest(ctx)?;
    if kept.len() == KEPT_ROLLOUTS
        && let Some(oldest) = kept.last().and_then(Object::id)
    {
        ctx.delete(oldest)?;
    }
    given.set("begun", updated);
    ctx.insert(ROLLOUTS, given)?;
    Ok(Value::Null)
}

fn rollouts(ctx: &mut Ctx<'_>, _: Object) -> Result<Value, FunctionError> {
    let shown = latest(ctx)?.into_iter().map(|mut row| {
        row.remove("_id");
        row.remove("_creationTime");
        row.into()
    });
    Ok(Value::Array(shown.collect()))
}

fn latest(ctx: &Ctx<'_>) -> Result<Vec<Object>, FunctionError> {
    let rollouts = ctx.query(ROLLOUTS).index("by_updated");
    rollouts.desc().take(KEPT_ROLLOUTS)
}

fn history_table() -> Table {
    use Validator::{Any, Number, String};
    let fields = [
        ("user", Field::required(Any)),
        ("kind", Field::required(String)),
        ("version", Field::required(Number)),
        ("direction", Field::optional(String)),
    ];
    table(HISTORY, &fields, &[("by_user", "user")])
}

fn rollouts_table() -> Table {
    use Validator::{Any, Number, String};
    let fields = [
        ("run", Field::required(String)),
        ("by", Field::required(String)),
        ("version", Field::required(Number)),
        ("state", Field::required(String)),
        ("wave", Field::required(Number)),
        ("waves", Field::required(Any)),
        ("begun", Field::required(Number)),
        ("updated", Field::required(Number)),
    ];
    let indexes = [("by_run", "run"), ("by_updated", "updated")];
    table(ROLLOUTS, &fields, &indexes)
}

fn table(name: &str, fields: &[(&str, Field)], indexes: &[(&str, &str)]) -> Table {
    let indexes = indexes.iter().map(|&(index, field)| Index {
        index_descriptor: index.to_owned(),
        fields: vec![field.to_owned()],
    });
    Table {
        table_name: name.to_owned(),
        indexes: indexes.collect(),
        staged_db_indexes: Vec::new(),
        search_indexes: Vec::new(),
        staged_search_indexes: Vec::new(),
        vector_indexes: Vec::new(),
        staged_vector_indexes: Vec::new(),
        document_type: Validator::Object {
            value: Fields::from_iter(fields.iter().cloned()),
        },
        other: BTreeMap::new(),
    }
}
