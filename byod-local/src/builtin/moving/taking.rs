//! What the side does that the documents come to: it keeps in `byodMoved` which of its own each has become, so that
//! whatever is sent again adds nothing.

use std::collections::{BTreeMap, BTreeSet};

use byod_schema::{MOVED_TABLE, Value};

use super::again::{brought_again, former_of, keep_former, of_row, restored};
use super::arguments::{Who, document, given, objects, text, text_in, texts};
use super::arriving::{Arriving, Rings};
use super::digest::{hash_of, text_of};
use super::giving::{most, table_of};
use super::known::{cursor_of, page, row_of, rows_of};
use super::references::Walk;
use crate::error::FunctionError;
use crate::functions::{Ctx, Moving};
use crate::values::Object;

/// How many notes are given of one page.
const MOST_NOTES: usize = 100;

/// What a note begins with of a document that goes without something.
const WITHOUT: &str = "without ";

/// Notes what is to come: what is new, or another than what has come, is to be taken.
pub(super) fn list(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    mut args: Object,
) -> Result<Value, FunctionError> {
    let (id, table) = (text(&args, "move")?, text(&args, "table")?);
    table_of(moving, &table)?;
    let (mut added, mut changed) = (0, 0);
    let (who, again) = (Who::of(&args)?, args.bool("again").unwrap_or_default());
    let anew = args.bool("anew").unwrap_or_default();
    for row in objects(&mut args, "rows")? {
        let (old, hash) = (text_in(&row, "old")?, text_in(&row, "hash")?);
        let known = row_of(ctx, &id, old)?;
        if is_late(known.as_ref(), &args) {
            continue;
        }
        let mut next = known.clone().unwrap_or_default();
        let is_brought = next.str("state") == Some("kept") || next.get("written").is_some();
        if again && is_brought {
            let is_same = next.str("hash") == Some(hash);
            brought_again(moving, ctx, &who, &mut next, is_same, anew)?;
        } else if next.str("listed") != Some(hash) {
            next.set("state", "listed");
        }
        next.set("listed", hash);
        if let Some(round) = args.get("round") {
            next.set("round", round.clone());
        }
        match known {
            None => {
                next.set("move", id.as_str());
                next.set("table", table.as_str());
                next.set("old", old);
                next.set("created", given(&row, "created"));
                ctx.insert(MOVED_TABLE, next)?;
                added += 1;
            }
            Some(known) if known != next => {
                let is_listed = known.get("listed") != next.get("listed")
                    || known.get("state") != next.get("state");
                changed += usize::from(is_listed);
                replace(ctx, next)?;
            }
            Some(_) => {}
        }
    }
    Ok(counts([("added", added), ("changed", changed)]))
}

/// Removes what has come of documents that the round didn't list.
pub(super) fn prune(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    args: Object,
) -> Result<Value, FunctionError> {
    let (who, stays) = (Who::of(&args)?, args.bool("stays").unwrap_or_default());
    let (id, table) = (text(&args, "move")?, text(&args, "table")?);
    let got = rows_of(ctx, &id, &table).page(&page(&args, 500))?;
    let gone = got.documents.iter();
    // Another may have gone on, and listed it since.
    let gone = gone.filter(|row| round_of(row).is_none_or(|round| Some(round) < round_of(&args)));
    let gone: Vec<Object> = gone.map(|row| (*row).clone()).collect();
    let cursor = cursor_of(&got);
    for row in gone {
        // So does what was changed here, and what is somebody else's by now.
        let there = of_row(moving, ctx, &row, &who).filter(|_| !stays);
        let text = there.map(text_of).transpose()?;
        let goes = text.is_some_and(|text| Some(&*hash_of(&text)) == row.str("written"));
        if !goes {
            restored(moving, ctx, &id, row.str("old").unwrap_or_default())?;
        }
        remove(ctx, &row, goes)?;
    }
    Ok(cursor)
}

