//! `byod/moves` of main: how far a user's data is on its way, and who sees to it.

use std::sync::Arc;

use byod_schema::{Field, Fields, FunctionType, Index, Table, Validator, Value};

use super::super::history::moved;
use super::arguments::{given, text};
use crate::error::FunctionError;
use crate::functions::{Body, Ctx};
use crate::values::Object;

pub(crate) const TABLE: &str = "byodMoves";
const RECORDS: &str = "userDatabaseConfig";

/// In these nobody writes what is on its way.
const FROZEN: [&str; 4] = ["freeze", "copy", "references", "verify"];

/// When what could not be deleted, though it was due, is looked at again.
const AGAIN: f64 = 3_600_000.0;

/// How often who looks on is told how far it is, in milliseconds.
const TELLING: f64 = 1_000.0;

/// No later time is there.
const NEVER: f64 = 9_007_199_254_740_991.0;

/// In these the other side doesn't answer yet, so it can be called off.
fn is_before(phase: &str) -> bool {
    phase == "check" || FROZEN.contains(&phase)
}

/// Each function, by its name.
pub(super) fn functions() -> Vec<(&'static str, FunctionType, Body)> {
    use FunctionType::{Mutation, Query};
    vec![
        ("get", Query, Arc::new(get)),
        ("open", Query, Arc::new(open)),
        ("begin", Mutation, Arc::new(begin)),
        ("take", Mutation, Arc::new(take)),
        ("step", Mutation, Arc::new(step)),
        ("release", Mutation, Arc::new(release)),
        ("cancel", Mutation, Arc::new(cancel)),
        ("end", Mutation, Arc::new(end)),
    ]
}

fn get(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let row = move_of(ctx, given(&args, "user"))?;
    Ok(row.map_or(Value::Null, |row| shown(&row, ctx.now())))
}

fn open(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let count = args.number("count").unwrap_or_default() as usize;
    let now = ctx.now();
    let rows = ctx
        .query(TABLE)
        .index("by_phase")
        .eq("phase", given(&args, "phase"))
        .filter(move |row| {
            row.number("until").is_some_and(|until| until <= now) && is_due(row, now)
        })
        .take(count)?;
    let rows = rows.into_iter().map(|row| {
        let user = given(&row, "user");
        Object::from([("user", user), ("move", shown(&row, ctx.now()))]).into()
    });
    Ok(Value::Array(rows.collect()))
}

fn begin(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let user = given(&args, "user");
    let present = current_of(ctx, user.clone())?;
    let again = args.get("again").cloned().map(Object::try_from);
    let again = again.transpose()?.filter(|again| {
        present.as_ref().is_some_and(|row| {
            let is_over = row.id() == again.str("id") && row.str("phase") == Some("tidy");
            let mut same = ["holder", "subject"].into_iter();
            is_over && same.all(|field| row.get(field) == args.get(field))
        })
    });
    if let (Some(present), None) = (&present, &again) {
        return Ok(shown(present, ctx.now()));
    }
    let Some(record) = record_of(ctx, user.clone())? else {
        return Ok("there is no record of a deployment".into());
    };
    let before = text(&record, "connectionStatus")?;
    let direction = text(&args, "direction")?;
    if before == "error" {
        return Ok("the deployment fails".into());
    }
    if direction == "out" && before == "pending" {
        return Ok("no deployment was connected".into());
    }
    if args
        .str("expected")
        .is_some_and(|expected| expected != before)
    {
        return Ok(format!("the deployment's status is \"{before}\" by now").into());
    }
    // So that it shows if they disconnect meanwhile.
    let is_back = direction == "in" && before == "disconnected";
    let was = if is_back {
        "pending".to_owned()
    } else {
        before.clone()
    };
    if is_back {
        set_status(ctx, &record, &was)?;
    }
    let now = ctx.now();
    let until = now + args.number("lease").unwrap_or_default();
    let row = [
        ("user", user),
        ("subject", given(&args, "subject")),
        ("direction", direction.into()),
        ("phase", "check".into()),
        ("before", before.into()),
        ("was", was.into()),
        ("authTags", given(&record, "authTags")),
        ("keepFor", given(&args, "keepFor")),
        ("table", Value::Null),
        ("done", 0.0.into()),
        ("total", 0.0.into()),
        ("holder", given(&args, "holder")),
        ("until", until.into()),
        (
            "report",
            again
                .as_ref()
                .map_or("{}".into(), |again| given(again, "report")),
        ),
    ];
    let id = match again {
        None => ctx.insert(TABLE, Object::from(row))?,
        Some(again) => {
            let id = text(&again, "id")?;
            ctx.replace(&id, Object::from(row))?;
            id
        }
    };
    tell(ctx, &record)?;
    let row = ctx.get(&id);
    Ok(row.map_or(Value::Null, |row| shown(&row, now)))
}

