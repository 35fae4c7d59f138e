//! In which of a table's orders a query is read.

use std::ops::Bound;

use byod_schema::Value;

use super::documents::{Order, Table};
use super::order::Key;

/// In which of a table's orders a query is read.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) order: &'a Order,
    /// What the order's first fields must be; the places of all that have them count as equal to it.
    prefix: Key,
    /// How many fields those are.
    pub(super) known: usize,
    /// Whether it is the order that is asked for, among those that have the values.
    pub(super) is_sorted: bool,
    /// Whether that is the order of creation.
    is_by_creation: bool,
}

impl<'a> Plan<'a> {
    /// The order that leaves the least to look at: best one in which the documents needn't be sorted, else the one of
    /// which most fields are known, else the one that is asked for.
    pub(super) fn of(
        table: &'a Table,
        equal: &[(String, Value)],
        fields: &[String],
    ) -> Option<Self> {
        let plans = table.orders().map(|order| {
            let known = order
                .fields
                .iter()
                .map_while(|field| value_of(equal, field));
            let known = known.count();
            // Where all its fields are known, only creation is left to order by.
            let is_by_creation = fields.is_empty() && known == order.fields.len();
            let is_sorted = is_by_creation || *order.fields == *fields;
            (known, is_sorted, order)
        });
        let (known, is_sorted, order) =
            plans.max_by_key(|(known, is_sorted, _)| (*known > 0, *is_sorted, *known))?;
        let prefix = order.fields[..known].iter();
        Some(Plan {
            order,
            prefix: Key::of(prefix.map(|field| value_of(equal, field))),
            known,
            is_sorted,
            is_by_creation: fields.is_empty(),
        })
    }

    /// The whole part of the order that has the values.
    pub(super) fn whole(&self) -> (Bound<Key>, Bound<Key>) {
        let all = || Bound::Included(self.prefix.clone());
        (all(), all())
    }

    /// The part of it between two places of a sorted query; `None` where nothing can be, as of a cursor of another query.
    pub(super) fn between(
        &self,
        low: Bound<Key>,
        high: Bound<Key>,
    ) -> Option<(Bound<Key>, Bound<Key>)> {
        let (first, last) = self.whole();
        let (low, high) = (self.place(low), self.place(high));
        let within = |bound: &Bound<Key>, is_beyond: fn(&Key, &Key) -> bool| match bound {
            Bound::Unbounded => false,
            Bound::Included(key) | Bound::Excluded(key) => !is_beyond(key, &self.prefix),
        };
        let low = match within(&low, |key, prefix| key < prefix) {
            true => low,
            false => first,
        };
        let high = match within(&high, |key, prefix| key > prefix) {
            true => high,
            false => last,
        };
        let is_empty = match (&low, &high) {
            (Bound::Excluded(low), Bound::Excluded(high)) => low >= high,
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (
                Bound::Included(low) | Bound::Excluded(low),
                Bound::Included(high) | Bound::Excluded(high),
            ) => low > high,
        };
        (!is_empty).then_some((low, high))
    }

    /// Where a place by creation is among those that have the values; any other is a place in the order already.
    fn place(&self, place: Bound<Key>) -> Bound<Key> {
        place.map(|place| match self.is_by_creation {
            true => self.prefix.then(&place),
            false => place,
        })
    }
}

fn value_of<'e>(equal: &'e [(String, Value)], field: &str) -> Option<&'e Value> {
    let found = equal.iter().find(|(known, _)| known == field);
    found.map(|(_, value)| value)
}