/// What is in a state, in the order in which it was made.
pub(super) fn next(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let (id, table) = (text(&args, "move")?, text(&args, "table")?);
    let mut rows = rows_of(ctx, &id, &table);
    if let Some(state) = args.str("state") {
        rows = rows.eq("state", state);
    }
    let got = rows.page(&page(&args, most(&args)))?;
    let rows = got.documents.iter().map(|row| {
        let hash = row.str("hash").unwrap_or_default();
        let row = [
            ("old", given(row, "old")),
            ("hash", hash.into()),
            ("note", given(row, "note")),
        ];
        Value::from(Object::from(row))
    });
    let rows: Vec<Value> = rows.collect();
    Ok(Object::from([("rows", rows.into()), ("cursor", cursor_of(&got))]).into())
}

/// Takes documents: each becomes one here, or waits, or is kept where it is.
pub(super) fn write(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    mut args: Object,
) -> Result<Value, FunctionError> {
    let who = Who::of(&args)?;
    let (id, name) = (text(&args, "move")?, text(&args, "table")?);
    let table = table_of(moving, &name)?;
    let is_final = args.bool("isFinal").unwrap_or_default();
    let rings = args.str("rings").and_then(Rings::of);
    let mut said = [("done", 0), ("partial", 0), ("held", 0), ("kept", 0)];
    for sent in objects(&mut args, "documents")? {
        let Some(mut row) = row_of(ctx, &id, text_in(&sent, "old")?)? else {
            // It is cancelled, or was never asked for.
            continue;
        };
        if row.str("table") != Some(&name) {
            continue;
        }
        let text = text_in(&sent, "text")?;
        if Some(&*hash_of(text)) != sent.str("hash") {
            return Err("What has come isn't what was sent".into());
        }
        // Whatever is to be written anew is listed before: this is sent once more, or by who has stopped since.
        if let Some(state @ ("done" | "kept")) = row.str("state") {
            count(&mut said, state);
            continue;
        }
        let value: Value =
            serde_json::from_str(text).map_err(|error| FunctionError::new(error.to_string()))?;
        let mut arriving = Arriving {
            moving,
            ctx,
            who: &who,
            id: &id,
            rings,
            waits: false,
            bridges: false,
        };
        let mut walk = Walk::new(moving, &mut arriving);
        let again = (rings == Some(Rings::Bridge)).then(|| value.clone());
        let mut document = walk.rewritten(&table.takes, value, "")?;
        let mut lacks = walk.lacks;
        if document.is_none()
            && arriving.waits
            && let Some(value) = again
        {
            arriving.bridges = true;
            let mut walk = Walk::new(moving, &mut arriving);
            document = walk.rewritten(&table.takes, value, "")?;
            lacks = walk.lacks;
        }
        let waits = arriving.waits && !is_final;
        let is_bridged =
            rings == Some(Rings::Close) || (arriving.bridges && rings != Some(Rings::Settle));
        let state = match document {
            None if waits => "held",
            None => "kept",
            Some(_) if is_bridged => "bridged",
            Some(_) if waits => "partial",
            Some(_) => "done",
        };
        match document {
            None => {
                let note = (state == "kept").then(|| format!("it needs {}", lacks.join(", ")));
                if state == "held" && row.get("new").is_some() {
                    // What it was so far stays in its place, for whoever refers to it.
                    row.set("state", state);
                    replace(ctx, row)?;
                } else {
                    stay(moving, ctx, &who, row, state, note)?;
                }
            }
            Some(document) => {
                let mut document = Object::try_from(document)?;
                if let Some((field, is_id)) = &table.owner {
                    let name = if *is_id { &who.user } else { &who.subject };
                    document.set(field.as_str(), name.as_str());
                }
                if let Some(field) = table
                    .created
                    .as_ref()
                    .filter(|field| document.get(field).is_none())
                {
                    document.set(field.as_str(), given(&sent, "created"));
                }
                let there = of_row(moving, ctx, &row, &who).is_some();
                if there && row.bool("stays") == Some(true) {
                    keep_former(ctx, &row)?;
                }
                row.set("written", hash_of(&text_of(&document)?));
                match row.str("new").filter(|_| there) {
                    Some(new) => ctx.replace(new, document)?,
                    None => {
                        let new = ctx.insert(&name, document)?;
                        row.set("new", new);
                    }
                }
                row.set("state", state);
                row.set("hash", given(&sent, "hash"));
                match lacks.is_empty() {
                    true => row.remove("note"),
                    false => row.set("note", format!("{WITHOUT}{}", lacks.join(", "))),
                };
                replace(ctx, row)?;
            }
        }
        count(
            &mut said,
            if state == "bridged" { "partial" } else { state },
        );
    }
    Ok(counts(said))
}

