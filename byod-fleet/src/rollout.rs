//! Brings a version of the project to all users' deployments: planned from the records, done
//! wave by wave, stopped where too many fail.

mod plan;
mod progress;
mod report;
mod terms;
mod wave;

use std::pin::pin;
use std::time::Duration;

use byod_runtime::{Bundle, Byod, Deployed, RolloutState, UserDatabaseConfig, UserId};
use futures_util::stream::{StreamExt as _, TryStreamExt as _};

use crate::error::Error;
use crate::failures::{MaxFailures, Tally, Turn};
use crate::outcome::{Counts, NotDeployed};
use crate::records::records;
use crate::waves::Waves;

pub use plan::{Plan, PlannedWave};
use progress::{Recorder, Recording};
pub use report::{Failure, Report, Stopped, Told, WaveReport};
pub(crate) use terms::Terms;
use wave::{Done, Wave};

/// How long what main says of users lasts, and how long it may wait to hear what came of them.
const LAG: Duration = Duration::from_secs(5);

/// The longest of these: a clock has an end.
const LONGEST_LAG: Duration = Duration::from_secs(365 * 24 * 3_600);

/// A version of the project, and how it is to be brought to all users' deployments.
///
/// Where it has come shows in the users' records alone. So it may be cut off anywhere, and run
/// again: those who have the version are passed over.
#[derive(Clone, Debug)]
#[must_use = "a roll-out does nothing until it is run"]
pub struct Rollout {
    bundle: Bundle,
    terms: Terms,
    lag: Duration,
    recorder: Option<Recorder>,
}

impl Rollout {
    /// In the waves `1%,10%,100%`, stopped where more than 2% of a wave fail, eight
    /// deployments at once.
    pub fn of(bundle: Bundle) -> Self {
        let terms = Terms::of(bundle.schema_version());
        Self::on(terms, bundle)
    }

    pub(crate) fn on(terms: Terms, bundle: Bundle) -> Self {
        Self {
            bundle,
            terms,
            lag: LAG,
            recorder: None,
        }
    }

    /// Has main keep how far it is, run by somebody of that name, for whoever looks at it: once a second at most. Where that
    /// fails, the roll-out goes on all the same.
    pub fn recorded(mut self, by: &str) -> Self {
        self.recorder = Some(Recorder::of(by));
        self
    }

    /// The version that all are to have.
    pub fn schema_version(&self) -> u64 {
        self.terms.schema_version
    }

    /// Sets the waves.
    pub fn waves(mut self, waves: Waves) -> Self {
        self.terms.waves = waves;
        self
    }

    /// Sets how many of a wave may fail.
    pub fn max_failures(mut self, limit: MaxFailures) -> Self {
        self.terms.max_failures = limit;
        self
    }

    /// Sets how many deployments are pushed to at once; one at least.
    pub fn at_once(mut self, count: usize) -> Self {
        self.terms.at_once = count.max(1);
        self
    }

    /// Sets how many records are read from main at once.
    pub fn page(mut self, records: u32) -> Self {
        self.terms.page = records;
        self
    }

    /// Sets how long what main says of users lasts, and how long it may wait to hear what came of them: five seconds unless
    /// set, a year at most.
    ///
    /// Main is asked, and told, for a hundred users at once. It is asked right before the first of them is pushed to, and again
    /// where one of them is begun with later than this, for whoever's data is on its way by then is not pushed to. What came
    /// of one waits this long at most for the others of a hundred.
    pub fn lag(mut self, lag: Duration) -> Self {
        self.lag = lag.min(LONGEST_LAG);
        self
    }

    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Counts who is in which wave, and who is due. Nothing is changed anywhere.
    pub async fn plan(&self, byod: &Byod) -> Result<Plan, Error> {
        let mut plan = self.terms.empty_plan();
        let mut records = pin!(records(byod, self.terms.page));
        while let Some(record) = records.try_next().await? {
            self.terms.count(&mut plan, &record);
        }
        Ok(plan)
    }

