//! Brings a version of the project to all users' deployments: planned from the records, done
//! wave by wave, stopped where too many fail.

use std::future::ready;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use byod_runtime::{Bundle, Byod, DeployProblem, Deployed, UserDatabaseConfig, UserId};
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use crate::error::Error;
use crate::failures::MaxFailures;
use crate::outcome::{Choice, Counts};
use crate::records::records;
use crate::share::Share;
use crate::waves::Waves;

/// How many failures are told by name; the others are counted.
const TOLD: usize = 1_000;

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
}

/// How many users each wave has, counted in one pass over the records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    },
}

/// What a roll-out has done.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// The version that all are to have.
    pub schema_version: u64,
    /// The waves that were begun.
    pub waves: Vec<WaveReport>,
    /// Why it stopped before the end.
    pub stopped: Option<Stopped>,
    /// Users behind the last wave.
    pub beyond: u64,
    /// Whose deployment has not got the version: the first thousand.
    pub failures: Vec<Failure>,
}

/// What became of one wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Failure {
    /// Their id on main.
    pub user_id: String,
    /// Why.
    pub problem: DeployProblem,
}

impl Report {
    /// Whether all users have the version whom it was for.
    pub fn is_done(&self) -> bool {
        self.stopped.is_none() && self.failed() == 0
    }

    /// How many have not got it.
    pub fn failed(&self) -> u64 {
        let counts = self.waves.iter().map(|wave| wave.counts);
        counts
            .map(|counts| counts.failed + counts.still_failing)
            .sum()
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
        }
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

    /// Counts who is in which wave, and who is due. Nothing is changed anywhere.
    pub async fn plan(&self, byod: &Byod) -> Result<Plan, Error> {
        let version = self.bundle.schema_version();
        let mut plan = Plan {
            schema_version: version,
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
        };
        let mut records = pin!(records(byod, self.page));
        while let Some(record) = records.try_next().await? {
            let choice = Choice::of(&record, version);
            let wave = self.waves.of(&record.user_id);
            match (choice, wave.and_then(|wave| plan.waves.get_mut(wave))) {
                (Choice::NotConnected, _) => plan.not_connected += 1,
                (_, None) => plan.beyond += 1,
                (choice, Some(wave)) => {
                    wave.users += 1;
                    wave.due += u64::from(choice == Choice::Deploy);
                }
            }
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
        Ok(byod.deploy(&record, &self.bundle).await?)
    }

    /// Brings the version to all who are due, wave by wave. Where more of a wave fail than
    /// may, nobody else is begun with: those under way are finished, and the report says so.
    ///
    /// An error is one of main; what was done by then stays, and a further run goes on.
    pub async fn run(
        &self,
        byod: &Byod,
        plan: &Plan,
        mut told: impl FnMut(Told<'_>),
    ) -> Result<Report, Error> {
        let mut report = Report {
            schema_version: plan.schema_version,
            waves: Vec::new(),
            stopped: None,
            beyond: plan.beyond,
            failures: Vec::new(),
        };
        for (wave, planned) in plan.waves.iter().enumerate() {
            let number = wave + 1;
            told(Told::Wave { number, planned });
            let allowed = self.max_failures.allowed(planned.users);
            let mut counts = Counts::default();
            let stopping = AtomicBool::new(false);
            let due = records(byod, self.page)
                .try_filter(|record| ready(self.is_due(record, wave)))
                .take_while(|_| ready(!stopping.load(Ordering::Relaxed)))
                .map(|record| async {
                    let record = record?;
                    let outcome = byod.deploy(&record, &self.bundle).await?;
                    Ok::<_, Error>((record, outcome))
                });
            let mut outcomes = pin!(due.buffer_unordered(self.at_once));
            while let Some((record, outcome)) = outcomes.try_next().await? {
                counts.add(&record.connection_status, &outcome);
                told(Told::User {
                    user: &record.user_id,
                    outcome: &outcome,
                });
                if let Deployed::Failed(problem) = outcome
                    && report.failures.len() < TOLD
                {
                    report.failures.push(Failure {
                        user_id: record.user_id,
                        problem,
                    });
                }
                stopping.store(counts.failed > allowed, Ordering::Relaxed);
            }
            report.waves.push(WaveReport {
                planned: planned.clone(),
                counts,
            });
            if counts.failed > allowed {
                report.stopped = Some(Stopped {
                    wave: number,
                    failed: counts.failed,
                    allowed,
                });
                break;
            }
        }
        Ok(report)
    }

    fn is_due(&self, record: &UserDatabaseConfig, wave: usize) -> bool {
        self.waves.of(&record.user_id) == Some(wave)
            && Choice::of(record, self.bundle.schema_version()) == Choice::Deploy
    }
}
