use std::collections::BTreeMap;
use std::fmt;
use std::ops::Index;

use super::Value;

/// The members of an object, in the order of their names, each name once.
///
/// A sorted vector, used like a map: to find a member of many takes a binary search, to add one
/// moves those behind it. Build many at once with `collect`, which sorts once.
///
/// ```
/// # extern crate byod_schema as byod_runtime;
/// use byod_runtime::{Members, Value};
///
/// let mut note = Members::new();
/// note.insert("title".to_owned(), Value::from("Hi"));
/// assert_eq!(note["title"], Value::from("Hi"));
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Members(Vec<(String, Value)>);

/// So many are looked through one by one.
const FEW: usize = 16;

impl Members {
    /// None.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.position(name)?;
        Some(&self.0[at].1)
    }

    /// The value of that name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let at = self.position(name)?;
        Some(&mut self.0[at].1)
    }

    /// Whether there is one of that name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Sets the value of that name, and gives what it was before.
    pub fn insert(&mut self, name: String, value: Value) -> Option<Value> {
        match self.find(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// Takes the one of that name out.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.position(name)?;
        Some(self.0.remove(at).1)
    }

    /// All, in the order of their names.
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The names, in their order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &String> + ExactSizeIterator {
        self.0.iter().map(|(name, _)| name)
    }

    /// The values, in the order of their names.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.0.iter().map(|(_, value)| value)
    }

    /// The values, in the order of their names, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Value> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// Where the one of that name is.
    fn position(&self, name: &str) -> Option<usize> {
        match self.0.len() {
            // Most names are of another length, which is seen without going to where they are.
            ..=FEW => self.0.iter().position(|(known, _)| known == name),
            _ => self.find(name).ok(),
        }
    }

    /// Where it is, or would be.
    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// Of members in any order; of several with one name the last stays, as in JSON.
    pub(super) fn of(mut members: Vec<(String, Value)>) -> Self {
        let sorted = members.is_sorted_by(|(one, _), (other, _)| one < other);
        if !sorted {
            // In place, and so that equal names stay in their order.
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same {
                    std::mem::swap(&mut later.1, &mut kept.1);
                }
                same
            });
        }
        Self(members)
    }
}

/// The members by reference, as a map gives them.
type Iter<'a> = std::iter::Map<
    std::slice::Iter<'a, (String, Value)>,
    fn(&(String, Value)) -> (&String, &Value),
>;

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<N: Into<String>> FromIterator<(N, Value)> for Members {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(members: I) -> Self {
        let members = members.into_iter();
        Self::of(members.map(|(name, value)| (name.into(), value)).collect())
    }
}

impl<N: Into<String>> Extend<(N, Value)> for Members {
    fn extend<I: IntoIterator<Item = (N, Value)>>(&mut self, members: I) {
        let mut all = std::mem::take(&mut self.0);
        all.extend(
            members
                .into_iter()
                .map(|(name, value)| (name.into(), value)),
        );
        *self = Self::of(all);
    }
}

impl<const N: usize> From<[(&str, Value); N]> for Members {
    fn from(members: [(&str, Value); N]) -> Self {
        members.into_iter().collect()
    }
}

impl From<BTreeMap<String, Value>> for Members {
    fn from(members: BTreeMap<String, Value>) -> Self {
        Self(members.into_iter().collect())
    }
}

impl From<Members> for BTreeMap<String, Value> {
    fn from(members: Members) -> Self {
        members.into_iter().collect()
    }
}

/// Panics where there is none of that name, as a map does.
impl Index<&str> for Members {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        match self.position(name) {
            Some(at) => &self.0[at].1,
            None => panic!("no member `{name}`"),
        }
    }
}

impl IntoIterator for Members {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Members {
    type Item = (&'a String, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is done to it, it is what a map is.
        #[test]
        fn it_is_a_map(
            begin in proptest::collection::vec(("[a-h]{0,2}", any::<i64>()), 0..2 * FEW),
            steps in proptest::collection::vec(("[a-h]{0,2}", any::<Option<i64>>()), 0..12),
        ) {
            let begin = begin.into_iter().map(|(name, value)| (name, Value::Int64(value)));
            let mut map: BTreeMap<String, Value> = begin.clone().collect();
            let mut members: Members = begin.collect();
            for (name, value) in steps {
                let value = value.map(Value::Int64);
                prop_assert_eq!(members.get(&name), map.get(&name));
                prop_assert_eq!(members.contains_key(&name), map.contains_key(&name));
                match value {
                    Some(value) => prop_assert_eq!(
                        members.insert(name.clone(), value.clone()),
                        map.insert(name, value)
                    ),
                    None => prop_assert_eq!(members.remove(&name), map.remove(&name)),
                }
                prop_assert!(members.iter().eq(map.iter()));
                prop_assert_eq!(members.len(), map.len());
            }
            prop_assert!(members.keys().eq(map.keys()));
            prop_assert!(members.values().eq(map.values()));
            prop_assert_eq!(BTreeMap::from(members), map);
        }
    }
}
