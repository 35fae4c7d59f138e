//! What the side does that the documents are on.

use byod_schema::Value;

use super::arguments::{Who, document, given, objects, text, texts};
use super::digest::{hash_of, row, text_of};
use crate::error::FunctionError;
use crate::functions::{By, Ctx, Found, Moving, MovingTable};
use crate::values::Object;

/// How many documents are read at once, and how much of their text is given.
const MOST: usize = 500;
const MOST_TEXT: usize = 3_000_000;

pub(super) fn most(args: &Object) -> usize {
    MOST.min(args.number("count").unwrap_or_default() as usize)
}

/// Documents of one table, some at a time.
pub(super) fn page(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    args: Object,
) -> Result<Value, FunctionError> {
    let who = Who::of(&args)?;
    let name = text(&args, "table")?;
    let table = table_of(moving, &name)?;
    let (by, names): (Option<&By>, Vec<Value>) = match &table.found {
        Found::All => (None, vec![Value::Null]),
        Found::Owner(by) if table.owner.as_ref().is_some_and(|(_, is_id)| *is_id) => {
            (Some(by), vec![who.user.as_str().into()])
        }
        Found::Owner(by) => (Some(by), who.names().into_iter().map(Value::from).collect()),
        Found::Parent(by, _) => (Some(by), vec![text(&args, "parent")?.into()]),
    };
    if let (Found::Parent(_, parents), [Value::String(parent)]) = (&table.found, &names[..])
        && !is_their_parent(moving, ctx, parents.iter(), parent, &who)
    {
        return Ok(told(Vec::new(), 0, Value::Null));
    }
    let (at, from): (usize, Option<String>) = match args.str("cursor") {
        None => (0, None),
        Some(cursor) => serde_json::from_str(cursor).map_err(|_| "InvalidCursor")?,
    };
    let named = names.get(at).cloned().unwrap_or(Value::Null);
    let options = Object::from([
        ("numItems", (most(&args) as f64).into()),
        ("cursor", from.map_or(Value::Null, Value::from)),
    ]);
    let mut query = ctx.query(&name);
    if let Some(by) = by {
        if let Some(index) = &by.index {
            query = query.index(index);
        }
        query = query.eq(by.field.as_str(), named);
    }
    let got = query.page(&options.into())?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for document in &got.documents {
        if is_theirs(moving, ctx, &name, document, &who) {
            let (row, length) = row(document)?;
            rows.push(row);
            bytes += length;
        }
    }
    let next = match got.cursor() {
        None => (at + 1, None),
        Some(cursor) => (at, Some(cursor)),
    };
    if next.0 == names.len() {
        return Ok(told(rows, bytes, Value::Null));
    }
    let cursor =
        serde_json::to_string(&next).map_err(|error| FunctionError::new(error.to_string()))?;
    Ok(told(rows, bytes, cursor.into()))
}

fn told(rows: Vec<Value>, bytes: usize, cursor: Value) -> Value {
    Object::from([
        ("rows", rows.into()),
        ("bytes", (bytes as f64).into()),
        ("cursor", cursor),
    ])
    .into()
}

/// The same of several parents, as far as they are few.
pub(super) fn children(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    mut args: Object,
) -> Result<Value, FunctionError> {
    let who = Who::of(&args)?;
    let name = text(&args, "table")?;
    let Found::Parent(by, parents) = &table_of(moving, &name)?.found else {
        return Err(FunctionError::new(format!("`{name}` has no parents")));
    };
    let (mut rows, mut bytes, mut taken) = (Vec::new(), 0, 0);
    for parent in texts(&mut args, "parents") {
        let left = most(&args) - rows.len();
        let mut documents = Vec::new();
        if is_their_parent(moving, ctx, parents.iter(), &parent, &who) {
            let query = ctx.query(&name).eq(by.field.as_str(), parent.as_str());
            documents = query.take(left + 1)?;
        }
        if documents.len() > left {
            break;
        }
        for document in documents {
            if is_theirs(moving, ctx, &name, &document, &who) {
                let (row, length) = row(&document)?;
                rows.push(row);
                bytes += length;
            }
        }
        taken += 1;
        if bytes > MOST_TEXT {
            break;
        }
    }
    Ok(Object::from([
        ("rows", rows.into()),
        ("bytes", (bytes as f64).into()),
        ("taken", f64::from(taken).into()),
    ])
    .into())
}

