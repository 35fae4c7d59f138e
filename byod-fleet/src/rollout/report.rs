//! What a roll-out says, while it goes on and when it is over.

use byod_runtime::{Deployed, RolloutState};
use serde::{Deserialize, Serialize};

use super::plan::{Plan, PlannedWave};
use crate::failures::Tally;
use crate::outcome::{Counts, NotDeployed};

/// How many failures are told by name; the others are counted.
const TOLD: usize = 1_000;

/// What a roll-out says while it goes on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Told<'a> {
    /// A wave begins.
    Wave {
        /// Which, counted from 1.
        number: usize,
        /// Its plan.
        planned: &'a PlannedWave,
    },
    /// A user's deployment is done with.
    User {
        /// Their id on main.
        user: &'a str,
        /// What came of it.
        outcome: &'a Deployed,
        /// Whether they count against the limit on failures.
        counts: bool,
    },
}

/// What a roll-out has done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// The version that all are to have.
    pub schema_version: u64,
    /// The waves that were begun.
    pub waves: Vec<WaveReport>,
    /// Why it stopped before the end.
    pub stopped: Option<Stopped>,
    /// Whether some were passed over while more failed than may, and have their turn in another run, though those who
    /// failed no longer do.
    pub passed_over: bool,
    /// Users behind the last wave.
    pub beyond: u64,
    /// Whose deployment has not got the version: the first thousand.
    pub failures: Vec<Failure>,
}

/// What became of one wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct WaveReport {
    /// As it was planned.
    #[serde(flatten)]
    pub planned: PlannedWave,
    /// What came of its users who were due.
    pub counts: Counts,
}

/// That more failed than may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Stopped {
    /// In which wave, counted from 1.
    pub wave: usize,
    /// How many failed.
    pub failed: u64,
    /// How many might have.
    pub allowed: u64,
}

/// A user whose deployment has not got the version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Failure {
    /// Their id on main.
    pub user_id: String,
    /// Why.
    pub problem: NotDeployed,
}

impl WaveReport {
    /// That it is begun.
    pub(crate) fn of(planned: &PlannedWave) -> Self {
        Self {
            planned: planned.clone(),
            counts: Counts::default(),
        }
    }
}

impl Report {
    /// What main keeps of it, once it is over.
    pub fn state(&self) -> RolloutState {
        match self.stopped.is_some() || self.passed_over {
            true => RolloutState::Stopped,
            false => RolloutState::Done,
        }
    }

    /// Whether that wave, counted from 1, is the last one for now.
    pub(crate) fn ends_with(&mut self, wave: usize, tally: &Tally) -> bool {
        self.stopped = tally.beyond().map(|(failed, allowed)| Stopped {
            wave,
            failed,
            allowed,
        });
        self.passed_over = tally.has_passed_over();
        self.stopped.is_some() || self.passed_over
    }

    /// Of what was planned, nothing yet.
    pub(crate) fn before(plan: &Plan) -> Self {
        Self {
            beyond: plan.beyond,
            ..Self::nothing(plan.schema_version)
        }
    }

    /// One more whose deployment has not got the version.
    pub(crate) fn add(&mut self, failure: Failure) {
        if self.failures.len() < TOLD {
            self.failures.push(failure);
        }
    }

    /// That nobody had their turn.
    pub fn nothing(schema_version: u64) -> Self {
        Self {
            schema_version,
            waves: Vec::new(),
            stopped: None,
            passed_over: false,
            beyond: 0,
            failures: Vec::new(),
        }
    }

    /// Whether all users have the version whom it was for.
    pub fn is_done(&self) -> bool {
        self.stopped.is_none() && !self.passed_over && self.left() == 0
    }

    /// How many of those whose turn it was are for another run: their deployment failed, their data was on its way, or
    /// they changed to another deployment meanwhile.
    pub fn left(&self) -> u64 {
        let counts = self.waves.iter().map(|wave| wave.counts);
        let others: u64 = counts.map(|counts| counts.moving + counts.changed).sum();
        self.failed() + others
    }

    /// How many of them failed.
    pub fn failed(&self) -> u64 {
        let counts = self.waves.iter().map(|wave| wave.counts);
        counts
            .map(|counts| counts.failed + counts.still_failing)
            .sum()
    }
}
