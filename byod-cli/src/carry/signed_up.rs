//! In which tables main looks its callers up by several fields.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Sources;

/// The tables in which main looks its caller up by different fields: of whom a document
/// is that is found by one of them doesn't show then.
pub(super) fn unclear(sources: &Sources) -> BTreeMap<String, BTreeSet<String>> {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let statements = sources
        .modules
        .values()
        .flat_map(|module| &module.statements);
    for lookup in statements.flat_map(|statement| &statement.facts.lookups) {
        let known = fields.entry(lookup.table.clone()).or_default();
        known.extend(lookup.fields.iter().cloned());
    }
    fields.retain(|_, fields| fields.len() > 1);
    fields
}