    /// Brings the version to one user's deployment.
    ///
    /// [`byod_runtime::Error::NoRecord`] if the user has none.
    pub async fn run_for(&self, byod: &Byod, user: &UserId) -> Result<Deployed, Error> {
        let record = byod.user_record(user.clone()).await?;
        let record = record.ok_or_else(|| byod_runtime::Error::NoRecord {
            user: user.as_str().into(),
        })?;
        Ok(self.deploy_as_read(byod, record).await?)
    }

    /// The same by their record, as it was just read.
    pub(crate) async fn deploy_as_read(
        &self,
        byod: &Byod,
        record: UserDatabaseConfig,
    ) -> Result<Deployed, byod_runtime::Error> {
        byod.deploy_as_read(record, &self.bundle, self.lag).await
    }

    /// Brings the version to all who are due, wave by wave. Where more of a wave fail than
    /// may, nobody else is begun with: those under way are finished, and the report says so.
    ///
    /// An error is one of main; what was done by then stays, and a further run goes on.
    pub async fn run(
        &self,
        byod: &Byod,
        plan: &Plan,
        told: impl FnMut(Told<'_>),
    ) -> Result<Report, Error> {
        let first = |_: &str| Turn::First;
        self.run_in_turn(byod, plan, &[], &first, told).await
    }

    /// The same where some failed before, so many of each wave: they count as failing until they
    /// don't, and have their turn also while nobody new is begun with.
    pub(crate) async fn run_in_turn(
        &self,
        byod: &Byod,
        plan: &Plan,
        failed_before: &[u64],
        turn: &impl Fn(&str) -> Turn,
        mut told: impl FnMut(Told<'_>),
    ) -> Result<Report, Error> {
        let Some(recorder) = &self.recorder else {
            return self.run_waves(byod, plan, failed_before, turn, told).await;
        };
        let Recorder { run, by } = recorder;
        let running = RolloutState::Running;
        let progress = plan.progress(run, by, self.terms.max_failures, &[], running);
        let recording = Recording::begin(byod, progress);
        let tell = |event: Told<'_>| {
            match &event {
                Told::Wave { number, .. } => recording.at_wave(*number),
                Told::User { outcome, .. } => recording.count(outcome),
            }
            told(event);
        };
        let report = self.run_waves(byod, plan, failed_before, turn, tell).await;
        recording.end(state_after(&report)).await;
        report
    }

    async fn run_waves(
        &self,
        byod: &Byod,
        plan: &Plan,
        failed_before: &[u64],
        turn: &impl Fn(&str) -> Turn,
        mut told: impl FnMut(Told<'_>),
    ) -> Result<Report, Error> {
        let mut report = Report::before(plan);
        for (wave, planned) in plan.waves.iter().enumerate() {
            let number = wave + 1;
            told(Told::Wave { number, planned });
            if planned.is_over() {
                report.waves.push(WaveReport::of(planned));
                continue;
            }
            let allowed = self.terms.max_failures.allowed(planned.users);
            let before = failed_before.get(wave).copied().unwrap_or_default();
            let mut counts = Counts::default();
            let wave = Wave {
                byod,
                bundle: &self.bundle,
                terms: &self.terms,
                lag: self.lag,
                number: wave,
                tally: Tally::of(allowed, before).into(),
            };
            let mut done = pin!(wave.run(turn));
            while let Some((users, error)) = done.next().await {
                for Done {
                    user_id,
                    outcome,
                    fails,
                } in users
                {
                    counts.add(&outcome, fails);
                    told(Told::User {
                        user: &user_id,
                        outcome: &outcome,
                        counts: fails,
                    });
                    if let Deployed::Failed(problem) = outcome {
                        let problem = NotDeployed::of(&problem);
                        report.add(Failure { user_id, problem });
                    }
                }
                // What was done before main failed is told.
                if let Some(error) = error {
                    return Err(error);
                }
            }
            report.waves.push(WaveReport {
                planned: planned.clone(),
                counts,
            });
            if report.ends_with(number, &wave.tally()) {
                break;
            }
        }
        Ok(report)
    }
}

/// What main keeps of it from then on.
fn state_after(report: &Result<Report, Error>) -> RolloutState {
    match report {
        Ok(report) => report.state(),
        Err(_) => RolloutState::Interrupted,
    }
}
