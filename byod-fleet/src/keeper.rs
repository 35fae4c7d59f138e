//! Keeps all users' deployments on a version and known: round after round.

use std::collections::HashMap;
use std::pin::pin;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use byod_runtime::{Byod, ConnectionTest, Deployed, UserDatabaseConfig};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::outcome::{Choice, counted_before};
use crate::records::records;
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
}

/// How long somebody is left alone whose deployment failed.
#[derive(Debug)]
struct Rest {
    pause: Duration,
    until: Instant,
}

/// What a round has done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Round {
    /// What the roll-out did; `None` where nobody had their turn.
    pub rolled_out: Option<Report>,
    /// How many deployments were tested.
    pub tested: u64,
    /// How many of those can't be used.
    pub failing: u64,
    /// How many failed, and are tried again later.
    pub resting: u64,
}

/// What the records say at the beginning of a round.
struct Survey {
    plan: Plan,
    /// How many of each wave failed before.
    failed_before: Vec<u64>,
    /// How many have their turn.
    turns: u64,
    /// Who was not tested for long; no more than are tested in a round.
    untested: Vec<UserDatabaseConfig>,
}

impl Round {
    /// Whether nothing is left to do, and nothing wrong.
    pub fn is_well(&self) -> bool {
        let is_done = self.rolled_out.as_ref().is_none_or(Report::is_done);
        is_done && self.resting == 0 && self.failing == 0
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
        let survey = self.survey(byod).await?;
        let rolled_out = match survey.turns {
            0 => None,
            _ => Some(self.roll_out(byod, &survey, told).await?),
        };
        let (mut tested, mut failing) = (0, 0);
        for test in self.test(byod, survey.untested).await? {
            tested += 1;
            failing += u64::from(test.problem.is_some());
        }
        Ok(Round {
            rolled_out,
            tested,
            failing,
            resting: self.resting.len() as u64,
        })
    }

    async fn survey(&mut self, byod: &Byod) -> Result<Survey, Error> {
        let now = Instant::now();
        let (mut turns, mut untested) = (0, Vec::new());
        let mut failing = HashMap::new();
        let tested_before = milliseconds() - self.test_every.as_secs_f64() * 1_000.0;
        let mut plan = self.rollout.empty_plan();
        let mut failed_before = vec![0; plan.waves.len()];
        let mut records = pin!(records(byod, self.rollout.page_size()));
        while let Some(record) = records.try_next().await? {
            let choice = self.rollout.count(&mut plan, &record);
            match (choice, self.resting.remove_entry(&record.user_id)) {
                (Choice::Deploy, Some((user, rest))) => {
                    turns += u64::from(rest.until <= now);
                    let wave = self.rollout.wave_of(&user);
                    let wave = wave.filter(|_| counted_before(&record.connection_status));
                    if let Some(failed) = wave.and_then(|wave| failed_before.get_mut(wave)) {
                        *failed += 1;
                    }
                    failing.insert(user, rest);
                }
                (Choice::Deploy, None) => turns += 1,
                (Choice::Current, _)
                    if untested.len() < self.tests
                        && record.last_connection_test.unwrap_or(0.0) < tested_before =>
                {
                    untested.push(record);
                }
                _ => {}
            }
        }
        // Those who are no longer due need no pause.
        self.resting = failing;
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
        survey: &Survey,
        mut told: impl FnMut(Told<'_>),
    ) -> Result<Report, Error> {
        let now = Instant::now();
        let mut outcomes: Vec<(String, bool)> = Vec::new();
        let resting = &self.resting;
        let turn = |user: &str| match resting.get(user) {
            None => Turn::First,
            Some(rest) if rest.until <= now => Turn::Again,
            Some(_) => Turn::Later,
        };
        let (plan, failed_before) = (&survey.plan, &survey.failed_before);
        let rollout = &self.rollout;
        let report = rollout.run_in_turn(byod, plan, failed_before, &turn, |event| {
            if let Told::User { user, outcome } = &event {
                let has_failed = matches!(outcome, Deployed::Failed(_));
                if has_failed || resting.contains_key(*user) {
                    outcomes.push(((*user).to_owned(), has_failed));
                }
            }
            told(event);
        });
        let report = report.await;
        for (user, has_failed) in outcomes {
            self.note(user, has_failed);
        }
        report
    }

    fn note(&mut self, user: String, has_failed: bool) {
        let before = self.resting.remove(&user);
        if has_failed {
            let longer = before.map(|rest| rest.pause.saturating_mul(2));
            let pause = longer.unwrap_or(self.first_pause).min(self.longest_pause);
            let until = Instant::now() + pause;
            self.resting.insert(user, Rest { pause, until });
        }
    }

    async fn test(
        &self,
        byod: &Byod,
        untested: Vec<UserDatabaseConfig>,
    ) -> Result<Vec<ConnectionTest>, Error> {
        let tests = stream::iter(untested).map(|record| async move {
            match byod.test_connection(&*record.user_id).await {
                Ok(test) => Ok(Some(test)),
                // They went meanwhile.
                Err(
                    byod_runtime::Error::NoRecord { .. }
                    | byod_runtime::Error::RecordChanged { .. },
                ) => Ok(None),
                Err(error) => Err(Error::from(error)),
            }
        });
        let tests = tests.buffer_unordered(self.rollout.at_once_limit());
        tests
            .try_filter_map(async |test| Ok(test))
            .try_collect()
            .await
    }
}

/// The present time, since 1970.
fn milliseconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1_000.0)
}
