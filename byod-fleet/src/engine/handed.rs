//! What goes to the engine, and comes from it. It keeps all of this in its journal: no record is in it, no key, and no
//! project.

use std::time::Duration;

use byod_runtime::Bundle;
#[cfg(feature = "serve")]
use byod_runtime::{ConnectionStatus, Deployed};
use serde::{Deserialize, Serialize};

use super::bundles::Digest;
use crate::failures::MaxFailures;
use crate::keeper::Rhythm;
#[cfg(feature = "serve")]
use crate::outcome::counts_against_limit;
use crate::outcome::{Counts, Outcome};
use crate::rollout::{Plan, Rollout, Terms, WaveReport};
use crate::waves::Waves;

/// What the services are called at the engine.
pub(crate) mod names {
    /// One user, by their id on main: what changes their deployment or record is done there, one after the other.
    pub(crate) const USER: &str = "ByodUser";
    /// One roll-out.
    pub(crate) const ROLLOUT: &str = "ByodRollout";
    /// All users: which roll-out is under way.
    pub(crate) const FLEET: &str = "ByodFleet";
    /// The key of the one object of [`FLEET`].
    pub(crate) const ALL: &str = "all";
}

/// The code of what can't be done for a user who went, or connected another deployment, meanwhile. It is none of those by which
/// an engine says that it doesn't know what it is asked for.
pub(crate) const GONE: u16 = 410;

/// A roll-out as it is asked for.
///
/// The project itself isn't in it: workers have that in their folder, by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Order {
    /// Which bundle.
    pub bundle: Digest,
    /// The version that it says of itself.
    pub schema_version: u64,
    /// How long a deployment may take to build its indexes, in seconds.
    pub patience: u64,
    /// Up to which share of all users each wave goes.
    pub waves: Waves,
    /// How many of a wave may fail.
    pub max_failures: MaxFailures,
    /// How many deployments are pushed to at once, by all workers together.
    pub at_once: u32,
    /// Whether it is one round of those that go on; without it all who are due are tried.
    #[serde(default)]
    pub keep: Option<Keep>,
}

/// How a version is kept up, round after round, as a [`Keeper`](crate::Keeper) does: in its rhythm, where nothing else is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Keep(pub(crate) Rhythm);

impl Keep {
    /// Sets how long one is left alone after the first failure, and at most.
    #[must_use]
    pub fn pauses(self, first: Duration, longest: Duration) -> Self {
        Self(self.0.pauses(first, longest))
    }

    /// Sets how often each deployment is tested, and how many are in a round at most.
    #[must_use]
    pub fn tests(self, every: Duration, in_a_round: usize) -> Self {
        Self(self.0.tests(every, in_a_round))
    }
}

impl Order {
    /// Of that bundle.
    pub fn of(
        bundle: Digest,
        schema_version: u64,
        waves: Waves,
        max_failures: MaxFailures,
    ) -> Self {
        Self {
            bundle,
            schema_version,
            patience: 600,
            waves,
            max_failures,
            at_once: 8,
            keep: None,
        }
    }

    /// Sets how long a deployment may take to build its indexes.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience.as_secs();
        self
    }

    /// Sets how many deployments are pushed to at once; one at least.
    #[must_use]
    pub fn at_once(mut self, count: u32) -> Self {
        self.at_once = count.max(1);
        self
    }

    /// Asks for one round of those that go on, of a [`Keeper`](crate::Keeper) at the engine.
    #[must_use]
    pub fn keep(mut self, keep: Keep) -> Self {
        self.keep = Some(keep);
        self
    }

    #[cfg(feature = "serve")]
    pub(crate) fn rhythm(&self) -> Rhythm {
        self.keep.unwrap_or_default().0
    }

    /// The same for who has the bundle.
    pub fn rollout(&self, bundle: Bundle) -> Rollout {
        let patience = Duration::from_secs(self.patience);
        Rollout::on(self.terms(), bundle.with_patience(patience))
    }

    /// The same without the bundle.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            waves: self.waves.clone(),
            max_failures: self.max_failures,
            at_once: self.at_once.max(1) as usize,
            ..Terms::of(self.schema_version)
        }
    }
}

/// Which roll-out is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Begun {
    /// Its key at the engine.
    pub key: String,
    /// What was asked for.
    pub order: Order,
}

/// How far a roll-out is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Progress {
    /// As the records were when it began.
    pub plan: Plan,
    /// The waves that were begun; the last one is under way.
    pub waves: Vec<WaveReport>,
}

/// What was done for one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Done {
    /// What came of it.
    pub outcome: Outcome,
    /// The same as a number, which is one.
    pub counts: Counts,
    /// Whether it counts against the limit on failures.
    pub counts_against_limit: bool,
}

/// What one user's object is told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Deploy {
    pub(crate) order: Order,
    /// Whether their failure counted against the limit until now.
    #[serde(default)]
    pub(crate) counted: bool,
}

#[cfg(feature = "serve")]
impl Done {
    /// Of a user whose record said that before, and whose failure counted until now or didn't.
    pub(crate) fn of(before: &ConnectionStatus, counted: bool, deployed: Deployed) -> Self {
        let mut counts = Counts::default();
        let counts_against_limit = counts_against_limit(before, counted, &deployed);
        counts.add(&deployed, counts_against_limit);
        Self {
            outcome: deployed.into(),
            counts,
            counts_against_limit,
        }
    }
}
