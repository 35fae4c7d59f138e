//! Who uses a user's deployment, and whose its documents are.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// How many users have their data on one user's deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Deployments {
    /// One: the deployment is claimed by its user, and refuses everybody else.
    #[default]
    Own,
    /// Several: every table's documents have an owner, or are everybody's on purpose.
    Shared,
}

/// What `byod.toml` says of the users' deployments and whose their documents are,
/// beside the fields that have the name of the injected subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ownership {
    /// Whether a deployment has one user or several.
    pub deployments: Deployments,
    /// By table, the field that says whose a document is: by the owner's subject, or
    /// by the id of a parent, whose owner it has.
    pub owner: BTreeMap<String, String>,
    /// The tables whose documents are everybody's who uses the deployment.
    pub common: BTreeSet<String>,
}

impl Ownership {
    /// Whether `byod.toml` says nothing of it.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