fn take(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let Some(mut row) = current_of(ctx, given(&args, "user"))? else {
        return Ok(Value::Null);
    };
    let is_held =
        row.str("holder") != Some("") && row.number("until").unwrap_or_default() > ctx.now();
    if row.get("holder") == args.get("holder") || !is_held {
        row.set("holder", given(&args, "holder"));
        row.set(
            "until",
            ctx.now() + args.number("lease").unwrap_or_default(),
        );
        write(ctx, &row)?;
    }
    Ok(shown(&row, ctx.now()))
}

fn step(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let user = given(&args, "user");
    let Some(mut row) = held_by(ctx, &args)?.filter(|row| row.get("phase") == args.get("phase"))
    else {
        return Ok(false.into());
    };
    let phase = text(&args, "phase")?;
    let record = record_of(ctx, user)?;
    if is_off(record.as_ref(), &row) {
        call_off(ctx, record.as_ref(), &mut row)?;
        return Ok(false.into());
    }
    for field in ["table", "done", "total", "report"] {
        row.set(field, given(&args, field));
    }
    row.set(
        "until",
        ctx.now() + args.number("lease").unwrap_or_default(),
    );
    let Some(next) = args.str("next").filter(|next| *next != phase) else {
        write(ctx, &row)?;
        let now = ctx.now();
        let is_due = |record: &Object| {
            let updated = record.number("updatedAt");
            updated.is_some_and(|updated| updated + TELLING <= now)
        };
        // Afterwards nobody waits for it, and who connects would find another record each time.
        if let Some(record) = record.filter(|record| is_before(&phase) && is_due(record)) {
            tell(ctx, &record)?;
        }
        return Ok(true.into());
    };
    let Some(record) = record else {
        write(ctx, &row)?;
        return Ok(false.into());
    };
    row.set("phase", next);
    if next == "freeze" {
        row.set("frozen", ctx.now());
    }
    if is_before(&phase) && next == "tidy" {
        // From this transaction on the other side answers.
        let status = match row.str("direction") {
            Some("in") => "connected",
            _ => "disconnected",
        };
        row.set("switched", ctx.now());
        moved(ctx, &record, row.str("direction").unwrap_or_default())?;
        set_status(ctx, &record, status)?;
    }
    write(ctx, &row)?;
    tell(ctx, &record)?;
    Ok(true.into())
}

fn release(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    if let Some(mut row) = held_by(ctx, &args)? {
        row.set("until", look_at(&row, ctx.now()));
        row.set("holder", "");
        write(ctx, &row)?;
    }
    Ok(Value::Null)
}

fn cancel(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let Some(mut row) = move_of(ctx, given(&args, "user"))? else {
        return Ok(Value::Null);
    };
    if row.str("phase").is_some_and(is_before) {
        let record = record_of(ctx, given(&args, "user"))?;
        call_off(ctx, record.as_ref(), &mut row)?;
    }
    Ok(shown(&row, ctx.now()))
}

