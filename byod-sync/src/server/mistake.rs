//! What a client must not do.

use crate::error::ProtocolError;
use crate::message::{QueryId, ServerMessage};

/// What a client must not do. It would do it again, so it is told that there is no use in coming back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// A text that is no message.
    #[error("InvalidMessage: {0}")]
    Malformed(#[from] ProtocolError),
    /// A socket begins with `Connect`.
    #[error("NotConnected: the first message of a socket is `Connect`")]
    NotConnected,
    /// It does so once.
    #[error("ConnectedTwice: `Connect` is the first message of a socket alone")]
    ConnectedTwice,
    /// A change of another version than the last.
    #[error("BaseVersionMismatch: the {what} is at version {held}, not at {base}")]
    BaseVersionMismatch {
        /// What has the version.
        what: &'static str,
        /// What the change is made to.
        base: u32,
        /// What there is.
        held: u32,
    },
    /// A new version that isn't newer.
    #[error("InvalidVersion: {new} does not come after {base}")]
    InvalidVersion {
        /// What the change is made to.
        base: u32,
        /// What it is to make.
        new: u32,
    },
    /// A query's number that another has.
    #[error("DuplicateQuery: query {} is there already", .0.0)]
    DuplicateQuery(QueryId),
    /// A query that isn't there.
    #[error("UnknownQuery: there is no query {}", .0.0)]
    UnknownQuery(QueryId),
    /// More queries than one socket may have.
    #[error("TooManyQueries: a socket has at most {0} queries")]
    TooManyQueries(usize),
    /// Queries that are larger together than those of one socket may be.
    #[error("QueriesTooLarge: the queries of a socket have at most {0} bytes together")]
    QueriesTooLarge(usize),
}

impl Mistake {
    /// The client is told so; then the socket ends.
    pub fn to_message(&self) -> ServerMessage {
        ServerMessage::FatalError {
            message: self.to_string(),
        }
    }
}