/// Keeps a document where it is, for that reason.
pub(super) fn keep(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    args: Object,
) -> Result<Value, FunctionError> {
    let who = Who::of(&args)?;
    let row = row_of(ctx, &text(&args, "move")?, &text(&args, "old")?)?;
    // What is here whole, nobody who knows of it keeps elsewhere.
    if let Some(row) = row.filter(|row| row.str("state") != Some("done")) {
        let reason = text(&args, "reason")?;
        stay(
            moving,
            ctx,
            &who,
            row,
            "kept",
            Some(reason.chars().take(500).collect()),
        )?;
    }
    Ok(Value::Null)
}

/// What there is of one table: by what both sides are compared.
pub(super) fn verify(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    args: Object,
) -> Result<Value, FunctionError> {
    let who = Who::of(&args)?;
    let (id, table) = (text(&args, "move")?, text(&args, "table")?);
    let got = rows_of(ctx, &id, &table).page(&page(&args, most(&args)))?;
    let (mut hashes, mut wrong) = (Vec::new(), Vec::new());
    let mut notes: BTreeMap<&str, f64> = BTreeMap::new();
    let (mut done, mut kept, mut gone) = (0.0, 0.0, 0.0);
    for row in &got.documents {
        if row.str("state") == Some("kept") {
            kept += 1.0;
        } else if is_written(ctx, row, &table)? {
            done += 1.0;
            let lacks = row.str("note").and_then(|note| note.strip_prefix(WITHOUT));
            let lacks: BTreeSet<&str> = lacks.into_iter().flat_map(|all| all.split(", ")).collect();
            for path in lacks {
                if notes.len() < MOST_NOTES || notes.contains_key(path) {
                    *notes.entry(path).or_default() += 1.0;
                }
            }
        } else {
            wrong.push(given(row, "old"));
            if of_row(moving, ctx, row, &who).is_none() {
                gone += 1.0;
            }
        }
        hashes.push(given(row, "listed"));
    }
    let notes = notes.into_iter().map(|(path, times)| {
        let note = format!("{WITHOUT}`{path}`");
        Object::from([("note", note.into()), ("times", times.into())]).into()
    });
    let notes: Vec<Value> = notes.collect();
    Ok(Object::from([
        ("hashes", hashes.into()),
        ("done", done.into()),
        ("kept", kept.into()),
        ("wrong", wrong.into()),
        ("gone", gone.into()),
        ("notes", notes.into()),
        ("cursor", cursor_of(&got)),
    ])
    .into())
}

/// Has documents taken again, whatever has come of them.
pub(super) fn again(ctx: &mut Ctx<'_>, mut args: Object) -> Result<Value, FunctionError> {
    let id = text(&args, "move")?;
    for old in texts(&mut args, "olds") {
        let row = row_of(ctx, &id, &old)?;
        if let Some(mut row) = row.filter(|row| !is_late(Some(row), &args)) {
            row.set("state", "listed");
            replace(ctx, row)?;
        }
    }
    Ok(Value::Null)
}

/// Removes what has come, some at a time; whether there is more.
pub(super) fn clear(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    args: Object,
) -> Result<Value, FunctionError> {
    let (id, most) = (text(&args, "move")?, most(&args));
    // What was here before is what it was.
    let former = all_of(ctx, &former_of(&id), most)?;
    for row in &former {
        restored(moving, ctx, &id, &text(row, "old")?)?;
    }
    if !former.is_empty() {
        return Ok(true.into());
    }
    let rows = all_of(ctx, &id, most)?;
    for row in &rows {
        remove(ctx, row, row.bool("stays") != Some(true))?;
    }
    Ok((!rows.is_empty()).into())
}

