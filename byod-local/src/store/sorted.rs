//! A map in the order of its keys, whose copies share what neither of them has changed since.

use std::mem;
use std::ops::Bound;
use std::slice;
use std::sync::Arc;

/// How many entries a node has at most. What is read or written in order is side by side in memory by that, however many
/// there are. Tests have small nodes, for many floors.
const MOST: usize = if cfg!(test) { 8 } else { 64 };

/// A node with fewer is put together with one beside it.
const FEW: usize = MOST / 4;
/// As many at most, so that what has just been put together isn't parted again by the next few.
const JOINED: usize = MOST / 2 + FEW;

/// A map in the order of its keys.
#[derive(Clone, Debug)]
pub(super) struct Sorted<K, V> {
    root: Arc<Node<K, V>>,
    len: usize,
}

#[derive(Clone, Debug)]
enum Node<K, V> {
    Leaf(Vec<(K, V)>),
    /// Each with what none of its keys is less than, and all of those before it are.
    Inner(Vec<Child<K, V>>),
}

type Child<K, V> = (K, Arc<Node<K, V>>);

/// What was there before, and the right one of two nodes that one has become.
type Inserted<K, V> = (Option<V>, Option<Child<K, V>>);

impl<K: Ord + Clone, V: Clone> Sorted<K, V> {
    pub(super) fn new() -> Self {
        Self {
            root: Arc::new(Node::Leaf(Vec::new())),
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        let mut node = &*self.root;
        loop {
            match node {
                Node::Inner(children) => node = &children[child(children, key)].1,
                Node::Leaf(entries) => {
                    let at = entries.binary_search_by(|(held, _)| held.cmp(key)).ok()?;
                    return Some(&entries[at].1);
                }
            }
        }
    }

    /// Gives what was there before.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (old, rest) = Arc::make_mut(&mut self.root).insert(key, value);
        if let Some(rest) = rest {
            let first = (self.root.first().clone(), self.root.clone());
            self.root = Arc::new(Node::Inner(vec![first, rest]));
        }
        self.len += usize::from(old.is_none());
        old
    }

    /// Gives what was there.
    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let old = Arc::make_mut(&mut self.root).remove(key)?;
        self.len -= 1;
        while let Node::Inner(children) = &*self.root
            && let [(_, only)] = &children[..]
        {
            self.root = only.clone();
        }
        Some(old)
    }

    /// The entries between two places, in the order of the keys or from the last to the first.
    pub(super) fn range(
        &self,
        bounds: (Bound<K>, Bound<K>),
        descending: bool,
    ) -> Entries<'_, K, V> {
        let mut entries = Entries {
            bounds,
            descending,
            above: Vec::new(),
            leaf: [].iter(),
        };
        entries.enter(&self.root);
        entries
    }
}

impl<K: Ord + Clone, V: Clone> Node<K, V> {
    fn len(&self) -> usize {
        match self {
            Self::Leaf(entries) => entries.len(),
            Self::Inner(children) => children.len(),
        }
    }

    /// Of a node that isn't empty, what none of its keys is less than.
    fn first(&self) -> &K {
        match self {
            Self::Leaf(entries) => &entries[0].0,
            Self::Inner(children) => &children[0].0,
        }
    }

    fn insert(&mut self, key: K, value: V) -> Inserted<K, V> {
        match self {
            Self::Leaf(entries) => match entries.binary_search_by(|(held, _)| held.cmp(&key)) {
                Ok(at) => (Some(mem::replace(&mut entries[at].1, value)), None),
                Err(at) => {
                    let rest = add(entries, at, (key, value));
                    (None, rest.map(|rest| with_first(Self::Leaf(rest))))
                }
            },
            Self::Inner(children) => {
                let at = child(children, &key);
                if key < children[at].0 {
                    children[at].0 = key.clone();
                }
                let (old, added) = Arc::make_mut(&mut children[at].1).insert(key, value);
                let rest = added.and_then(|added| add(children, at + 1, added));
                (old, rest.map(|rest| with_first(Self::Inner(rest))))
            }
        }
    }

    fn remove(&mut self, key: &K) -> Option<V> {
        match self {
            Self::Leaf(entries) => {
                let at = entries.binary_search_by(|(held, _)| held.cmp(key)).ok()?;
                Some(entries.remove(at).1)
            }
            Self::Inner(children) => {
                let at = child(children, key);
                let child = Arc::make_mut(&mut children[at].1);
                let old = child.remove(key)?;
                match child.len() {
                    0 => drop(children.remove(at)),
                    len if len < FEW => join(children, at),
                    _ => {}
                }
                Some(old)
            }
        }
    }
}

