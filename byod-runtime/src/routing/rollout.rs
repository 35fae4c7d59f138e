use std::collections::HashMap;

use arc_swap::ArcSwap;

/// How far users' deployments are in use. The switch of [`Rollouts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rollout {
    /// Not at all: everything goes to main.
    Off,
    /// User tables of connected users are read from their deployments; mutations
    /// and actions on them are refused with
    /// [`Error::RolloutRefused`](crate::Error::RolloutRefused). Users who have not
    /// connected a deployment, and main tables, notice nothing.
    ReadOnly,
    /// Fully.
    #[default]
    On,
}

/// The rollout switches: one for each table and one for all, to be changed at any
/// time. A call that begins after a change sees it.
///
/// ```
/// use byod_runtime::{Rollout, Rollouts};
///
/// let rollouts = Rollouts::default();          // On
/// rollouts.set_all(Rollout::Off);
/// rollouts.set("notes", Rollout::ReadOnly);    // a first step
/// assert_eq!(rollouts.get("notes"), Rollout::ReadOnly);
/// assert_eq!(rollouts.get("messages"), Rollout::Off);
/// rollouts.set_all(Rollout::Off);              // and back, for every table
/// assert_eq!(rollouts.get("notes"), Rollout::Off);
/// ```
#[derive(Debug, Default)]
pub struct Rollouts(ArcSwap<Switches>);

#[derive(Clone, Debug, Default)]
struct Switches {
    all: Rollout,
    tables: HashMap<Box<str>, Rollout>,
}

impl Rollouts {
    pub(crate) fn new(all: Rollout) -> Self {
        let tables = HashMap::new();
        Self(ArcSwap::from_pointee(Switches { all, tables }))
    }

    /// Sets the switch of every table, also of those that were set on their own.
    pub fn set_all(&self, rollout: Rollout) {
        self.0.store(Self::new(rollout).0.into_inner());
    }

    /// Sets the switch of one table, until [`set_all`](Self::set_all).
    pub fn set(&self, table: &str, rollout: Rollout) {
        self.0.rcu(|switches| {
            let mut switches = Switches::clone(switches);
            switches.tables.insert(table.into(), rollout);
            switches
        });
    }

    /// The switch of a table.
    pub fn get(&self, table: &str) -> Rollout {
        let switches = self.0.load();
        *switches.tables.get(table).unwrap_or(&switches.all)
    }
}
