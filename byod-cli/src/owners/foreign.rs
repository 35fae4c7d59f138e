//! Which tables users' deployments don't have.

use std::collections::BTreeSet;

/// Whether ids of the table mean nothing on users' deployments.
pub(crate) fn is_foreign(table: &str, tables: &BTreeSet<String>) -> bool {
    !table.starts_with('_') && !tables.contains(table)
}
