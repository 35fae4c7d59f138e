//! What a message changed.

use crate::message::{QueryId, QueryResult, RequestId};
use crate::timestamp::Timestamp;

/// What a message changed, all at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Which moment all results are of that are [current](crate::Client::is_current); `None` where the message was no
    /// transition.
    pub moment: Option<Timestamp>,
    /// Queries whose results are others now, or which have one for the first time.
    pub changed: Vec<QueryId>,
    /// Queries that have a result on this socket for the first time. It may be the one they had before.
    pub caught_up: Vec<QueryId>,
    /// Mutations and actions that are over.
    pub completed: Vec<(RequestId, Completion)>,
}

/// How a mutation or an action ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// It ran. What a mutation wrote is in the results of all queries by now.
    Done {
        /// What it gave.
        result: QueryResult,
        /// When a mutation was committed; `None` for what failed, and for actions.
        ts: Option<Timestamp>,
        /// What it logged.
        log_lines: Vec<String>,
    },
    /// An action was sent, and the socket ended before its answer came. Whether it ran isn't known.
    Lost,
}
