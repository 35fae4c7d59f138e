//! What a view has to say.

use crate::message::{QueryId, QueryResult, RequestId};
use crate::timestamp::Timestamp;

/// The state of a client's queries at one moment of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Which moment.
    pub ts: Timestamp,
    /// What queries give then: of each that is new, and of each that may give something else than before. Results that are
    /// the same as before are no mistake; clients aren't told them again.
    pub results: Vec<Updated>,
}

/// What one query gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// Which query.
    pub id: QueryId,
    /// Its value or its error.
    pub result: QueryResult,
    /// What it logged.
    pub log_lines: Vec<String>,
    /// Where its page ends, to be handed back when the query runs again.
    pub journal: Option<String>,
}

/// How a mutation or an action ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Which one.
    pub id: RequestId,
    /// Its value or its error.
    pub result: QueryResult,
    /// The first moment at which queries see what a mutation wrote. Errors and actions have none.
    pub ts: Timestamp,
    /// What it logged.
    pub log_lines: Vec<String>,
}