fn end(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let row = held_by(ctx, &args)?;
    let Some(row) = row.filter(|row| !row.str("phase").is_some_and(is_before)) else {
        return Ok(false.into());
    };
    match args.get("former").cloned() {
        None | Some(Value::Null) => ctx.delete(row.id().unwrap_or_default())?,
        Some(former) => {
            let former = Object::try_from(former)?;
            let mut over = row.clone();
            for field in ["direction", "keepFor", "report"] {
                over.set(field, given(&former, field));
            }
            over.set("phase", "tidy");
            over.set("switched", ctx.now());
            over.set("until", look_at(&over, ctx.now()));
            over.set("holder", "");
            write(ctx, &over)?;
        }
    }
    if let Some(record) = record_of(ctx, given(&args, "user"))? {
        if row.str("phase") == Some("cancel") && is_as_before(Some(&record), &row) {
            set_status(ctx, &record, &text(&row, "before")?)?;
        }
        tell(ctx, &record)?;
    }
    Ok(true.into())
}

/// Whether nobody has changed since it began where the user's data is.
fn is_as_before(record: Option<&Object>, row: &Object) -> bool {
    record.is_some_and(|record| {
        record.get("connectionStatus") == row.get("was")
            && record.get("authTags") == row.get("authTags")
    })
}

/// Whether somebody has connected, disconnected or blocked them, who is heard before.
fn is_off(record: Option<&Object>, row: &Object) -> bool {
    row.str("phase").is_some_and(is_before) && !is_as_before(record, row)
}

/// From when on somebody is to look at one that nobody sees to: never, where it stays for good.
fn look_at(row: &Object, now: f64) -> f64 {
    if row.str("phase") != Some("tidy") {
        return now;
    }
    let Some(keep) = row.number("keepFor") else {
        return NEVER;
    };
    let due = row.number("switched").unwrap_or(now) + keep;
    if due > now { due } else { now + AGAIN }
}

/// Whether there is something to do for one that nobody sees to.
fn is_due(row: &Object, now: f64) -> bool {
    let stayed = now - row.number("switched").unwrap_or(now);
    row.str("phase") != Some("tidy") || row.number("keepFor").is_some_and(|keep| keep <= stayed)
}

/// The record's credentials were sealed anew, and are the same: a move goes on.
pub(crate) fn resealed(
    ctx: &mut Ctx<'_>,
    user: Value,
    before: Option<&Value>,
    auth_tags: Value,
) -> Result<(), FunctionError> {
    match move_of(ctx, user)? {
        Some(mut row) if row.get("authTags") == before => {
            row.set("authTags", auth_tags);
            write(ctx, &row)
        }
        _ => Ok(()),
    }
}

fn set_status(ctx: &mut Ctx<'_>, record: &Object, status: &str) -> Result<(), FunctionError> {
    let changes = Object::from([("connectionStatus", status.into())]);
    ctx.patch(record.id().unwrap_or_default(), changes)
}

/// The record, with how far the user's move is by that name.
pub(crate) fn with_move(
    ctx: &Ctx<'_>,
    mut record: Object,
    name: &str,
) -> Result<Object, FunctionError> {
    if let Some(mut row) = move_of(ctx, given(&record, "userId"))? {
        // It is, before whoever sees to it has noticed.
        if is_off(Some(&record), &row) {
            row.set("phase", "cancel");
        }
        let frozen = row
            .str("phase")
            .is_some_and(|phase| FROZEN.contains(&phase));
        let shown = ["direction", "phase", "table", "done", "total"];
        let shown = shown.map(|field| (field, given(&row, field)));
        let shown = shown.into_iter().chain([("frozen", frozen.into())]);
        record.set(name, shown.collect::<Object>());
    }
    Ok(record)
}

/// Whoever sees to it finds that it is nobody's.
fn call_off(
    ctx: &mut Ctx<'_>,
    record: Option<&Object>,
    row: &mut Object,
) -> Result<(), FunctionError> {
    row.set("phase", "cancel");
    row.set("holder", "");
    row.set("until", 0.0);
    write(ctx, row)?;
    record.map_or(Ok(()), |record| tell(ctx, record))
}