/// Forgets what has become of what; whether there is more.
pub(super) fn forget(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let (id, most) = (text(&args, "move")?, most(&args));
    let mut rows = all_of(ctx, &former_of(&id), most)?;
    rows.extend(all_of(ctx, &id, most - rows.len())?);
    for row in &rows {
        ctx.delete(row.id().unwrap_or_default())?;
    }
    Ok((!rows.is_empty()).into())
}

/// Which of these files have come: there are none here.
pub(super) fn files(_: &mut Ctx<'_>, _: Object) -> Result<Value, FunctionError> {
    Ok(Vec::<Value>::new().into())
}

/// No file can be kept here.
pub(super) fn fetched(_: &mut Ctx<'_>, _: Object) -> Result<Value, FunctionError> {
    Ok(false.into())
}

/// It isn't here, and if it was it goes; what was here before this move is what it was.
fn stay(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    who: &Who,
    mut row: Object,
    state: &str,
    note: Option<String>,
) -> Result<(), FunctionError> {
    let is_there = of_row(moving, ctx, &row, who).is_some();
    if is_there && row.bool("stays") == Some(true) {
        if let Some(written) = restored(moving, ctx, &text(&row, "move")?, &text(&row, "old")?)? {
            row.set("written", written);
        }
    } else {
        if is_there {
            drop_new(ctx, &row)?;
        }
        for field in ["new", "written", "hash"] {
            row.remove(field);
        }
    }
    row.remove("note");
    row.set("state", state);
    if let Some(note) = note {
        row.set("note", note);
    }
    replace(ctx, row)
}

/// Which listing it was the last that has told of it, or that it is.
fn round_of(of: &Object) -> Option<f64> {
    match of.get("round") {
        Some(Value::Float64(round)) => Some(*round),
        _ => None,
    }
}

/// Whether whoever says so had stopped, and another has gone on and listed it since.
fn is_late(row: Option<&Object>, args: &Object) -> bool {
    let (listed, round) = (row.and_then(round_of), round_of(args));
    round.is_some() && listed > round
}

fn is_written(ctx: &Ctx<'_>, row: &Object, table: &str) -> Result<bool, FunctionError> {
    if row.str("state") != Some("done") || row.get("hash") != row.get("listed") {
        return Ok(false);
    }
    match document(ctx, table, row.str("new").unwrap_or_default()) {
        Some(new) => Ok(Some(&*hash_of(&text_of(new)?)) == row.str("written")),
        None => Ok(false),
    }
}

/// Removes that one has come, and perhaps what has come of it.
fn remove(ctx: &mut Ctx<'_>, row: &Object, goes: bool) -> Result<(), FunctionError> {
    if goes {
        drop_new(ctx, row)?;
    }
    ctx.delete(row.id().unwrap_or_default())
}

fn drop_new(ctx: &mut Ctx<'_>, row: &Object) -> Result<(), FunctionError> {
    match row.str("new").filter(|new| ctx.peek(new).is_some()) {
        Some(new) => ctx.delete(new),
        None => Ok(()),
    }
}

fn replace(ctx: &mut Ctx<'_>, row: Object) -> Result<(), FunctionError> {
    let id = row.id().unwrap_or_default().to_owned();
    ctx.replace(&id, row)
}

fn all_of(ctx: &Ctx<'_>, id: &str, count: usize) -> Result<Vec<Object>, FunctionError> {
    let rows = ctx.query(MOVED_TABLE).index("by_old");
    rows.eq("move", id).take(count)
}

fn count(counts: &mut [(&str, usize)], state: &str) {
    for (name, count) in counts {
        *count += usize::from(*name == state);
    }
}

fn counts<const N: usize>(counts: [(&str, usize); N]) -> Value {
    Object::from(counts.map(|(name, count)| (name, (count as f64).into()))).into()
}
