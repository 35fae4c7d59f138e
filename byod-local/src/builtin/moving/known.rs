//! What is known of the documents of a move on the side that they come to.

use byod_schema::MOVED_TABLE;

use crate::error::FunctionError;
use crate::functions::Ctx;
use crate::values::Object;

/// What is known of a document of a move.
pub(super) fn row_of(ctx: &Ctx<'_>, id: &str, old: &str) -> Result<Option<Object>, FunctionError> {
    ctx.query(MOVED_TABLE).eq("move", id).eq("old", old).first()
}