/// Which of them has the key, if any has.
fn child<K: Ord, T>(children: &[(K, T)], key: &K) -> usize {
    let up_to = children.partition_point(|(first, _)| first <= key);
    up_to.saturating_sub(1)
}

/// Adds one at its place. Where they are too many, gives the right part of them: half, or few behind the last, so that what
/// comes in order fills its nodes.
fn add<K, T>(entries: &mut Vec<(K, T)>, at: usize, entry: (K, T)) -> Option<Vec<(K, T)>> {
    if entries.len() < MOST {
        entries.insert(at, entry);
        return None;
    }
    let kept = match at {
        MOST => MOST - MOST / 8,
        _ => MOST / 2,
    };
    let mut rest = entries.split_off(kept);
    match at.checked_sub(kept) {
        None => entries.insert(at, entry),
        Some(at) => rest.insert(at, entry),
    }
    Some(rest)
}

/// What is in a node of its own from now on, under the first of its keys.
fn with_first<K: Ord + Clone, V: Clone>(node: Node<K, V>) -> Child<K, V> {
    (node.first().clone(), Arc::new(node))
}

/// Puts the node there together with the one beside it, unless they would be too many.
fn join<K: Ord + Clone, V: Clone>(children: &mut Vec<Child<K, V>>, at: usize) {
    let at = at.max(1);
    let are_few = children
        .get(at)
        .is_some_and(|(_, right)| children[at - 1].1.len() + right.len() <= JOINED);
    if !are_few {
        return;
    }
    let (_, right) = children.remove(at);
    let left = Arc::make_mut(&mut children[at - 1].1);
    match (left, Arc::unwrap_or_clone(right)) {
        (Node::Leaf(left), Node::Leaf(right)) => left.extend(right),
        (Node::Inner(left), Node::Inner(right)) => left.extend(right),
        // All leaves are on one floor.
        _ => unreachable!("a leaf beside what is none"),
    }
}

/// The entries of a range.
#[derive(Debug)]
pub(super) struct Entries<'a, K, V> {
    bounds: (Bound<K>, Bound<K>),
    descending: bool,
    /// What is left of the nodes on the way to the leaf, from the root on.
    above: Vec<slice::Iter<'a, Child<K, V>>>,
    leaf: slice::Iter<'a, (K, V)>,
}

impl<'a, K: Ord, V> Entries<'a, K, V> {
    fn enter(&mut self, node: &'a Node<K, V>) {
        match node {
            Node::Leaf(entries) => {
                let (from, to) = self.part(entries);
                self.leaf = entries[from.min(to)..to].iter();
            }
            Node::Inner(children) => {
                let (from, to) = self.part(children);
                // Some of the one before may be in it, too.
                let from = from.saturating_sub(1);
                self.above.push(children[from.min(to)..to].iter());
            }
        }
    }

    /// From which of them to which is in the range.
    fn part<T>(&self, entries: &[(K, T)]) -> (usize, usize) {
        let less = |key: &K| count(entries, |held| held < key);
        let up_to = |key: &K| count(entries, |held| held <= key);
        let from = match &self.bounds.0 {
            Bound::Unbounded => 0,
            Bound::Included(key) => less(key),
            Bound::Excluded(key) => up_to(key),
        };
        let to = match &self.bounds.1 {
            Bound::Unbounded => entries.len(),
            Bound::Included(key) => up_to(key),
            Bound::Excluded(key) => less(key),
        };
        (from, to)
    }
}

/// How many of them are before a place. Of a long range most nodes are all before it or behind, which their ends tell.
fn count<K, T>(entries: &[(K, T)], is_before: impl Fn(&K) -> bool) -> usize {
    match entries {
        [] => 0,
        [(first, _), ..] if !is_before(first) => 0,
        [.., (last, _)] if is_before(last) => entries.len(),
        _ => entries.partition_point(|(held, _)| is_before(held)),
    }
}

impl<'a, K: Ord, V> Iterator for Entries<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = step(&mut self.leaf, self.descending) {
                return Some((key, value));
            }
            match step(self.above.last_mut()?, self.descending) {
                Some((_, child)) => self.enter(child),
                None => drop(self.above.pop()),
            }
        }
    }
}

