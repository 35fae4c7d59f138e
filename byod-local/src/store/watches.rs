//! Who is to be told of which commits.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use byod_schema::Value;
use byod_sync::QueryId;
use tokio::sync::Notify;

use super::order::Key;
use super::reads::{Range, Read};
use crate::values::Object;

/// What all clients' queries read. A commit finds those that it touches without a look at the others.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    next: u64,
    watchers: HashMap<u64, Arc<Touched>>,
    reads: HashMap<Watch, Arc<[Read]>>,
    documents: HashMap<String, BTreeSet<Watch>>,
    ranges: HashMap<String, Shapes>,
}

/// One query of one watcher.
type Watch = (u64, QueryId);

/// The ranges of one table: by which fields have one value, and by those values.
type Shapes = BTreeMap<Vec<String>, BTreeMap<Key, BTreeMap<Watch, Vec<Range>>>>;

/// A client that has queries, by what it is known here.
#[derive(Debug)]
pub(crate) struct Watcher {
    number: u64,
    pub(crate) touched: Arc<Touched>,
}

/// The queries of a client that commits have touched.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    queries: Mutex<BTreeSet<QueryId>>,
    notify: Notify,
}

impl Touched {
    fn queries(&self) -> MutexGuard<'_, BTreeSet<QueryId>> {
        self.queries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there are any.
    pub(crate) async fn any(&self) {
        while self.queries().is_empty() {
            self.notify.notified().await;
        }
    }

    pub(crate) fn take(&self) -> BTreeSet<QueryId> {
        std::mem::take(&mut self.queries())
    }
}

impl Watches {
    pub(crate) fn watcher(&mut self) -> Watcher {
        self.next += 1;
        let touched = Arc::<Touched>::default();
        self.watchers.insert(self.next, touched.clone());
        Watcher {
            number: self.next,
            touched,
        }
    }

    /// Forgets a client and all its queries.
    pub(crate) fn end(&mut self, watcher: &Watcher, queries: impl Iterator<Item = QueryId>) {
        self.watchers.remove(&watcher.number);
        for query in queries {
            self.forget(watcher, query);
        }
    }

    /// Tells the client of all commits from now on that may change what a query read, in place of what it read before.
    pub(crate) fn watch(&mut self, watcher: &Watcher, query: QueryId, reads: Arc<[Read]>) {
        let watch = (watcher.number, query);
        if self.reads.get(&watch) == Some(&reads) {
            return;
        }
        self.forget(watcher, query);
        for read in reads.iter() {
            match read {
                Read::Document(id) => {
                    self.documents.entry(id.clone()).or_default().insert(watch);
                }
                Read::Range(range) => {
                    let table = self.ranges.entry(range.table.clone()).or_default();
                    let (fields, values) = shape(range);
                    let shape = table.entry(fields).or_default();
                    let held = shape.entry(values).or_default();
                    held.entry(watch).or_default().push(range.clone());
                }
            }
        }
        self.reads.insert(watch, reads);
    }

    /// Tells it no more of that query.
    pub(crate) fn forget(&mut self, watcher: &Watcher, query: QueryId) {
        let watch = (watcher.number, query);
        let reads = self.reads.remove(&watch);
        for read in reads.iter().flat_map(|reads| reads.iter()) {
            match read {
                Read::Document(id) => {
                    if let Some(held) = self.documents.get_mut(id) {
                        held.remove(&watch);
                        if held.is_empty() {
                            self.documents.remove(id);
                        }
                    }
                }
                Read::Range(range) => {
                    let Some(table) = self.ranges.get_mut(&range.table) else {
                        continue;
                    };
                    let (fields, values) = shape(range);
                    let Some(shape) = table.get_mut(&fields) else {
                        continue;
                    };
                    if let Some(held) = shape.get_mut(&values) {
                        held.remove(&watch);
                        if held.is_empty() {
                            shape.remove(&values);
                        }
                    }
                    if shape.is_empty() {
                        table.remove(&fields);
                    }
                }
            }
        }
    }

