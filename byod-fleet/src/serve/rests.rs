//! Whose deployment failed, and how long they are left alone.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::engine::Pauses;

/// Pauses that grow, by users' ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Rests(BTreeMap<String, Rest>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Rest {
    /// In seconds.
    pause: u64,
    /// In seconds since 1970.
    until: u64,
    /// Whether it counts against the limit on failures.
    counts: bool,
}

/// That a roll-out is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ended {
    pub(super) key: String,
    /// Who is tried again later, as it is now; `None` leaves that as it was.
    #[serde(default)]
    pub(super) rests: Option<Rests>,
}

/// When somebody is deployed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// They have not failed.
    First,
    /// They have, and are tried again.
    Again {
        /// Whether they count as failing until then.
        counts: bool,
    },
    /// They have, and are left alone for now.
    Later {
        /// Whether they count as failing until then.
        counts: bool,
    },
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.as_ref().map_or(0, Duration::as_secs)
}

impl Rests {
    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn turn(&self, user: &str, now: u64) -> Turn {
        match self.0.get(user) {
            None => Turn::First,
            Some(rest) if rest.until <= now => Turn::Again {
                counts: rest.counts,
            },
            Some(rest) => Turn::Later {
                counts: rest.counts,
            },
        }
    }

    /// Keeps only those: who is no longer due needs no pause.
    pub(super) fn retain(&mut self, is_due: impl Fn(&str) -> bool) {
        self.0.retain(|user, _| is_due(user));
    }

    /// Their deployment has the version.
    pub(super) fn over(&mut self, user: &str) {
        self.0.remove(user);
    }

    /// It failed, again or for the first time.
    pub(super) fn failed(&mut self, user: String, counts: bool, pauses: Pauses, now: u64) {
        let longer = self.0.get(&user).map(|rest| rest.pause.saturating_mul(2));
        let pause = longer.unwrap_or(pauses.first).min(pauses.longest);
        let until = now.saturating_add(pause);
        let rest = Rest {
            pause,
            until,
            counts,
        };
        self.0.insert(user, rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut rests = Rests::default();
        let pauses = Pauses {
            first: 60,
            longest: 200,
        };
        assert_eq!(rests.turn("one", 0), Turn::First);
        for (now, until) in [(0, 60), (60, 180), (180, 380), (380, 580)] {
            rests.failed("one".to_owned(), true, pauses, now);
            assert_eq!(rests.turn("one", until - 1), Turn::Later { counts: true });
            assert_eq!(rests.turn("one", until), Turn::Again { counts: true });
        }
        let written = serde_json::to_string(&rests).unwrap();
        assert_eq!(serde_json::from_str::<Rests>(&written).unwrap(), rests);
        rests.over("one");
        assert_eq!(rests.len(), 0);
    }
}
