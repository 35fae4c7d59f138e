//! The moments of the database: each commit has its own.

use std::time::{SystemTime, UNIX_EPOCH};

use byod_sync::Timestamp;
use tokio::sync::watch;

/// The moment of the last commit, and who waits for the next.
#[derive(Debug)]
pub(crate) struct Moments(watch::Sender<Timestamp>);

impl Moments {
    /// Begins at the present, so that a database that is made anew is later than the one before it.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(present()))
    }

    pub(super) fn last(&self) -> Timestamp {
        *self.0.borrow()
    }

    pub(super) fn commits(&self) -> watch::Receiver<Timestamp> {
        self.0.subscribe()
    }

    /// A commit at the present, which is after the last.
    pub(super) fn advance(&mut self) {
        let next = Timestamp(self.last().0 + 1);
        self.0.send_replace(present().max(next));
    }
}

fn present() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| since.as_nanos() as u64))
}
