//! Which version is to be brought to whom, and how: a roll-out without the project itself.

use byod_runtime::UserDatabaseConfig;

use super::plan::{Plan, PlannedWave};
use crate::failures::MaxFailures;
use crate::outcome::Choice;
use crate::share::Share;
use crate::waves::Waves;

#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) schema_version: u64,
    pub(crate) waves: Waves,
    pub(crate) max_failures: MaxFailures,
    /// How many deployments are pushed to at once; one at least.
    pub(crate) at_once: usize,
    /// How many records are read from main at once.
    pub(crate) page: u32,
}

impl Terms {
    /// In the waves `1%,10%,100%`, stopped where more than 2% of a wave fail, eight deployments at once.
    pub(crate) fn of(schema_version: u64) -> Self {
        Self {
            schema_version,
            waves: Waves::default(),
            max_failures: MaxFailures::Share(Share::percent(2)),
            at_once: 8,
            page: 100,
        }
    }

    /// The plan for no users.
    pub(crate) fn empty_plan(&self) -> Plan {
        let waves = self.waves.shares().iter().map(|share| PlannedWave {
            up_to: *share,
            users: 0,
            due: 0,
        });
        Plan {
            schema_version: self.schema_version,
            waves: waves.collect(),
            beyond: 0,
            not_connected: 0,
        }
    }

    /// Counts one user more: what is to be done for them, nothing where the last wave doesn't go
    /// that far.
    pub(crate) fn count(&self, plan: &mut Plan, record: &UserDatabaseConfig) -> Choice {
        let choice = Choice::of(record, self.schema_version);
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

    /// Whether somebody of that wave, counted from 0, has not got the version.
    pub(crate) fn is_due(&self, record: &UserDatabaseConfig, wave: usize) -> bool {
        self.waves.of(&record.user_id) == Some(wave)
            && Choice::of(record, self.schema_version) == Choice::Deploy
    }
}
