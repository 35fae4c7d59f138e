use byod_runtime::{ConnectionStatus, DeployProblem, Deployed, UserDatabaseConfig};
use serde::Serialize;

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

/// What became of the users of a wave that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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
        Deployed::Moving => counted,
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
