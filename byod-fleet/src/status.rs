//! How every user's deployment is: from the records, and from the deployments themselves.

use std::collections::BTreeMap;
use std::pin::pin;

use byod_runtime::{
    Byod, Claim, ConnectionProblem, ConnectionStatus, ConnectionTest, UserDatabaseConfig,
};
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use crate::error::Error;
use crate::records::{milliseconds, records};

/// What is asked about the fleet.
///
/// ```no_run
/// # async fn demo(byod: byod_runtime::Byod) -> Result<(), byod_fleet::Error> {
/// use byod_fleet::Status;
///
/// let totals = Status::default().failing(true).probe(true).read(&byod, |row| {
///     if let Some(row) = row {
///         println!("{}: {:?}", row.user_id, row.problem);
///     }
/// }).await?;
/// println!("{} of {} users fail", totals.failing, totals.connected);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is asked until it is read"]
pub struct Status {
    failing: bool,
    older_than: Option<u64>,
    probe: bool,
    at_once: usize,
    page: u32,
}

/// How one user's deployment is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Row {
    /// Their id on main.
    pub user_id: String,
    /// What their record says.
    pub status: ConnectionStatus,
    /// The version of the schema that their deployment runs; 0 before the first.
    pub schema_version: u64,
    /// Whose it says that it is, where it was asked.
    pub claim: Option<Claim>,
    /// When it was last tested, well or not, in milliseconds since 1970: by the record, or now where it was asked and
    /// nothing is wrong.
    pub last_tested: Option<f64>,
    /// When the project was last deployed to it, in milliseconds since 1970.
    pub last_schema_deploy: Option<f64>,
    /// How long it took to answer, where it was asked.
    pub latency_ms: Option<f64>,
    /// What keeps it from being used.
    pub problem: Option<Problem>,
}

/// What keeps a deployment from being used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// One word that stays, as of [`ConnectionProblem::kind`]; `recorded` where the record says it
    /// in words that this version doesn't know.
    pub kind: &'static str,
    /// A sentence for the user.
    pub message: String,
}

/// How all users' deployments are, whichever of them are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Totals {
    /// Users with a record.
    pub users: u64,
    /// By what the record says.
    pub statuses: BTreeMap<String, u64>,
    /// Those whose deployment is in use, failing or not.
    pub connected: u64,
    /// Those of whose deployment something is wrong.
    pub failing: u64,
    /// What is wrong, by kind.
    pub problems: BTreeMap<&'static str, u64>,
    /// Which versions run on those in use.
    pub versions: BTreeMap<u64, u64>,
    /// How many were listed.
    pub listed: u64,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            failing: false,
            older_than: None,
            probe: false,
            at_once: 16,
            page: 200,
        }
    }
}

impl Status {
    /// Lists only those of whose deployment something is wrong.
    pub fn failing(mut self, only: bool) -> Self {
        self.failing = only;
        self
    }

    /// Lists only those whose deployment is in use and runs an older version than this.
    pub fn older_than(mut self, version: Option<u64>) -> Self {
        self.older_than = version;
        self
    }

    /// Asks the deployments themselves. What they answer is written nowhere.
    pub fn probe(mut self, probe: bool) -> Self {
        self.probe = probe;
        self
    }

    /// Sets how many deployments are asked at once; one at least.
    pub fn at_once(mut self, count: usize) -> Self {
        self.at_once = count.max(1);
        self
    }

    /// Sets how many records are read from main at once.
    pub fn page(mut self, records: u32) -> Self {
        self.page = records;
        self
    }

    /// How many users have a record, for whoever shows how far [`read`](Self::read) is: a pass over the records of its own.
    pub async fn count(&self, byod: &Byod) -> Result<u64, Error> {
        let mut records = pin!(records(byod, self.page));
        let mut users = 0;
        while records.try_next().await?.is_some() {
            users += 1;
        }
        Ok(users)
    }

