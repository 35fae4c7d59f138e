//! Keeps all users' deployments on a version and known: round after round.

use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use byod_runtime::{Byod, Deployed};
use futures_util::stream::{self, StreamExt as _};
use serde::{Deserialize, Serialize};

use super::remembered::{Memory, Remembered, Rhythm};
use super::survey::Survey;
use crate::error::Error;
use crate::failures::Turn;
use crate::outcome::Counts;
use crate::records::milliseconds;
use crate::rollout::{Report, Rollout, Told};

/// Brings a version to all users' deployments, and to those of users who connect later; tries
/// those again that failed, after pauses that grow; and tests all of them in a slow rhythm.
///
/// What must last is in main's records. The pauses are this one's own ([`memory`](Self::memory)): another one, or the same
/// begun anew without that, tries those at once.
///
/// ```no_run
/// # async fn demo(byod: byod_runtime::Byod, rollout: byod_fleet::Rollout) -> Result<(), byod_fleet::Error> {
/// use std::time::Duration;
///
/// let mut keeper = byod_fleet::Keeper::of(rollout);
/// loop {
///     let round = keeper.round(&byod, |_| {}).await?;
///     println!("{} are tried again later", round.resting);
///     tokio::time::sleep(Duration::from_secs(60)).await;
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Keeper {
    rollout: Rollout,
    rhythm: Rhythm,
    remembered: Remembered,
}

/// What a round has done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Round {
    /// The version that all are to have.
    pub schema_version: u64,
    /// What the roll-out did; `None` where nobody had their turn.
    pub rolled_out: Option<Report>,
    /// How many deployments were tested.
    pub tested: u64,
    /// How many of those can't be used.
    pub failing: u64,
    /// How many of those have credentials that this process can't open, by its key or its settings; nothing is written
    /// of them.
    #[serde(default)]
    pub unopened: u64,
    /// How many failed, or had their data on its way, and are tried again later.
    pub resting: u64,
    /// Why not all were tested whose time it was: main could not be asked.
    pub untested: Option<String>,
}

impl Round {
    /// Whether nothing was done, well or not, that somebody would be told of.
    pub fn is_quiet(&self) -> bool {
        let waves = self.rolled_out.iter().flat_map(|report| &report.waves);
        let mut counts = waves.map(|wave| wave.counts);
        let was_quiet = |counts: Counts| counts.pushed + counts.failed + counts.still_failing == 0;
        counts.all(was_quiet) && self.tested == 0 && self.untested.is_none()
    }

    /// Whether nothing is left to do, and nothing wrong.
    pub fn is_well(&self) -> bool {
        let is_done = self.rolled_out.as_ref().is_none_or(Report::is_done);
        is_done && self.resting == 0 && self.failing == 0 && self.untested.is_none()
    }
}

impl Keeper {
    /// Of that version: pauses of a minute up to six hours, and each deployment tested once a
    /// day, fifty in a round at most.
    pub fn of(rollout: Rollout) -> Self {
        Self {
            rollout,
            rhythm: Rhythm::default(),
            remembered: Remembered::default(),
        }
    }

    /// Sets how long one is left alone after the first failure, and at most.
    #[must_use]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.rhythm = self.rhythm.pauses(first, longest);
        self
    }

    /// Sets how often each deployment is tested, and how many are in a round at most.
    #[must_use]
    pub fn tests(mut self, every: Duration, in_a_round: usize) -> Self {
        self.rhythm = self.rhythm.tests(every, in_a_round);
        self
    }

    /// The version that it brings.
    pub fn schema_version(&self) -> u64 {
        self.rollout.schema_version()
    }

    /// What it knows of users, for a later one to go on with.
    pub fn memory(&self) -> Memory {
        Memory {
            schema_version: self.schema_version(),
            remembered: self.remembered.clone(),
        }
    }

    /// Goes on with what an earlier one knew; of another version, those who failed are tried anew.
    #[must_use]
    pub fn going_on(mut self, memory: Memory) -> Self {
        self.remembered = memory.remembered;
        if memory.schema_version != self.schema_version() {
            self.remembered.change();
        }
        self
    }

    /// Brings another version from now on, to those who failed before as well.
    pub fn change(&mut self, rollout: Rollout) {
        self.rollout = rollout;
        self.remembered.change();
    }

    /// Does what is to be done now. Where more of a wave fail than may, nobody new is begun with
    /// until that is no longer so: those who failed are tried again, each in time.
    ///
    /// An error is one of main; a further round goes on.
    pub async fn round(&mut self, byod: &Byod, told: impl FnMut(Told<'_>)) -> Result<Round, Error> {
        let survey = Survey::of(
            byod,
            self.rollout.terms(),
            self.rhythm,
            &mut self.remembered,
        );
        let mut survey = survey.await?;
        let rolled_out = match survey.turns {
            0 => None,
            _ => Some(self.roll_out(byod, &mut survey, told).await?),
        };
        let mut round = Round {
            schema_version: self.rollout.schema_version(),
            rolled_out,
            tested: 0,
            failing: 0,
            unopened: 0,
            resting: self.remembered.resting(),
            untested: None,
        };
        self.test(byod, survey.untested, &mut round).await;
        Ok(round)
    }

    async fn roll_out(
        &mut self,
        byod: &Byod,
        survey: &mut Survey,
        mut told: impl FnMut(Told<'_>),
    ) -> Result<Report, Error> {
        let mut outcomes = Vec::new();
        let (remembered, now) = (&self.remembered, survey.now);
        let turn = |user: &str| remembered.turn(user, now);
        let (plan, failed_before) = (&survey.plan, &survey.failed_before);
        let untested = &mut survey.untested;
        let rollout = &self.rollout;
        let report = rollout.run_in_turn(byod, plan, failed_before, &turn, |event| {
            if let Told::User {
                user,
                outcome,
                counts,
            } = &event
            {
                // Who had their turn now has a test in another round.
                untested.remove(*user);
                let rests = matches!(outcome, Deployed::Failed(_) | Deployed::Moving);
                if rests || remembered.turn(user, now) != Turn::First {
                    outcomes.push(((*user).to_owned(), rests.then_some(*counts)));
                }
            }
            told(event);
        });
        let report = report.await;
        let now = milliseconds();
        for (user, counts) in outcomes {
            self.remembered.note(user, counts, self.rhythm, now);
        }
        report
    }

    /// Tests them, until main can't be asked.
    async fn test(&mut self, byod: &Byod, untested: BTreeSet<String>, round: &mut Round) {
        let tests = stream::iter(untested).map(|user| async move {
            let test = match byod.user_record(user.as_str()).await {
                Ok(Some(record)) => byod.test_record(record).await.map(Some),
                // They went meanwhile.
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            };
            (user, test)
        });
        let mut tests = pin!(tests.buffer_unordered(self.rollout.terms().at_once));
        while let Some((user, test)) = tests.next().await {
            use byod_runtime::ConnectionProblem;
            use byod_runtime::Error::{NoRecord, RecordChanged};
            match test {
                Ok(Some(test)) => {
                    round.tested += 1;
                    round.failing += u64::from(test.problem.is_some());
                    let is_sealed =
                        |problem| matches!(problem, ConnectionProblem::Credentials { .. });
                    round.unopened += u64::from(test.problem.is_some_and(is_sealed));
                }
                Ok(None) | Err(NoRecord { .. } | RecordChanged { .. }) => {}
                Err(error) => {
                    round.untested = Some(error.to_string());
                    return;
                }
            }
            self.remembered.tested(user, milliseconds());
        }
    }
}