/// The user's move; called off, where it is by what has become of the record.
fn current_of(ctx: &mut Ctx<'_>, user: Value) -> Result<Option<Object>, FunctionError> {
    let Some(mut row) = move_of(ctx, user.clone())? else {
        return Ok(None);
    };
    let record = record_of(ctx, user)?;
    if is_off(record.as_ref(), &row) {
        call_off(ctx, record.as_ref(), &mut row)?;
    }
    Ok(Some(row))
}

fn write(ctx: &mut Ctx<'_>, row: &Object) -> Result<(), FunctionError> {
    ctx.replace(row.id().unwrap_or_default(), row.clone())
}

fn move_of(ctx: &Ctx<'_>, user: Value) -> Result<Option<Object>, FunctionError> {
    ctx.query(TABLE).eq("user", user).first()
}

/// The one of that id, if who asks sees to it.
fn held_by(ctx: &Ctx<'_>, args: &Object) -> Result<Option<Object>, FunctionError> {
    let row = move_of(ctx, given(args, "user"))?;
    Ok(row.filter(|row| row.id() == args.str("id") && row.get("holder") == args.get("holder")))
}

fn record_of(ctx: &Ctx<'_>, user: Value) -> Result<Option<Object>, FunctionError> {
    ctx.query(RECORDS).eq("userId", user).first()
}

/// The record is read again by all who have it.
fn tell(ctx: &mut Ctx<'_>, record: &Object) -> Result<(), FunctionError> {
    let before = record.number("updatedAt").unwrap_or_default();
    let changes = [("updatedAt", ctx.now().max(before + 1.0).into())];
    ctx.patch(record.id().unwrap_or_default(), Object::from(changes))
}

fn shown(row: &Object, now: f64) -> Value {
    let fields = [
        "subject",
        "direction",
        "phase",
        "keepFor",
        "authTags",
        "before",
        "table",
        "done",
        "total",
        "holder",
        "report",
    ];
    let ago = |field| {
        row.number(field)
            .map_or(Value::Null, |at| (now - at).into())
    };
    let held = match row.str("holder") {
        Some("") => 0.0,
        _ => (row.number("until").unwrap_or_default() - now).max(0.0),
    };
    let own = fields.map(|field| (field, given(row, field)));
    let others = [
        ("id", given(row, "_id")),
        ("frozen", ago("frozen")),
        ("switched", ago("switched")),
        ("held", held.into()),
    ];
    own.into_iter().chain(others).collect::<Object>().into()
}

/// The table, for a project that doesn't declare it.
pub(super) fn table() -> Table {
    use Validator::{Any, Number, String};
    let or_null = |one| Validator::Union {
        value: vec![one, Validator::Null],
    };
    let fields = [
        ("user", Field::required(Any)),
        ("subject", Field::required(String)),
        ("direction", Field::required(String)),
        ("phase", Field::required(String)),
        ("before", Field::required(String)),
        ("was", Field::required(String)),
        ("authTags", Field::required(String)),
        ("keepFor", Field::required(or_null(Number))),
        ("table", Field::required(or_null(String))),
        ("done", Field::required(Number)),
        ("total", Field::required(Number)),
        ("holder", Field::required(String)),
        ("until", Field::required(Number)),
        ("frozen", Field::optional(Number)),
        ("switched", Field::optional(Number)),
        ("report", Field::required(String)),
    ];
    let index = |name: &str, fields: &[&str]| Index {
        index_descriptor: name.to_owned(),
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
    };
    Table {
        table_name: TABLE.to_owned(),
        indexes: vec![
            index("by_user", &["user"]),
            index("by_phase", &["phase", "until"]),
        ],
        document_type: Validator::Object {
            value: Fields::from_iter(fields),
        },
        ..byod_schema::moved_table()
    }
}
