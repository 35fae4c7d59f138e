//! Which tables of main users' deployments have copies of.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The tables of main of which users' deployments have copies, to read: of each user's own
/// documents alone, and of all that tables have which are nobody's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mirror {
    /// The tables of which a user has copies of their own documents.
    pub tables: BTreeSet<String>,
    /// The tables whose documents are nobody's, so that every user has copies of all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub published: BTreeSet<String>,
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

    /// Whether users' deployments have copies of the table's documents.
    pub fn has(&self, table: &str) -> bool {
        self.tables.contains(table) || self.published.contains(table)
    }

    /// Every table of which users' deployments have copies.
    pub fn all(&self) -> BTreeSet<String> {
        self.tables.union(&self.published).cloned().collect()
    }

    /// Whether the field of the table never leaves main.
    pub fn never_leaves(&self, table: &str, field: &str) -> bool {
        self.never.contains(field) || self.never.contains(&format!("{table}.{field}"))
    }
}
