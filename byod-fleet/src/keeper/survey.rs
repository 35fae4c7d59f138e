//! What the records say at the beginning of a round.

use std::collections::{BTreeSet, BinaryHeap};
use std::pin::pin;

use byod_runtime::Byod;
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use super::remembered::{Remembered, Rhythm};
use crate::error::Error;
use crate::failures::Turn;
use crate::outcome::Choice;
use crate::records::{milliseconds, records};
use crate::rollout::{Plan, Terms};

/// One pass over all of them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Survey {
    pub(crate) plan: Plan,
    /// How many of each wave failed before, and count.
    pub(crate) failed_before: Vec<u64>,
    /// How many have their turn.
    pub(crate) turns: u64,
    /// Whose deployment is in use and was tested longest ago, too long: no more than are tested in a round.
    pub(crate) untested: BTreeSet<String>,
    /// When it began, in milliseconds since 1970.
    pub(crate) now: f64,
}

impl Survey {
    /// Forgets of those who were remembered what is over.
    pub(crate) async fn of(
        byod: &Byod,
        terms: &Terms,
        rhythm: Rhythm,
        remembered: &mut Remembered,
    ) -> Result<Self, Error> {
        let now = milliseconds();
        let tested_before = rhythm.tested_before(now);
        remembered.keep_tests_after(tested_before);
        let mut plan = terms.empty_plan();
        let mut failed_before = vec![0; plan.waves.len()];
        let (mut turns, mut untested) = (0, LongestAgo::of(rhythm.tests));
        let mut still_due = BTreeSet::new();
        let mut records = pin!(records(byod, terms.page));
        while let Some(record) = records.try_next().await? {
            let choice = terms.count(&mut plan, &record);
            let user = record.user_id;
            let tested = record.last_connection_test.unwrap_or(0.0);
            if tested >= tested_before {
                remembered.forget_test(&user);
            } else if record.connection_status.is_in_use() && !remembered.is_tested(&user) {
                untested.add(tested, &user);
            }
            if choice != Choice::Deploy {
                continue;
            }
            let turn = remembered.turn(&user, now);
            turns += u64::from(turn != Turn::Later);
            if turn != Turn::First {
                let wave = terms.waves.of(&user);
                let counts = remembered.counts(&user);
                if still_due.insert(user)
                    && counts
                    && let Some(failed) = wave.and_then(|wave| failed_before.get_mut(wave))
                {
                    *failed += 1;
                }
            }
        }
        // A pass that was cut off doesn't say who is no longer due.
        remembered.keep_those_due(&still_due);
        Ok(Self {
            plan,
            failed_before,
            turns,
            untested: untested.users(),
            now,
        })
    }
}

/// So many users: those who were tested longest ago of all who are added, and of those who were at the same time the first
/// ones.
struct LongestAgo {
    room: usize,
    /// When each was tested, in milliseconds since 1970; the latest on top.
    users: BinaryHeap<(u64, String)>,
}

impl LongestAgo {
    fn of(room: usize) -> Self {
        let users = BinaryHeap::new();
        Self { room, users }
    }

    fn add(&mut self, tested: f64, user: &str) {
        let tested = tested as u64;
        if self.users.len() >= self.room {
            match self.users.peek() {
                Some((latest, _)) if *latest > tested => self.users.pop(),
                _ => return,
            };
        }
        self.users.push((tested, user.to_owned()));
    }

    fn users(self) -> BTreeSet<String> {
        self.users.into_iter().map(|(_, user)| user).collect()
    }
}