/// The documents with these ids: as many as fit, from the first. There are no files here.
pub(super) fn documents(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    mut args: Object,
) -> Result<Value, FunctionError> {
    let who = Who::of(&args)?;
    let name = text(&args, "table")?;
    table_of(moving, &name)?;
    let (mut documents, mut length, mut taken) = (Vec::new(), 0, 0);
    for id in texts(&mut args, "ids").iter().take(MOST) {
        // Who asks has the ids from the other side, which may be a stranger's.
        if let Some(found) = theirs(moving, ctx, &name, id, &who) {
            let text = text_of(found)?;
            if !documents.is_empty() && length + text.len() > MOST_TEXT {
                break;
            }
            length += text.len();
            let document = Object::from([
                ("old", id.as_str().into()),
                ("created", given(found, "_creationTime")),
                ("hash", hash_of(&text).into()),
                ("text", text.into()),
            ]);
            documents.push(Value::from(document));
        }
        taken += 1;
    }
    Ok(Object::from([
        ("documents", documents.into()),
        ("files", Vec::<Value>::new().into()),
        ("taken", f64::from(taken).into()),
    ])
    .into())
}

/// Deletes documents that are on the other side as they are here.
pub(super) fn remove(
    moving: &Moving,
    ctx: &mut Ctx<'_>,
    mut args: Object,
) -> Result<Value, FunctionError> {
    let who = Who::of(&args)?;
    let name = text(&args, "table")?;
    table_of(moving, &name)?;
    let mut changed = 0;
    for row in objects(&mut args, "rows")? {
        let Some(found) = document(ctx, &name, row.str("old").unwrap_or_default()) else {
            continue;
        };
        let is_same = is_theirs(moving, ctx, &name, found, &who)
            && Some(&*hash_of(&text_of(found)?)) == row.str("hash");
        if is_same {
            ctx.delete(row.str("old").unwrap_or_default())?;
        } else {
            changed += 1;
        }
    }
    Ok(Object::from([("changed", f64::from(changed).into())]).into())
}

/// The document with that id, if it is the user's.
pub(super) fn theirs<'c>(
    moving: &Moving,
    ctx: &'c Ctx<'_>,
    table: &str,
    id: &str,
    who: &Who,
) -> Option<&'c Object> {
    document(ctx, table, id).filter(|found| is_theirs(moving, ctx, table, found, who))
}

pub(super) fn table_of<'m>(
    moving: &'m Moving,
    name: &str,
) -> Result<&'m MovingTable, FunctionError> {
    let none = || FunctionError::new(format!("`{name}` is no table of users"));
    moving.table(name).ok_or_else(none)
}

/// Whether the document is the user's.
pub(super) fn is_theirs(
    moving: &Moving,
    ctx: &Ctx<'_>,
    table: &str,
    document: &Object,
    who: &Who,
) -> bool {
    let Some(table) = moving.table(table) else {
        return false;
    };
    match (&table.found, &table.owner) {
        (Found::All, _) => true,
        (_, Some((field, _))) => who.is(document.at(field)),
        (Found::Parent(by, parents), None) => match document.at(&by.field) {
            Some(Value::String(parent)) => {
                is_their_parent(moving, ctx, parents.iter(), parent, who)
            }
            _ => false,
        },
        (Found::Owner(_), None) => false,
    }
}

fn is_their_parent<'p>(
    moving: &Moving,
    ctx: &Ctx<'_>,
    mut parents: impl Iterator<Item = &'p String>,
    id: &str,
    who: &Who,
) -> bool {
    let table = ctx.ids().table_of(id).map(str::to_owned);
    let Some(table) = table.filter(|table| parents.any(|of| of == table)) else {
        return false;
    };
    let found = ctx.peek(id);
    found.is_some_and(|found| is_theirs(moving, ctx, &table, found, who))
}
