//! Whose a user's deployment is, as the functions that `byod export` writes keep it.

use byod_schema::{CLAIM_TABLE, Value};

use super::ctx::Ctx;
use crate::error::FunctionError;
use crate::values::Object;

/// Whether a user's deployment belongs to one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claims {
    /// It belongs to who claims it.
    Kept,
    /// Several users use it.
    Shared,
    /// It has no module `byod/claim`, and does not ask.
    Missing,
}

/// The row that says whose the deployment is.
pub(crate) fn row(ctx: &Ctx<'_>) -> Result<Option<Object>, FunctionError> {
    ctx.query(CLAIM_TABLE).first()
}

/// Refuses everybody but the user whose deployment it is.
pub(crate) fn check(ctx: &Ctx<'_>, subject: &str) -> Result<(), FunctionError> {
    match row(ctx)? {
        Some(row) if row.str("subject") == Some(subject) => Ok(()),
        Some(_) => Err(refused(
            "somebody else's",
            "This deployment belongs to somebody else: connect one of your own, or have its owner release it",
        )),
        None => Err(refused(
            "unclaimed",
            "This deployment belongs to nobody yet: connect it, which claims it",
        )),
    }
}

fn refused(claim: &str, message: &str) -> FunctionError {
    FunctionError::convex(Value::from_iter([
        ("code", "byod_claim"),
        ("claim", claim),
        ("message", message),
    ]))
}