    /// Goes through all users' records, in the order in which they were made, and gives the row
    /// of each that is to be listed, `None` for the others. Memory doesn't grow with their number; main is asked once for each
    /// page.
    pub async fn read(
        &self,
        byod: &Byod,
        mut seen: impl FnMut(Option<&Row>),
    ) -> Result<Totals, Error> {
        let mut totals = Totals::default();
        let rows = records(byod, self.page).map(|record| async {
            let record = record?;
            let probed = match self.probe && record.connection_status.is_in_use() {
                true => Some(byod.probe(&record).await?),
                false => None,
            };
            Ok::<_, Error>(Row::of(record, probed))
        });
        let mut rows = pin!(rows.buffered(self.at_once));
        while let Some(row) = rows.try_next().await? {
            totals.add(&row);
            let is_listed = self.lists(&row);
            totals.listed += u64::from(is_listed);
            seen(is_listed.then_some(&row));
        }
        Ok(totals)
    }

    fn lists(&self, row: &Row) -> bool {
        let is_old = |version| row.status.is_in_use() && row.schema_version < version;
        (!self.failing || row.problem.is_some()) && self.older_than.is_none_or(is_old)
    }
}

impl From<UserDatabaseConfig> for Row {
    /// What a user's record says.
    fn from(record: UserDatabaseConfig) -> Self {
        Self::of(record, None)
    }
}

impl Row {
    fn of(record: UserDatabaseConfig, probed: Option<ConnectionTest>) -> Self {
        let recorded = recorded_problem(&record);
        let row = Self {
            user_id: record.user_id,
            status: record.connection_status,
            schema_version: record.schema_version as u64,
            claim: None,
            last_tested: record.last_connection_test,
            last_schema_deploy: record.last_schema_deploy,
            latency_ms: None,
            problem: recorded,
        };
        let Some(probed) = probed else { return row };
        let last_tested = match &probed.problem {
            None => Some(milliseconds()),
            Some(_) => row.last_tested,
        };
        Self {
            last_tested,
            schema_version: probed.schema_version.unwrap_or(row.schema_version),
            claim: probed.claim,
            latency_ms: Some(probed.duration.as_secs_f64() * 1_000.0),
            problem: probed.problem.map(|problem| Problem::of(&problem)),
            ..row
        }
    }
}

impl Problem {
    fn of(problem: &ConnectionProblem) -> Self {
        Self {
            kind: problem.kind(),
            message: problem.to_string(),
        }
    }
}

/// What the record says is wrong.
fn recorded_problem(record: &UserDatabaseConfig) -> Option<Problem> {
    let message = match &record.connection_status {
        ConnectionStatus::Error => match record.connection_error.as_deref() {
            None | Some("") => "no reason is stored".to_owned(),
            Some(reason) => reason.to_owned(),
        },
        ConnectionStatus::Unknown(status) => {
            format!("its connectionStatus `{status}` is not known to this version")
        }
        _ => return None,
    };
    let kind = ConnectionProblem::kind_of_text(&message).unwrap_or("recorded");
    Some(Problem { kind, message })
}

impl Row {
    /// What the record says, in one of a few words.
    pub fn status_word(&self) -> &str {
        match &self.status {
            // A record could have any text there.
            ConnectionStatus::Unknown(_) => "unknown",
            known => known.as_str(),
        }
    }
}

impl Totals {
    /// Counts one user more, but for whether they are listed.
    pub fn add(&mut self, row: &Row) {
        self.users += 1;
        let status = row.status_word();
        match self.statuses.get_mut(status) {
            Some(count) => *count += 1,
            None => _ = self.statuses.insert(status.to_owned(), 1),
        }
        if row.status.is_in_use() {
            self.connected += 1;
            *self.versions.entry(row.schema_version).or_default() += 1;
        }
        if let Some(problem) = &row.problem {
            self.failing += 1;
            *self.problems.entry(problem.kind).or_default() += 1;
        }
    }
}
