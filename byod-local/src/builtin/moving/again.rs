//! What the side does that documents come to where a move begins again: what was brought before is known on both sides.

use byod_schema::{MOVED_TABLE, Value};

use super::arguments::{Who, document, given, objects, text};
use super::digest::{hash_of, text_of};
use super::giving::{is_theirs, most, table_of};
use super::known::{cursor_of, page, row_of, rows_of};
use super::references::{Becomes, Rewritten, Walk, is_of};
use crate::error::FunctionError;
use crate::functions::{Ctx, Moving};
use crate::values::Object;

/// How long a document may be to be what it was where a move is called off: it is kept as a text.
const MOST_FORMER: usize = 300_000;

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
        Some(_) if is_same => {
            if anew && names_gone(moving, ctx, row)? {
                row.set("state", "listed");
            }
        }
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
    let mut gone = 0.0;
    for pair in objects(&mut args, "rows")? {
        let (old, new) = (text(&pair, "old")?, text(&pair, "new")?);
        let there = document(ctx, &table, &new);
        if !there.is_some_and(|there| is_theirs(moving, ctx, &table, there, &who)) {
            gone += 1.0;
            continue;
        }
        let known = row_of(ctx, &id, &old)?;
        if known.as_ref().is_some_and(|row| row.get("new").is_some()) {
            continue;
        }
        if let Some(known) = known {
            ctx.delete(known.id().unwrap_or_default())?;
        }
        let row = Object::from([
            ("move", id.as_str().into()),
            ("table", table.as_str().into()),
            ("old", old.into()),
            ("created", given(&pair, "created")),
            ("state", "done".into()),
            ("listed", given(&pair, "hash")),
            ("hash", given(&pair, "hash")),
            ("written", given(&pair, "written")),
            ("new", new.into()),
            ("stays", true.into()),
        ]);
        ctx.insert(MOVED_TABLE, row)?;
    }
    Ok(gone.into())
}

/// Under which name is known what was here before a move, as long as that may be called off.
pub(super) fn former_of(id: &str) -> String {
    format!("{id} former")
}

/// Keeps what a document is that was here before the move, the first time that another comes in its place.
pub(super) fn keep_former(ctx: &mut Ctx<'_>, row: &Object) -> Result<(), FunctionError> {
    let (id, table, old) = (text(row, "move")?, text(row, "table")?, text(row, "old")?);
    let new = text(row, "new")?;
    let former = document(ctx, &table, &new).map(text_of).transpose()?;
    let former = former.filter(|former| former.encode_utf16().count() <= MOST_FORMER);
    let (Some(former), None) = (former, row_of(ctx, &former_of(&id), &old)?) else {
        return Ok(());
    };
    let kept = Object::from([
        ("move", former_of(&id).into()),
        ("table", table.into()),
        ("old", old.into()),
        ("new", new.into()),
        ("created", 0.0.into()),
        ("state", "former".into()),
        ("listed", "".into()),
        ("former", former.into()),
    ]);
    ctx.insert(MOVED_TABLE, kept)?;
    Ok(())
}

/// Has the document what it had before the move, unless somebody else has changed it: what tells that.
pub(super) fn restored(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    id: &str,
    old: &str,
) -> Result<Option<String>, FunctionError> {
    let Some(kept) = row_of(ctx, &former_of(id), old)? else {
        return Ok(None);
    };
    ctx.delete(kept.id().unwrap_or_default())?;
    let (table, new) = (text(&kept, "table")?, text(&kept, "new")?);
    let there = document(ctx, &table, &new);
    let there = there.map(text_of).transpose()?.map(|text| hash_of(&text));
    let row = row_of(ctx, id, old)?;
    if there.is_none() || row.as_ref().and_then(|row| row.str("written")) != there.as_deref() {
        return Ok(None);
    }
    let former = text(&kept, "former")?;
    let value: Value =
        serde_json::from_str(&former).map_err(|error| FunctionError::new(error.to_string()))?;
    // Another schema may have been deployed since, which takes what is there alone, or has no such table.
    let known = moving.table(&table);
    if !known.is_some_and(|known| is_of(&known.takes, &value)) {
        return Ok(None);
    }
    ctx.replace(&new, Object::try_from(value)?)?;
    Ok(Some(hash_of(&former)))
}

/// Whether a document names others that are not here any more.
fn names_gone(moving: &Moving, ctx: &Ctx<'_>, row: &Object) -> Result<bool, FunctionError> {
    struct Here<'h, 'c> {
        moving: &'h Moving,
        ctx: &'h Ctx<'c>,
        /// Whether one is gone: where it might be any text, nothing lacks.
        is_gone: bool,
    }
    impl Becomes for Here<'_, '_> {
        fn id(&mut self, table: &str, id: String) -> Rewritten<String> {
            if self.moving.table(table).is_none() || document(self.ctx, table, &id).is_some() {
                return Ok(Some(id));
            }
            self.is_gone |= self.ctx.ids().table_of(&id) == Some(table);
            Ok(None)
        }
    }
    let table = row.str("table").unwrap_or_default();
    let Some(there) = document(ctx, table, row.str("new").unwrap_or_default()) else {
        return Ok(false);
    };
    let mut there = there.clone();
    there.remove("_id");
    there.remove("_creationTime");
    let mut here = Here {
        moving,
        ctx,
        is_gone: false,
    };
    let mut walk = Walk::new(moving, &mut here);
    let value = walk.rewritten(&table_of(moving, table)?.takes, there.into(), "")?;
    let lacks = value.is_none() || !walk.lacks.is_empty();
    Ok(here.is_gone || lacks)
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
