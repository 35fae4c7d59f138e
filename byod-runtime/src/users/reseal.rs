//! Seals users' records anew, so that a former key can be given up.

use super::record::UserDatabaseConfig;

/// Some of all users' records, the oldest first.
#[derive(Clone, Debug)]
pub struct Records {
    /// The records.
    pub records: Vec<UserDatabaseConfig>,
    /// Where the next ones begin; `None` after the last.
    pub next: Option<String>,
}

/// What became of a record that was to be sealed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resealed {
    /// It is sealed anew.
    Written,
    /// It was already sealed with the current key, and bound if that is wanted.
    UpToDate,
    /// It is no longer there.
    Gone,
}
