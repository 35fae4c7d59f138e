//! Who is due, counted before anything is done.

use serde::{Deserialize, Serialize};

use crate::share::Share;

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

impl PlannedWave {
    /// Whether nobody of it is due, who failed before neither: main's records aren't gone through for those.
    pub(crate) fn is_over(&self) -> bool {
        self.due == 0
    }
}
