use std::fmt;
use std::ops::AddAssign;

use byod_runtime::{ConnectionStatus, DeployProblem, Deployed, UserDatabaseConfig};
use serde::{Deserialize, Serialize};

/// What is to be done for a user, by their record alone. So a roll-out that was cut off goes on
/// where it was, on whichever machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Choice {
    /// Their deployment is to be brought to the version.
    Deploy,
    /// It has that version, or a later one.
    Current,
    /// They have none in use.
    NotConnected,
}

impl Choice {
    /// Of a user's record, where that version is wanted.
    pub fn of(record: &UserDatabaseConfig, version: u64) -> Self {
        match record.connection_status.is_in_use() {
            false => Self::NotConnected,
            true if record.schema_version >= version as f64 => Self::Current,
            true => Self::Deploy,
        }
    }
}

/// What came of one user's deployment, as it is told from one machine to another.
///
/// As JSON it is `{"is": "pushed"}`, `{"is": "newer", "found": 12}` and the like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// The project was pushed, and runs.
    Pushed,
    /// It ran already.
    Current,
    /// A later version runs.
    Newer {
        /// That version.
        found: u64,
    },
    /// They have no deployment in use.
    NotConnected,
    /// Their data is on its way.
    Moving,
    /// They disconnected meanwhile, or connected another deployment.
    Changed,
    /// It runs what it ran.
    Failed {
        /// Why.
        problem: NotDeployed,
    },
}

/// Why a deployment has not got a version: a [`DeployProblem`] in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotDeployed {
    /// One word that stays, as of [`DeployProblem::kind`].
    pub kind: String,
    /// A sentence for the operator.
    pub message: String,
    /// The table of the first document that doesn't match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Convex's code, such as `MissingEnvironmentVariables`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl From<Deployed> for Outcome {
    fn from(deployed: Deployed) -> Self {
        match deployed {
            Deployed::Pushed => Self::Pushed,
            Deployed::Current => Self::Current,
            Deployed::Newer { found } => Self::Newer { found },
            Deployed::NotConnected => Self::NotConnected,
            Deployed::Moving => Self::Moving,
            Deployed::Changed => Self::Changed,
            Deployed::Failed(problem) => Self::Failed {
                problem: NotDeployed::of(&problem),
            },
            // What a later version may add is not known to be well.
            _ => Self::Failed {
                problem: NotDeployed::other("unknown", "it failed"),
            },
        }
    }
}

impl NotDeployed {
    pub(crate) fn of(problem: &DeployProblem) -> Self {
        let (table, code) = match problem {
            DeployProblem::DoesNotFit { table, .. } => (table.as_deref(), None),
            DeployProblem::Refused { code, .. } => (None, code.as_deref()),
            _ => (None, None),
        };
        Self {
            table: table.map(str::to_owned),
            code: code.map(str::to_owned),
            ..Self::other(problem.kind(), &problem.to_string())
        }
    }

    pub(crate) fn other(kind: &str, message: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            message: message.to_owned(),
            table: None,
            code: None,
        }
    }
}

impl fmt::Display for NotDeployed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What became of the users of a wave that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Counts {
    /// The project was pushed, and runs.
    pub pushed: u64,
    /// It ran already, which the record didn't say.
    pub current: u64,
    /// A later version runs.
    pub newer: u64,
    /// They disconnected before.
    pub not_connected: u64,
    /// Their data was on its way, which is for another run.
    pub moving: u64,
    /// They disconnected, or connected another deployment, while it was pushed.
    pub changed: u64,
    /// Their deployment runs what it ran.
    pub failed: u64,
    /// Their record said before that their deployment can't be used, and it can't. That says
    /// nothing about the version, so it counts against no limit.
    pub still_failing: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.pushed += more.pushed;
        self.current += more.current;
        self.newer += more.newer;
        self.not_connected += more.not_connected;
        self.moving += more.moving;
        self.changed += more.changed;
        self.failed += more.failed;
        self.still_failing += more.still_failing;
    }
}

impl Counts {
    /// All of them.
    pub fn all(&self) -> u64 {
        self.pushed
            + self.current
            + self.newer
            + self.not_connected
            + self.moving
            + self.changed
            + self.failed
            + self.still_failing
    }

    /// One more; `counts` is whether it counts against the limit.
    pub(crate) fn add(&mut self, outcome: &Deployed, counts: bool) {
        let count = match outcome {
            Deployed::Pushed => &mut self.pushed,
            Deployed::Current => &mut self.current,
            Deployed::Newer { .. } => &mut self.newer,
            Deployed::NotConnected => &mut self.not_connected,
            Deployed::Moving => &mut self.moving,
            Deployed::Changed => &mut self.changed,
            _ if counts => &mut self.failed,
            _ => &mut self.still_failing,
        };
        *count += 1;
    }
}

/// Whether it counts against the limit on failures that a deployment has not got the version; `counted` is whether it
/// did until now.
///
/// What couldn't be used before, by its user's record, and can't be says nothing of the version. What failed otherwise
/// counts until it doesn't fail, whatever becomes of the record: the version itself may have broken the deployment.
pub(crate) fn counts_against_limit(
    before: &ConnectionStatus,
    counted: bool,
    outcome: &Deployed,
) -> bool {
    match outcome {
        Deployed::Pushed
        | Deployed::Current
        | Deployed::Newer { .. }
        | Deployed::NotConnected
        | Deployed::Changed => false,
        // Of the version that says nothing.
        Deployed::Moving | Deployed::Failed(DeployProblem::Record { .. }) => counted,
        Deployed::Failed(DeployProblem::Connection(_)) => {
            counted || *before != ConnectionStatus::Error
        }
        // What a later version may add is not known to be well.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use byod_runtime::ConnectionProblem;

    use super::*;

    #[test]
    fn what_failed_for_the_version_counts_until_it_does_not_fail() {
        let unusable = Deployed::Failed(DeployProblem::Connection(ConnectionProblem::NoPing));
        let overtaken = Deployed::Failed(DeployProblem::Overtaken);
        let (connected, error) = (&ConnectionStatus::Connected, &ConnectionStatus::Error);
        for (before, counted, outcome, counts_now) in [
            (connected, false, &unusable, true),
            (error, false, &unusable, false),
            (error, true, &unusable, true),
            (error, false, &overtaken, true),
            (connected, true, &Deployed::Moving, true),
            (connected, false, &Deployed::Moving, false),
            (error, true, &Deployed::Pushed, false),
            (error, true, &Deployed::Changed, false),
        ] {
            let counts = counts_against_limit(before, counted, outcome);
            assert_eq!(counts, counts_now, "{before:?} {counted} {outcome:?}");
        }
    }
}
