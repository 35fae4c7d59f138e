//! What became of a move, as whoever asked for it is told.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::state::Direction;
use super::steps::Report;

/// What became of what was to be moved.
///
/// ```
/// use byod_runtime::MoveReport;
///
/// fn told(report: &MoveReport) -> String {
///     let seconds = report.took.as_secs();
///     format!("{} documents moved in {seconds} s, {} are where they were", report.documents, report.kept)
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MoveReport {
    /// Which way.
    pub direction: Direction,
    /// How many documents are on the other side now.
    pub documents: u64,
    /// How many files were copied.
    pub files: u64,
    /// How many documents could not be there, and are where they were.
    pub kept: u64,
    /// The tables of which no field says when documents were made, now that they are made anew: `createdAt` of `[user.move]`
    /// in `byod.toml` names one.
    #[serde(default)]
    pub undated: Vec<String>,
    /// Those, a hundred at the most.
    pub left: Vec<LeftDocument>,
    /// What documents are without now, and what else is to know, each with how often.
    pub notes: Vec<(String, u64)>,
    /// How long it took.
    #[serde(rename = "seconds", with = "in_seconds")]
    pub took: Duration,
}

/// A document that could not be on the other side.
///
/// ```
/// use byod_runtime::{LeftDocument, MoveReport};
///
/// fn told(report: &MoveReport) -> Vec<String> {
///     let told = |LeftDocument { table, id, reason, .. }: &LeftDocument| format!("{table} {id}: {reason}");
///     report.left.iter().map(told).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeftDocument {
    /// Its table.
    pub table: String,
    /// Its id, where it is.
    pub id: String,
    /// Why.
    pub reason: String,
}

impl MoveReport {
    pub(super) fn of(direction: Direction, mut report: Report, begun: Instant) -> Self {
        for size in std::mem::take(&mut report.missed).into_values() {
            report.note(&format!("a file of {size} bytes could not be fetched"), 1.0);
        }
        let left = report.left.into_iter();
        Self {
            direction,
            documents: report.documents,
            files: report.files,
            kept: report.kept,
            undated: report.undated,
            left: left
                .map(|(table, id, reason)| LeftDocument { table, id, reason })
                .collect(),
            notes: report.notes.into_iter().collect(),
            took: begun.elapsed(),
        }
    }
}

mod in_seconds {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(time.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(from)?;
        Duration::try_from_secs_f64(seconds).map_err(D::Error::custom)
    }
}
