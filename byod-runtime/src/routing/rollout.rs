use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;

/// How far users' deployments are in use. The switch of [`Rollouts`].
///
/// ```
/// use byod_runtime::{Byod, Rollout};
///
/// fn read_alone_for_now(byod: &Byod) {
///     byod.rollout().set_all(Rollout::ReadOnly); // from the next call on
/// }
/// ```
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
pub struct Rollouts {
    switches: ArcSwap<Switches>,
    /// Tells those who follow routes.
    changed: watch::Sender<()>,
}

/// The switches at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Switches {
    all: Rollout,
    tables: HashMap<Box<str>, Rollout>,
}

/// What the switches say of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch<'a> {
    Off,
    /// This table, at least, is only to be read.
    ReadOnly(&'a str),
    /// This table is still on main, while others that the function touches are not.
    Split(&'a str),
    On,
}

impl Switches {
    fn get(&self, table: &str) -> Rollout {
        *self.tables.get(table).unwrap_or(&self.all)
    }

    /// What they say of a function that touches those tables; of one that touches none,
    /// the switch for all counts, and `name` stands for the table.
    pub(crate) fn of<'a>(&self, tables: &'a [&'a str], name: &'a str) -> Switch<'a> {
        let switch = |table: &'a str, rollout| match rollout {
            Rollout::Off => Switch::Off,
            Rollout::ReadOnly => Switch::ReadOnly(table),
            Rollout::On => Switch::On,
        };
        let (first, others) = match tables {
            [] => return switch(name, self.all),
            [only] => return switch(only, self.get(only)),
            [first, others @ ..] => (*first, others),
        };
        let mut sum = switch(first, self.get(first));
        let mut before = first;
        for table in others {
            sum = match (sum, switch(table, self.get(table))) {
                (Switch::Split(table), _) => Switch::Split(table),
                (Switch::Off, Switch::Off) => Switch::Off,
                (Switch::Off, _) => Switch::Split(before),
                (_, Switch::Off) => Switch::Split(table),
                (Switch::ReadOnly(table), _) => Switch::ReadOnly(table),
                (Switch::On, next) => next,
            };
            before = table;
        }
        sum
    }
}

impl Rollouts {
    pub(crate) fn new(all: Rollout) -> Self {
        let tables = HashMap::new();
        Self {
            switches: ArcSwap::from_pointee(Switches { all, tables }),
            changed: watch::Sender::default(),
        }
    }

    /// Sets the switch of every table, also of those that were set on their own.
    pub fn set_all(&self, rollout: Rollout) {
        self.switches
            .store(Self::new(rollout).switches.into_inner());
        self.changed.send_replace(());
    }

    /// Sets the switch of one table, until [`set_all`](Self::set_all).
    pub fn set(&self, table: &str, rollout: Rollout) {
        self.switches.rcu(|switches| {
            let mut switches = Switches::clone(switches);
            switches.tables.insert(table.into(), rollout);
            switches
        });
        self.changed.send_replace(());
    }

    /// The switch of a table.
    pub fn get(&self, table: &str) -> Rollout {
        self.switches.load().get(table)
    }

    /// What they say now of a function; see [`Switches::of`].
    pub(crate) fn of<'a>(&self, tables: &'a [&'a str], name: &'a str) -> Switch<'a> {
        self.switches.load().of(tables, name)
    }

    /// All of them, as they are now.
    pub(crate) fn now(&self) -> Arc<Switches> {
        self.switches.load_full()
    }

    /// Is told when any of them is set.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_goes_by_the_switches_of_all_that_it_touches() {
        let rollouts = Rollouts::default();
        rollouts.set("off", Rollout::Off);
        rollouts.set("off2", Rollout::Off);
        rollouts.set("read", Rollout::ReadOnly);
        for (tables, expected) in [
            (&[][..], Switch::On),
            (&["on"], Switch::On),
            (&["on", "read"], Switch::ReadOnly("read")),
            (&["read", "on"], Switch::ReadOnly("read")),
            (&["off", "off2"], Switch::Off),
            (&["off", "off2", "on"], Switch::Split("off2")),
            (&["on", "read", "off"], Switch::Split("off")),
            (&["off", "read", "off2"], Switch::Split("off")),
        ] {
            assert_eq!(rollouts.of(tables, "chat"), expected, "{tables:?}");
        }
        rollouts.set_all(Rollout::ReadOnly);
        assert_eq!(rollouts.of(&[], "chat"), Switch::ReadOnly("chat"));
    }
}
