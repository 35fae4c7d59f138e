//! What the side does that documents come to where a move begins again: what was brought before is known on both sides.

use byod_schema::{MOVED_TABLE, Value};

use super::arguments::{Who, document, given, objects, text};
use super::digest::{hash_of, text_of};
use super::giving::{is_theirs, most, table_of};
use super::known::{cursor_of, page, row_of, rows_of};
use crate::error::FunctionError;
use crate::functions::{Ctx, Moving};
use crate::values::Object;

/// What becomes of what a move has brought that begins again. What was changed here alone stays as it is; what was changed
/// on the other side alone comes in its place; where both were, it comes beside it.
pub(super) fn brought_again(
    moving: &Moving,
    ctx: &Ctx<'_>,
    who: &Who,
    row: &mut Object,
    is_same: bool,
    anew: bool,
) -> Result<(), FunctionError> {
    if row.get("stays").is_none() {
        row.set("stays", false);
    }
    let new = of_row(moving, ctx, row, who);
    let written = new.map(text_of).transpose()?.map(|text| hash_of(&text));
    let is_changed = written.as_deref() != row.str("written");
    match written {
        Some(written) if is_same && is_changed => {
            row.remove("note");
            row.set("state", "done");
            row.set("written", written);
            row.set("stays", true);
        }
        Some(_) if is_same && !anew => {}
        Some(_) if !is_changed => {
            row.set("state", "listed");
        }
        _ => {
            for field in ["new", "written", "hash", "note", "stays"] {
                row.remove(field);
            }
            row.set("state", "listed");
        }
    }
    Ok(())
}

/// What has become of what, of a move that is over: for the side that it came from, if it goes back there.
pub(super) fn brought(ctx: &mut Ctx<'_>, args: Object) -> Result<Value, FunctionError> {
    let (id, table) = (text(&args, "move")?, text(&args, "table")?);
    let got = rows_of(ctx, &id, &table).page(&page(&args, most(&args)))?;
    let there = got.documents.iter().filter(|row| {
        let known = ["new", "hash", "written"];
        known.iter().all(|field| row.get(field).is_some())
    });
    let rows = there.map(|row| {
        let pair = [
            ("old", given(row, "new")),
            ("new", given(row, "old")),
            ("created", given(row, "created")),
            ("hash", given(row, "written")),
            ("written", given(row, "hash")),
        ];
        Value::from(Object::from(pair))
    });
    let rows: Vec<Value> = rows.collect();
    Ok(Object::from([("rows", rows.into()), ("cursor", cursor_of(&got))]).into())
}

/// Notes what documents were here before they moved: they are theirs still, whatever the other side says. How many are not
/// here any more, or somebody else's.
pub(super) fn adopt(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    mut args: Object,
) -> Result<Value, FunctionError> {
    let who = Who::of(&args)?;
    let (id, table) = (text(&args, "move")?, text(&args, "table")?);
    table_of(moving, &table)?;
    // They are known, and were made what they are by a move back that was called off.
    let are_known = args.bool("known").unwrap_or_default();
    let mut gone = 0.0;
    for pair in objects(&mut args, "rows")? {
        let (old, new) = (text(&pair, "old")?, text(&pair, "new")?);
        let there = document(ctx, &table, &new);
        let there = there.filter(|there| is_theirs(moving, ctx, &table, there, &who));
        let Some(written) = there.map(text_of).transpose()?.map(|text| hash_of(&text)) else {
            gone += 1.0;
            continue;
        };
        let states = [
            ("listed", given(&pair, "hash")),
            ("hash", given(&pair, "hash")),
            ("written", given(&pair, "written")),
        ];
        let row = row_of(ctx, &id, &old)?;
        if are_known {
            if let Some(mut row) = row.filter(|row| row.str("new") == Some(&new)) {
                for (field, value) in states {
                    row.set(field, value);
                }
                let id = row.id().unwrap_or_default().to_owned();
                ctx.replace(&id, row)?;
            }
            continue;
        }
        if row.as_ref().is_some_and(|row| row.get("new").is_some()) {
            continue;
        }
        let left = row_of(ctx, &left_of(&id), &old)?;
        for row in row.iter().chain(&left) {
            ctx.delete(row.id().unwrap_or_default())?;
        }
        let own = [
            ("move", id.as_str().into()),
            ("table", table.as_str().into()),
            ("old", old.into()),
            ("created", given(&pair, "created")),
            ("state", "done".into()),
            ("stays", true.into()),
        ];
        let mut row: Object = own.into_iter().chain(states).collect();
        // What a move back that was called off has made of it, if it is that still, is to be made anew.
        let is_made =
            |left: Object| left.str("new") == Some(&new) && left.str("written") == Some(&written);
        if left.is_some_and(is_made) {
            row.set("state", "listed");
            row.set("written", written);
        }
        row.set("new", new);
        ctx.insert(MOVED_TABLE, row)?;
    }
    Ok(gone.into())
}

/// Under which name is known what a move back that was called off has made of what was here before.
pub(super) fn left_of(id: &str) -> String {
    format!("{id} left")
}

/// What one has become; one that was here before may be somebody else's by now.
pub(super) fn of_row<'c>(
    moving: &Moving,
    ctx: &'c Ctx<'_>,
    row: &Object,
    who: &Who,
) -> Option<&'c Object> {
    let table = row.str("table").unwrap_or_default();
    let there = document(ctx, table, row.str("new").unwrap_or_default())?;
    let is_any = row.get("stays").is_none();
    (is_any || is_theirs(moving, ctx, table, there, who)).then_some(there)
}
