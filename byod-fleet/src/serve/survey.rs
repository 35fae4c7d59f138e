//! What the records say when a roll-out begins.

use std::collections::BTreeSet;
use std::pin::pin;

use byod_runtime::Byod;
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};

use super::rests::{Rests, Turn, now};
use crate::Plan;
use crate::engine::Keep;
use crate::error::Error;
use crate::outcome::Choice;
use crate::records::records;
use crate::rollout::Rollout;

/// One pass over all records.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Survey {
    pub(super) plan: Plan,
    /// How many of each wave count as failing from before.
    pub(super) failed_before: Vec<u64>,
    /// How many have their turn.
    pub(super) turns: u64,
    /// Who failed before, and is due still.
    pub(super) rests: Rests,
    /// Who was not tested for long; no more than are tested in a round.
    pub(super) untested: Vec<String>,
    /// When it was, in seconds since 1970.
    pub(super) now: u64,
}

impl Survey {
    pub(super) async fn of(
        byod: &Byod,
        rollout: &Rollout,
        keep: Option<Keep>,
        mut rests: Rests,
    ) -> Result<Self, Error> {
        let now = now();
        let tests = keep.map_or(0, |keep| keep.tests as usize);
        let test_every = keep.map_or(0, |keep| keep.test_every);
        let tested_before = now.saturating_sub(test_every) as f64 * 1_000.0;
        let mut plan = rollout.empty_plan();
        let mut failed_before = vec![0; plan.waves.len()];
        let (mut turns, mut untested) = (0, Vec::new());
        let mut due_again = BTreeSet::new();
        let mut records = pin!(records(byod, rollout.page_size()));
        while let Some(record) = records.try_next().await? {
            let choice = rollout.count(&mut plan, &record);
            let user = record.user_id;
            match choice {
                Choice::Deploy => {
                    let turn = rests.turn(&user, now);
                    turns += u64::from(!matches!(turn, Turn::Later { .. }));
                    if let Turn::Again { counts } | Turn::Later { counts } = turn {
                        let wave = rollout.wave_of(&user);
                        if let Some(failed) = wave.and_then(|wave| failed_before.get_mut(wave)) {
                            *failed += u64::from(counts);
                        }
                        due_again.insert(user);
                    }
                }
                Choice::Current
                    if untested.len() < tests
                        && record.last_connection_test.unwrap_or(0.0) < tested_before =>
                {
                    untested.push(user);
                }
                _ => {}
            }
        }
        rests.retain(|user| due_again.contains(user));
        Ok(Self {
            plan,
            failed_before,
            turns,
            rests,
            untested,
            now,
        })
    }
}