    /// A document was written: it was one of these before, and is another now.
    pub(super) fn written<'a>(
        &self,
        table: &str,
        id: &str,
        versions: impl Iterator<Item = &'a Object>,
    ) {
        for watch in self.documents.get(id).into_iter().flatten() {
            self.touch(*watch);
        }
        let Some(shapes) = self.ranges.get(table) else {
            return;
        };
        for document in versions {
            for (fields, by_values) in shapes {
                let values = fields.iter().map(|field| document.at(field));
                let held = by_values.get(&Key::of(values));
                for (watch, ranges) in held.into_iter().flatten() {
                    if ranges.iter().any(|range| range.reaches(document)) {
                        self.touch(*watch);
                    }
                }
            }
        }
    }

    /// All may give something else now.
    #[cfg(feature = "push")]
    pub(super) fn all_changed(&self) {
        for watch in self.reads.keys() {
            self.touch(*watch);
        }
    }

    fn touch(&self, (number, query): Watch) {
        if let Some(touched) = self.watchers.get(&number) {
            touched.queries().insert(query);
            touched.notify.notify_one();
        }
    }
}

/// Which fields have one value, and which values those are.
fn shape(range: &Range) -> (Vec<String>, Key) {
    let fields = range.equal.iter().map(|(field, _)| field.clone());
    let values = range
        .equal
        .iter()
        .map(|(_, value): &(_, Value)| Some(value));
    (fields.collect(), Key::of(values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Noticed, Query, Store, tables};
    use crate::testing::manifest;
    use proptest::prelude::*;
    use serde_json::json;

    /// Folders with names of four letters, by parent where they have one of two.
    #[derive(Clone, Debug)]
    enum Write {
        Insert(u8, u8),
        Patch(usize, u8, u8),
        Delete(usize),
    }

    #[derive(Clone, Debug)]
    struct Asked {
        name: Option<u8>,
        parent: Option<u8>,
        by_parent: bool,
        descending: bool,
        filters: bool,
        /// How many are taken.
        take: Option<usize>,
        /// The size of a page, and after how many pages it comes.
        page: Option<(usize, usize)>,
        get: usize,
    }

    fn write() -> impl Strategy<Value = Write> {
        prop_oneof![
            (0u8..4, 0u8..3).prop_map(|(name, parent)| Write::Insert(name, parent)),
            (0usize..8, 0u8..4, 0u8..3)
                .prop_map(|(at, name, parent)| Write::Patch(at, name, parent)),
            (0usize..8).prop_map(Write::Delete),
        ]
    }

    fn asked() -> impl Strategy<Value = Asked> {
        let page = proptest::option::of((1usize..4, 0usize..3));
        (
            proptest::option::of(0u8..4),
            proptest::option::of(0u8..3),
            any::<[bool; 3]>(),
            proptest::option::of(0usize..4),
            page,
            0usize..8,
        )
            .prop_map(
                |(name, parent, [by_parent, descending, filters], take, page, get)| Asked {
                    name,
                    parent,
                    by_parent,
                    descending,
                    filters,
                    take,
                    page,
                    get,
                },
            )
    }

    fn folder(name: u8, parent: u8, parents: &[String; 2], user: &str) -> Object {
        let mut folder =
            Object::try_from(json!({"name": name.to_string(), "userId": user})).unwrap();
        if let Some(parent) = parents.get(usize::from(parent)) {
            folder.set("parentId", parent.as_str());
        }
        folder
    }

    fn run(
        store: &Store,
        ids: &[String],
        parents: &[String; 2],
        asked: &Asked,
        noticed: &Noticed,
    ) -> String {
        let query = |noticed| {
            let mut query = Query::new(tables::table(store.tables(), "folders"), noticed);
            if let Some(name) = asked.name {
                query = query.eq("name", name.to_string());
            }
            if let Some(parent) = asked
                .parent
                .and_then(|parent| parents.get(usize::from(parent)))
            {
                query = query.eq("parentId", parent.as_str());
            }
            if asked.by_parent {
                query = query.index("by_parent");
            }
            if asked.descending {
                query = query.desc();
            }
            if asked.filters {
                query = query.filter(|folder| folder.str("name") != Some("2"));
            }
            query
        };
        if let Some((size, before)) = asked.page {
            let page = |cursor: &Value, noticed| {
                let options = Object::from([
                    ("numItems", Value::from(size as f64)),
                    ("cursor", cursor.clone()),
                ]);
                query(noticed).paginate(&options.into()).unwrap()
            };
            let mut cursor = Value::Null;
            for _ in 0..before {
                let found = page(&cursor, Box::leak(Box::default()));
                // The cursors of pages before are arguments of this one.
                cursor = found.get("continueCursor").unwrap().clone();
            }
            return format!("{cursor:?} {:?}", page(&cursor, noticed));
        }
        if let Some(id) = ids.get(asked.get).filter(|_| asked.take.is_none()) {
            noticed.read(|| Read::Document(id.clone()));
            let found = tables::document(store.tables(), store.ids(), id);
            return format!("{found:?}");
        }
        format!(
            "{:?}",
            query(noticed)
                .take(asked.take.unwrap_or(usize::MAX))
                .unwrap()
        )
    }

    fn perform(
        store: &mut Store,
        ids: &mut Vec<String>,
        parents: &[String; 2],
        user: &str,
        write: &Write,
    ) {
        let mut transaction = store.begin();
        match write {
            Write::Insert(name, parent) => {
                let folder = folder(*name, *parent, parents, user);
                ids.push(transaction.insert("folders", folder, 1.0).unwrap());
            }
            Write::Patch(at, name, parent) => {
                if let Some(id) = ids.get(*at) {
                    let _ = transaction.replace(id, folder(*name, *parent, parents, user));
                }
            }
            Write::Delete(at) => {
                if let Some(id) = ids.get(*at) {
                    let _ = transaction.delete(id);
                }
            }
        }
        transaction.commit();
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// The law of it all: what a query gives changes by no commit that its watcher is not told of.
        #[test]
        fn nothing_changes_untold(
            before in proptest::collection::vec(write(), 0..12),
            asked in proptest::collection::vec(asked(), 1..6),
            after in write(),
        ) {
            let mut manifest = manifest();
            manifest.main.schema.tables[2].indexes.push(byod_schema::Index {
                index_descriptor: "by_parent".into(),
                fields: vec!["parentId".into()],
            });
            let mut store = Store::new(&manifest.main.schema).unwrap();
            let user = store.new_id("users").unwrap();
            let parents = [store.new_id("folders").unwrap(), store.new_id("folders").unwrap()];
            let mut ids = Vec::new();
            for write in &before {
                perform(&mut store, &mut ids, &parents, &user, write);
            }
            let watcher = store.watches().watcher();
            let known = ids.clone();
            let mut results = Vec::new();
            for (number, asked) in asked.iter().enumerate() {
                let noticed = Noticed::again(None);
                results.push(run(&store, &known, &parents, asked, &noticed));
                let (reads, _) = noticed.taken();
                store.watches().watch(&watcher, QueryId(number as u32), reads);
            }
            perform(&mut store, &mut ids, &parents, &user, &after);
            let told = watcher.touched.take();
            for (number, asked) in asked.iter().enumerate() {
                // A page that is read with another cursor is another query.
                let result = run(&store, &known, &parents, asked, &Noticed::default());
                let same_cursor = asked.page.is_none()
                    || result.split(' ').next() == results[number].split(' ').next();
                if result != results[number] && same_cursor {
                    prop_assert!(told.contains(&QueryId(number as u32)), "{asked:?} {after:?}");
                }
            }
            store.watches().end(&watcher, (0..asked.len()).map(|number| QueryId(number as u32)));
            let left = format!("{:?}", store.watches());
            prop_assert!(left.contains("reads: {}") && left.contains("documents: {}"), "{left}");
        }
    }
}
