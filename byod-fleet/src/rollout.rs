//! Brings a version of the project to all users' deployments: planned from the records, done
//! wave by wave, stopped where too many fail.

mod plan;
mod progress;
mod report;

use std::future::ready;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use byod_runtime::{Bundle, Byod, Deployed, RolloutState, UserDatabaseConfig, UserId};
use futures_util::stream::{StreamExt as _, TryStreamExt as _};

use crate::error::Error;
use crate::failures::{MaxFailures, Tally, Turn};
use crate::outcome::{Choice, Counts, NotDeployed, counts_against_limit};
use crate::records::records;
use crate::share::Share;
use crate::waves::Waves;

pub use plan::{Plan, PlannedWave};
use progress::{Recorder, Recording};
pub use report::{Failure, Report, Stopped, Told, WaveReport};

/// A version of the project, and how it is to be brought to all users' deployments.
///
/// Where it has come shows in the users' records alone. So it may be cut off anywhere, and run
/// again: those who have the version are passed over.
#[derive(Clone, Debug)]
#[must_use = "a roll-out does nothing until it is run"]
pub struct Rollout {
    bundle: Bundle,
    waves: Waves,
    max_failures: MaxFailures,
    at_once: usize,
    page: u32,
    recorder: Option<Recorder>,
}

impl Rollout {
    /// In the waves `1%,10%,100%`, stopped where more than 2% of a wave fail, eight
    /// deployments at once.
    pub fn of(bundle: Bundle) -> Self {
        Self {
            bundle,
            waves: Waves::default(),
            max_failures: MaxFailures::Share(Share::percent(2)),
            at_once: 8,
            page: 100,
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
        self.bundle.schema_version()
    }

    /// Sets the waves.
    pub fn waves(mut self, waves: Waves) -> Self {
        self.waves = waves;
        self
    }

    /// Sets how many of a wave may fail.
    pub fn max_failures(mut self, limit: MaxFailures) -> Self {
        self.max_failures = limit;
        self
    }

    /// Sets how many deployments are pushed to at once; one at least.
    pub fn at_once(mut self, count: usize) -> Self {
        self.at_once = count.max(1);
        self
    }

    /// Sets how many records are read from main at once.
    pub fn page(mut self, records: u32) -> Self {
        self.page = records;
        self
    }

    pub(crate) fn at_once_limit(&self) -> usize {
        self.at_once
    }

    pub(crate) fn page_size(&self) -> u32 {
        self.page
    }

    pub(crate) fn wave_of(&self, user: &str) -> Option<usize> {
        self.waves.of(user)
    }

    /// Counts who is in which wave, and who is due. Nothing is changed anywhere.
    pub async fn plan(&self, byod: &Byod) -> Result<Plan, Error> {
        let mut plan = self.empty_plan();
        let mut records = pin!(records(byod, self.page));
        while let Some(record) = records.try_next().await? {
            self.count(&mut plan, &record);
        }
        Ok(plan)
    }

    /// The plan for no users.
    pub(crate) fn empty_plan(&self) -> Plan {
        Plan {
            schema_version: self.bundle.schema_version(),
            waves: self
                .waves
                .shares()
                .iter()
                .map(|share| PlannedWave {
                    up_to: *share,
                    users: 0,
                    due: 0,
                })
                .collect(),
            beyond: 0,
            not_connected: 0,
        }
    }

    /// Counts one user more: what is to be done for them, nothing where the last wave doesn't go
    /// that far.
    pub(crate) fn count(&self, plan: &mut Plan, record: &UserDatabaseConfig) -> Choice {
        let choice = Choice::of(record, plan.schema_version);
        let wave = self.waves.of(&record.user_id);
        match (choice, wave.and_then(|wave| plan.waves.get_mut(wave))) {
            (Choice::NotConnected, _) => plan.not_connected += 1,
            (_, None) => {
                plan.beyond += 1;
                return Choice::Current;
            }
            (choice, Some(wave)) => {
                wave.users += 1;
                wave.due += u64::from(choice == Choice::Deploy);
            }
        }
        choice
    }

    /// Brings the version to one user's deployment.
    ///
    /// [`byod_runtime::Error::NoRecord`] if the user has none.
    pub async fn run_for(&self, byod: &Byod, user: &UserId) -> Result<Deployed, Error> {
        let record = byod.user_record(user.clone()).await?;
        let record = record.ok_or_else(|| byod_runtime::Error::NoRecord {
            user: user.as_str().into(),
        })?;
        Ok(byod.deploy(&record, &self.bundle).await?)
    }

    /// The same by their record.
    #[cfg(feature = "serve")]
    pub(crate) async fn deploy(
        &self,
        byod: &Byod,
        record: &UserDatabaseConfig,
    ) -> Result<Deployed, byod_runtime::Error> {
        byod.deploy(record, &self.bundle).await
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
        let progress = plan.progress(run, by, self.max_failures, &[], running);
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
            let allowed = self.max_failures.allowed(planned.users);
            let before = failed_before.get(wave).copied().unwrap_or_default();
            let mut counts = Counts::default();
            let tally = Mutex::new(Tally::of(allowed, before));
            let due = records(byod, self.page)
                .try_filter(|record| ready(self.is_due(record, wave)))
                .take_while(|_| ready(locked(&tally).goes_on()))
                .try_filter(|record| ready(locked(&tally).begins(turn(&record.user_id))))
                .map(|record| async {
                    let record = record?;
                    let outcome = byod.deploy(&record, &self.bundle).await?;
                    Ok::<_, Error>((record, outcome))
                });
            let mut outcomes = pin!(due.buffer_unordered(self.at_once));
            while let Some((record, outcome)) = outcomes.try_next().await? {
                let turn = turn(&record.user_id);
                let counted = turn == Turn::Again { counted: true };
                let fails = counts_against_limit(&record.connection_status, counted, &outcome);
                counts.add(&outcome, fails);
                locked(&tally).add(turn, fails);
                told(Told::User {
                    user: &record.user_id,
                    outcome: &outcome,
                    counts: fails,
                });
                if let Deployed::Failed(problem) = outcome {
                    report.add(Failure {
                        user_id: record.user_id,
                        problem: NotDeployed::of(&problem),
                    });
                }
            }
            report.waves.push(WaveReport {
                planned: planned.clone(),
                counts,
            });
            if report.ends_with(number, &locked(&tally)) {
                break;
            }
        }
        Ok(report)
    }

    pub(crate) fn is_due(&self, record: &UserDatabaseConfig, wave: usize) -> bool {
        self.waves.of(&record.user_id) == Some(wave)
            && Choice::of(record, self.bundle.schema_version()) == Choice::Deploy
    }
}

/// What main keeps of it from then on.
fn state_after(report: &Result<Report, Error>) -> RolloutState {
    match report {
        Ok(report) => report.state(),
        Err(_) => RolloutState::Interrupted,
    }
}

fn locked(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    // Nothing of it is left in the middle of a change.
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
