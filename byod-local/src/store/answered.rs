//! What mutations gave, so that one that is asked for again does not run again.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use byod_schema::Value;
use byod_sync::{RequestId, SessionId, Timestamp};

/// How long it is known, as on Convex.
const KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// A mutation, as a client asks for it: the client, its number for the mutation, and who the client is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub(crate) session: SessionId,
    pub(crate) request: RequestId,
    /// Whoever guesses another's session is given nothing of theirs.
    pub(crate) caller: Option<String>,
}

/// What mutations that succeeded gave, and when they were committed.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    known: HashMap<Asked, (Value, Timestamp)>,
    /// The oldest first.
    since: VecDeque<(Instant, Asked)>,
}

impl Answered {
    pub(crate) fn get(&self, asked: &Asked) -> Option<(Value, Timestamp)> {
        self.known.get(asked).cloned()
    }

    pub(crate) fn add(&mut self, asked: Asked, value: Value, ts: Timestamp) {
        let now = Instant::now();
        while self
            .since
            .front()
            .is_some_and(|(since, _)| now - *since > KEPT)
        {
            if let Some((_, outdated)) = self.since.pop_front() {
                self.known.remove(&outdated);
            }
        }
        self.since.push_back((now, asked.clone()));
        self.known.insert(asked, (value, ts));
    }
}
