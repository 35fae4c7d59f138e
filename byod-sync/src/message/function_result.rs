//! What a function gave.

use crate::json::Json;

/// What a function gave: its value, or its error.
pub type QueryResult = Result<Json, FunctionError>;

/// The error of a function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FunctionError {
    /// The message. In production deployments it says "Server Error" alone, unless the function threw a `ConvexError`.
    pub message: String,
    /// The data of a `ConvexError`; `null` is data too.
    pub data: Option<Json>,
}
