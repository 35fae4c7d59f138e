//! Who a client says it is.

use std::fmt;

use crate::json::Json;

/// Who a client says it is. Its `Debug` shows no secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Token {
    /// Nobody.
    #[default]
    None,
    /// A user, by a JWT of an identity provider.
    User(String),
    /// Whoever holds a deploy key.
    Admin {
        /// The deploy key.
        key: String,
        /// The identity that functions are to see: an object with `tokenIdentifier`, or `issuer` and `subject`.
        impersonating: Option<Json>,
    },
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "Token::None",
            Self::User(_) => "Token::User(…)",
            Self::Admin { .. } => "Token::Admin(…)",
        })
    }
}
