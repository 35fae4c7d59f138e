//! What is known of the documents of a move on the side that they come to.

use byod_schema::{MOVED_TABLE, Value};

use super::arguments::given;
use crate::error::FunctionError;
use crate::functions::Ctx;
use crate::store::{Page, Query};
use crate::values::Object;

/// What is known of a document of a move.
pub(super) fn row_of(ctx: &Ctx<'_>, id: &str, old: &str) -> Result<Option<Object>, FunctionError> {
    ctx.query(MOVED_TABLE).eq("move", id).eq("old", old).first()
}

/// What is known of those of one table.
pub(super) fn rows_of<'c>(ctx: &'c Ctx<'_>, id: &str, table: &str) -> Query<'c> {
    let rows = ctx.query(MOVED_TABLE).index("by_state");
    rows.eq("move", id).eq("table", table)
}

/// As many of them as are asked for.
pub(super) fn page(args: &Object, count: usize) -> Value {
    let count = ("numItems", (count as f64).into());
    Object::from([count, ("cursor", given(args, "cursor"))]).into()
}

pub(super) fn cursor_of(got: &Page<'_>) -> Value {
    got.cursor().map_or(Value::Null, Value::from)
}
