//! Keeps all users' deployments on a version and known: round after round.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::time::{Duration, Instant};

use byod_runtime::{Byod, Deployed};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::outcome::{Choice, Counts};
use crate::records::{milliseconds, records};
use crate::rollout::{Plan, Report, Rollout, Told, Turn};

/// Brings a version to all users' deployments, and to those of users who connect later; tries
/// those again that failed, after pauses that grow; and tests all of them in a slow rhythm.
///
/// What must last is in main's records. The pauses are this one's own: another one, or the same
/// begun anew, tries those at once.
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
    first_pause: Duration,
    longest_pause: Duration,
    test_every: Duration,
    tests: usize,
    resting: HashMap<String, Rest>,
    /// When those were tested whose record doesn't say it, as where their data is on its way.
    tested: HashMap<String, Instant>,
}

/// How long somebody is left alone whose deployment failed, or whose data was on its way.
#[derive(Debug)]
struct Rest {
    pause: Duration,
    until: Instant,
    /// Whether they count against the limit on failures until then.
    counts: bool,
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
    /// How many failed, or had their data on its way, and are tried again later.
    pub resting: u64,
    /// Why not all were tested whose time it was: main could not be asked.
    pub untested: Option<String>,
}

/// What the records say at the beginning of a round.
struct Survey {
    plan: Plan,
    /// How many of each wave failed before, and count.
    failed_before: Vec<u64>,
    /// How many have their turn.
    turns: u64,
    /// Who was not tested for long, though their deployment is in use; no more than are tested in a round.
    untested: HashSet<String>,
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
            first_pause: Duration::from_secs(60),
            longest_pause: Duration::from_secs(6 * 3_600),
            test_every: Duration::from_secs(24 * 3_600),
            tests: 50,
            resting: HashMap::new(),
            tested: HashMap::new(),
        }
    }

    /// Sets how long one is left alone after the first failure, and at most.
    #[must_use]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest.max(first);
        self
    }

    /// Sets how often each deployment is tested, and how many are in a round at most.
    #[must_use]
    pub fn tests(mut self, every: Duration, in_a_round: usize) -> Self {
        self.test_every = every;
        self.tests = in_a_round;
        self
    }

    /// The version that it brings.
    pub fn schema_version(&self) -> u64 {
        self.rollout.schema_version()
    }

    /// Brings another version from now on, to those who failed before as well.
    pub fn change(&mut self, rollout: Rollout) {
        self.rollout = rollout;
        self.resting.clear();
    }

    /// Does what is to be done now. Where more of a wave fail than may, nobody new is begun with
    /// until that is no longer so: those who failed are tried again, each in time.
    ///
    /// An error is one of main; a further round goes on.
    pub async fn round(&mut self, byod: &Byod, told: impl FnMut(Told<'_>)) -> Result<Round, Error> {
        let mut survey = self.survey(byod).await?;
        let rolled_out = match survey.turns {
            0 => None,
            _ => Some(self.roll_out(byod, &mut survey, told).await?),
        };
        let mut round = Round {
            schema_version: self.rollout.schema_version(),
            rolled_out,
            tested: 0,
            failing: 0,
            resting: self.resting.len() as u64,
            untested: None,
        };
        self.test(byod, survey.untested, &mut round).await;
        Ok(round)
    }

    async fn survey(&mut self, byod: &Byod) -> Result<Survey, Error> {
        let now = Instant::now();
        let (mut turns, mut untested) = (0, HashSet::new());
        let test_every = self.test_every;
        self.tested.retain(|_, at| at.elapsed() < test_every);
        let mut still_due = HashSet::new();
        let tested_before = milliseconds() - self.test_every.as_secs_f64() * 1_000.0;
        let mut plan = self.rollout.empty_plan();
        let mut failed_before = vec![0; plan.waves.len()];
        let mut records = pin!(records(byod, self.rollout.page_size()));
        while let Some(record) = records.try_next().await? {
            let choice = self.rollout.count(&mut plan, &record);
            if record.last_connection_test.unwrap_or(0.0) >= tested_before {
                self.tested.remove(&record.user_id);
            } else if record.connection_status.is_in_use()
                && untested.len() < self.tests
                && !self.tested.contains_key(&record.user_id)
            {
                untested.insert(record.user_id.clone());
            }
            match (choice, self.resting.get(&record.user_id)) {
                (Choice::Deploy, Some(rest)) => {
                    turns += u64::from(rest.until <= now);
                    let wave = self.rollout.wave_of(&record.user_id);
                    if still_due.insert(record.user_id)
                        && rest.counts
                        && let Some(failed) = wave.and_then(|wave| failed_before.get_mut(wave))
                    {
                        *failed += 1;
                    }
                }
                (Choice::Deploy, None) => turns += 1,
                _ => {}
            }
        }
        // Those who are no longer due need no pause; a pass that was cut off doesn't say who.
        self.resting.retain(|user, _| still_due.contains(user));
        Ok(Survey {
            plan,
            failed_before,
            turns,
            untested,
        })
    }

    async fn roll_out(
        &mut self,
        byod: &Byod,
        survey: &mut Survey,
        mut told: impl FnMut(Told<'_>),
    ) -> Result<Report, Error> {
        let now = Instant::now();
        let mut outcomes = Vec::new();
        let resting = &self.resting;
        let turn = |user: &str| match resting.get(user) {
            None => Turn::First,
            Some(rest) if rest.until <= now => Turn::Again {
                counted: rest.counts,
            },
            Some(_) => Turn::Later,
        };
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
                if rests || resting.contains_key(*user) {
                    outcomes.push(((*user).to_owned(), rests.then_some(*counts)));
                }
            }
            told(event);
        });
        let report = report.await;
        for (user, counts) in outcomes {
            self.note(user, counts);
        }
        report
    }

    /// Leaves them alone for a while, and whether they count then; not at all without that.
    fn note(&mut self, user: String, counts: Option<bool>) {
        let before = self.resting.remove(&user);
        if let Some(counts) = counts {
            let longer = before.map(|rest| rest.pause.saturating_mul(2));
            let pause = longer.unwrap_or(self.first_pause).min(self.longest_pause);
            let rest = Rest {
                pause,
                until: Instant::now() + pause,
                counts,
            };
            self.resting.insert(user, rest);
        }
    }

    /// Tests them, until main can't be asked.
    async fn test(&mut self, byod: &Byod, untested: HashSet<String>, round: &mut Round) {
        let tests = stream::iter(untested).map(|user| async move {
            let test = byod.test_connection(user.as_str()).await;
            (user, test)
        });
        let mut tests = pin!(tests.buffer_unordered(self.rollout.at_once_limit()));
        while let Some((user, test)) = tests.next().await {
            use byod_runtime::Error::{NoRecord, RecordChanged};
            match test {
                Ok(test) => {
                    round.tested += 1;
                    round.failing += u64::from(test.problem.is_some());
                }
                // They went meanwhile.
                Err(NoRecord { .. } | RecordChanged { .. }) => {}
                Err(error) => {
                    round.untested = Some(error.to_string());
                    return;
                }
            }
            self.tested.insert(user, Instant::now());
        }
    }
}
