//! Sums of what there is, by which both sides are compared.

use std::collections::BTreeMap;

/// What there is of a table: how many, and a sum of what tells their states, in
/// whatever order they come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) count: u64,
    sum: u128,
}

impl Sum {
    pub(super) fn add(&mut self, hash: &str) {
        self.count += 1;
        let hash = u128::from_str_radix(hash, 16).unwrap_or_default();
        self.sum = self.sum.wrapping_add(hash);
    }
}

/// What was listed in one go through all tables.
#[derive(Default)]
pub(super) struct Listing {
    pub(super) sums: BTreeMap<String, Sum>,
}
