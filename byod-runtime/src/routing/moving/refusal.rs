//! What a side doesn't do, and why.

use crate::error::Error;

/// Whether the function refused, or it was too much at once.
pub(super) fn is_refused(error: &Error) -> bool {
    matches!(
        error,
        Error::Function { .. } | Error::TooLarge { .. } | Error::TooManyValues { .. }
    )
}

/// Why a document stays where it is.
pub(super) fn reason_of(error: &Error) -> String {
    match error {
        Error::Function { message, .. } => message.to_string(),
        other => other.to_string(),
    }
}
