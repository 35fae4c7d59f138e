//! Which tables of main users' deployments have copies of.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The tables of main of which users' deployments have copies: of each user's own
/// documents alone, to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mirror {
    /// The tables.
    pub tables: BTreeSet<String>,
    /// Fields that never leave main: `table.field`, or the field's name, whatever table
    /// it is of.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub never: BTreeSet<String>,
}

impl Mirror {
    /// Whether `byod.toml` says nothing of it.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the field of the table never leaves main.
    pub fn never_leaves(&self, table: &str, field: &str) -> bool {
        self.never.contains(field) || self.never.contains(&format!("{table}.{field}"))
    }
}
