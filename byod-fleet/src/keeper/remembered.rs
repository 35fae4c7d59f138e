//! What is known of users from one round to the next, beside what main's records say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::failures::Turn;

/// How long those are left alone that failed, and how often all are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rhythm {
    first_pause: Duration,
    longest_pause: Duration,
    test_every: Duration,
    /// How many are tested in a round, at most.
    pub(super) tests: usize,
}

/// What a [`Keeper`](crate::Keeper) knows of users beside what main's records say, for a process that ends after a round: who is left
/// alone for how long. Any format of `serde`'s keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    pub(super) schema_version: u64,
    pub(super) remembered: Remembered,
}

/// Only those of whom there is something to be known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remembered {
    resting: BTreeMap<String, Rest>,
    /// When those were tested whose record doesn't say it, as where their data is on its way.
    tested: BTreeMap<String, f64>,
}

/// How long somebody is left alone whose deployment failed, or whose data was on its way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Rest {
    /// In milliseconds.
    pause: f64,
    /// In milliseconds since 1970.
    until: f64,
    /// Whether they count against the limit on failures until then.
    counts: bool,
}

impl Default for Rhythm {
    /// Pauses of a minute up to six hours, and each deployment tested once a day, fifty in a round.
    fn default() -> Self {
        Self {
            first_pause: Duration::from_secs(60),
            longest_pause: Duration::from_secs(6 * 3_600),
            test_every: Duration::from_secs(24 * 3_600),
            tests: 50,
        }
    }
}

impl Rhythm {
    pub(crate) fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest.max(first);
        self
    }

    pub(crate) fn tests(mut self, every: Duration, in_a_round: usize) -> Self {
        self.test_every = every;
        self.tests = in_a_round;
        self
    }

    /// Who was tested before that moment, has it again.
    pub(super) fn tested_before(&self, now: f64) -> f64 {
        now - milliseconds(self.test_every)
    }
}

impl Remembered {
    /// How many are tried again later.
    pub(crate) fn resting(&self) -> u64 {
        self.resting.len() as u64
    }

    pub(crate) fn turn(&self, user: &str, now: f64) -> Turn {
        match self.resting.get(user) {
            None => Turn::First,
            Some(rest) if rest.until <= now => Turn::Again {
                counted: rest.counts,
            },
            Some(_) => Turn::Later,
        }
    }

    /// Whether they count against the limit until it is their turn.
    pub(super) fn counts(&self, user: &str) -> bool {
        self.resting.get(user).is_some_and(|rest| rest.counts)
    }

    /// Leaves them alone for a while, and whether they count then; not at all without that.
    pub(crate) fn note(&mut self, user: String, counts: Option<bool>, rhythm: Rhythm, now: f64) {
        let before = self.resting.remove(&user);
        if let Some(counts) = counts {
            let first = milliseconds(rhythm.first_pause);
            let pause = before.map_or(first, |rest| rest.pause * 2.0);
            let pause = pause.min(milliseconds(rhythm.longest_pause));
            let until = now + pause;
            let rest = Rest {
                pause,
                until,
                counts,
            };
            self.resting.insert(user, rest);
        }
    }

    /// Another version is for those as well who failed.
    pub(crate) fn change(&mut self) {
        self.resting.clear();
    }

    /// Who is no longer due needs no pause.
    pub(super) fn keep_those_due(&mut self, due: &BTreeSet<String>) {
        self.resting.retain(|user, _| due.contains(user));
    }

    pub(crate) fn tested(&mut self, user: String, now: f64) {
        self.tested.insert(user, now);
    }

    /// Forgets whose test is too long ago.
    pub(super) fn keep_tests_after(&mut self, before: f64) {
        self.tested.retain(|_, at| *at >= before);
    }

    /// Their record says it by itself.
    pub(super) fn forget_test(&mut self, user: &str) {
        self.tested.remove(user);
    }

    pub(super) fn is_tested(&self, user: &str) -> bool {
        self.tested.contains_key(user)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut remembered = Remembered::default();
        let (first, longest) = (Duration::from_secs(60), Duration::from_secs(200));
        let rhythm = Rhythm::default().pauses(first, longest);
        assert_eq!(remembered.turn("one", 0.0), Turn::First);
        for (now, until) in [(0.0, 60e3), (60e3, 180e3), (180e3, 380e3), (380e3, 580e3)] {
            remembered.note("one".to_owned(), Some(true), rhythm, now);
            assert_eq!(remembered.turn("one", until - 1.0), Turn::Later);
            let again = Turn::Again { counted: true };
            assert_eq!(remembered.turn("one", until), again);
        }
        remembered.note("one".to_owned(), None, rhythm, 580e3);
        assert_eq!(remembered.resting(), 0);
    }
}
