//! Brings a version of the project to all users' deployments: planned from the records, done
//! wave by wave, stopped where too many fail.

mod progress;

use std::future::ready;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use byod_runtime::{
    Bundle, Byod, Deployed, RolloutProgress, RolloutState, UserDatabaseConfig, UserId, WaveProgress,
};
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::failures::{MaxFailures, Tally, Turn};
use crate::outcome::{Choice, Counts, NotDeployed, counts_against_limit};
use crate::records::records;
use crate::share::Share;
use crate::waves::Waves;

use progress::{Recorder, Recording};

/// How many failures are told by name; the others are counted.
pub(crate) const TOLD: usize = 1_000;

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

/// How many users each wave has, counted in one pass over the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Plan {
    /// The version that all are to have.
    pub schema_version: u64,
    /// The waves, in their order.
    pub waves: Vec<PlannedWave>,
    /// Users behind the last wave whose deployment is in use.
    pub beyond: u64,
    /// Users without a deployment in use.
    pub not_connected: u64,
}

/// One wave, as the records are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PlannedWave {
    /// Up to which share of all users it goes.
    pub up_to: Share,
    /// Its users whose deployment is in use.
    pub users: u64,
    /// Those whose deployment has another version.
    pub due: u64,
}

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

impl PlannedWave {
    /// Whether nobody of it is due, who failed before neither: main's records aren't gone through for those.
    pub(crate) fn is_over(&self) -> bool {
        self.due == 0
    }
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
        match self.stopped {
            Some(_) => RolloutState::Stopped,
            None => RolloutState::Done,
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

impl Plan {
    /// How far a roll-out is that was planned so, as [`Byod::note_rollout`] takes it, whoever drives it: which waves were begun,
    /// the last of which is under way.
    pub fn progress(
        &self,
        run: &str,
        by: &str,
        max_failures: MaxFailures,
        begun: &[WaveReport],
        state: RolloutState,
    ) -> RolloutProgress {
        let wave = |(at, planned): (usize, &PlannedWave)| {
            let counts = begun.get(at).map(|wave| wave.counts).unwrap_or_default();
            WaveProgress {
                up_to: planned.up_to.to_string(),
                users: planned.users,
                due: planned.due,
                allowed: max_failures.allowed(planned.users),
                done: counts.pushed + counts.current + counts.newer,
                failed: counts.failed + counts.still_failing,
                left: counts.not_connected + counts.moving + counts.changed,
            }
        };
        RolloutProgress {
            run: run.to_owned(),
            by: by.to_owned(),
            schema_version: self.schema_version,
            state,
            wave: begun.len().max(1) as u64,
            waves: self.waves.iter().enumerate().map(wave).collect(),
        }
    }
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
        let mut report = Report {
            schema_version: plan.schema_version,
            waves: Vec::new(),
            stopped: None,
            passed_over: false,
            beyond: plan.beyond,
            failures: Vec::new(),
        };
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
                if let Deployed::Failed(problem) = outcome
                    && report.failures.len() < TOLD
                {
                    report.failures.push(Failure {
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