fn step<'a, T>(rest: &mut slice::Iter<'a, T>, descending: bool) -> Option<&'a T> {
    match descending {
        true => rest.next_back(),
        false => rest.next(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u16),
        /// As many, one behind the other.
        Append(u16, u16),
        Remove(u16),
        /// All between the two.
        Clear(u16, u16),
    }

    fn step() -> impl Strategy<Value = Step> {
        let key = 0u16..400;
        prop_oneof![
            4 => key.clone().prop_map(Step::Insert),
            1 => (key.clone(), 0u16..80).prop_map(|(from, count)| Step::Append(from, count)),
            4 => key.clone().prop_map(Step::Remove),
            1 => (key.clone(), key).prop_map(|(from, to)| Step::Clear(from, to)),
        ]
    }

    fn bound() -> impl Strategy<Value = Bound<u16>> {
        prop_oneof![
            Just(Bound::Unbounded),
            (0u16..400).prop_map(Bound::Included),
            (0u16..400).prop_map(Bound::Excluded),
        ]
    }

    fn all(sorted: &Sorted<u16, usize>) -> Vec<(u16, usize)> {
        let entries = sorted.range((Bound::Unbounded, Bound::Unbounded), false);
        entries.map(|(key, value)| (*key, *value)).collect()
    }

    /// Nodes are on one floor, not too large, none but the root is empty, and all keys are between the two; how many floors
    /// are below.
    fn assert_sound(node: &Node<u16, usize>, is_root: bool, from: u16, to: u16) -> usize {
        assert!(node.len() <= MOST && (is_root || node.len() > 0));
        match node {
            Node::Leaf(entries) => {
                assert!(entries.is_sorted_by(|(one, _), (next, _)| one < next));
                assert!(entries.iter().all(|(key, _)| from <= *key && *key < to));
                0
            }
            Node::Inner(children) => {
                assert!(!is_root || children.len() > 1);
                let ends = children[1..].iter().map(|(first, _)| *first).chain([to]);
                let floors = children.iter().zip(ends).map(|((first, node), end)| {
                    assert!(from <= *first && *first < end);
                    assert_sound(node, false, *first, end)
                });
                let floors: Vec<_> = floors.collect();
                assert!(floors.iter().all(|floor| *floor == floors[0]));
                floors[0] + 1
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever is done to it, it is what a map is, and a copy stays what it was.
        #[test]
        fn it_is_a_map(
            steps in proptest::collection::vec(step(), 0..200),
            ranges in proptest::collection::vec((bound(), bound()), 1..20),
            copied in 0usize..200,
        ) {
            let (mut sorted, mut map) = (Sorted::new(), BTreeMap::new());
            let mut copy = None;
            for (number, step) in steps.iter().enumerate() {
                if number == copied {
                    copy = Some((sorted.clone(), map.clone()));
                }
                match *step {
                    Step::Insert(key) => {
                        prop_assert_eq!(sorted.insert(key, number), map.insert(key, number));
                    }
                    Step::Append(from, count) => {
                        for key in from..from + count {
                            prop_assert_eq!(sorted.insert(key, number), map.insert(key, number));
                        }
                    }
                    Step::Remove(key) => {
                        prop_assert_eq!(sorted.remove(&key), map.remove(&key));
                    }
                    Step::Clear(from, to) => {
                        for key in from..to {
                            prop_assert_eq!(sorted.remove(&key), map.remove(&key));
                        }
                    }
                }
            }
            assert_sound(&sorted.root, true, 0, u16::MAX);
            prop_assert_eq!(sorted.len(), map.len());
            for key in 0..480 {
                prop_assert_eq!(sorted.get(&key), map.get(&key));
            }
            for bounds in ranges {
                let within = |key: &&u16| std::ops::RangeBounds::contains(&bounds, *key);
                let mut expected: Vec<_> = map.iter().filter(|(key, _)| within(key)).collect();
                prop_assert!(sorted.range(bounds, false).eq(expected.iter().copied()));
                expected.reverse();
                prop_assert!(sorted.range(bounds, true).eq(expected));
            }
            if let Some((sorted, map)) = copy {
                prop_assert_eq!(all(&sorted), map.into_iter().collect::<Vec<_>>());
            }
            for key in map.into_keys() {
                prop_assert!(sorted.remove(&key).is_some());
                assert_sound(&sorted.root, true, 0, u16::MAX);
            }
            prop_assert!(sorted.len() == 0 && all(&sorted).is_empty());
        }
    }

    #[test]
    fn what_comes_in_order_fills_its_nodes() {
        let mut sorted = Sorted::new();
        for key in 0..1000 {
            sorted.insert(key, 0);
        }
        let mut nodes = vec![&*sorted.root];
        let mut leaves = 0;
        while let Some(node) = nodes.pop() {
            match node {
                Node::Leaf(_) => leaves += 1,
                Node::Inner(children) => nodes.extend(children.iter().map(|(_, node)| &**node)),
            }
        }
        assert!(leaves <= 1000 / (MOST - MOST / 8) + 1, "{leaves}");
    }
}
