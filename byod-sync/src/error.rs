//! Why a message is none of the protocol's.

/// A text that is no message of the protocol.
///
/// It says what is wrong with the text's form, never what it holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// It is no JSON, or a member is of another type.
    #[error("not a message of the sync protocol: malformed at line {line}, column {column}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A member that such a message needs isn't there.
    #[error("a `{message}` without `{member}`")]
    Missing {
        /// What is said to be sent.
        message: &'static str,
        /// The member.
        member: &'static str,
    },
    /// A kind of message that this side doesn't know.
    #[error("an unknown kind of message")]
    Unknown,
    /// A transition with a kind of change that this side doesn't know, so that the rest of it means nothing.
    #[error("a transition with an unknown kind of change")]
    UnknownChange,
}

impl From<serde_json::Error> for ProtocolError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed {
            line: error.line(),
            column: error.column(),
        }
    }
}
