//! The moments of the database: each commit has its own.

use std::time::{SystemTime, UNIX_EPOCH};

use byod_sync::Timestamp;

/// The moment of the last commit.
#[derive(Debug)]
pub(super) struct Moments(Timestamp);

impl Moments {
    /// Begins at the present, so that a database that is made anew is later than the one before it.
    pub(super) fn new() -> Self {
        Self(present())
    }

    pub(super) fn last(&self) -> Timestamp {
        self.0
    }

    /// A commit at the present, which is after the last.
    pub(super) fn advance(&mut self) {
        self.0 = present().max(Timestamp(self.0.0 + 1));
    }
}

fn present() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| since.as_nanos() as u64))
}
