use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

use byod_schema::{Value, nearest};

use super::tables::Table;
use crate::error::FunctionError;
use crate::values::Object;
use crate::values::compare;

/// The cursor behind the last document of a query.
const END: &str = "_end_cursor";

const SECOND_PAGE: &str = "This query or mutation function ran multiple paginated queries. Convex only supports a single paginated query in each function.";

type Filter<'a> = Box<dyn Fn(&Object) -> bool + 'a>;

/// A query of one table, oldest document first.
///
/// ```
/// # use byod_local::{Ctx, FunctionError, Object};
/// # fn search(ctx: &mut Ctx<'_>, args: &Object) -> Result<Vec<Object>, FunctionError> {
/// let text = args.str("query").unwrap_or_default();
/// ctx.query("notes")
///     .eq("userId", ctx.subject()?)
///     .filter(|note| note.str("title").is_some_and(|title| title.contains(text)))
///     .desc()
///     .take(10)
/// # }
/// ```
#[must_use = "a query does nothing until it is collected"]
pub struct Query<'a> {
    table: Result<&'a Arc<Table>, FunctionError>,
    /// Whether the function has read a page, of whatever query.
    has_paginated: &'a Cell<bool>,
    filters: Vec<Filter<'a>>,
    /// What to order by, before the time of creation.
    fields: Vec<String>,
    descending: bool,
}

impl<'a> Query<'a> {
    pub(crate) fn new(
        table: Result<&'a Arc<Table>, FunctionError>,
        has_paginated: &'a Cell<bool>,
    ) -> Self {
        Self {
            table,
            has_paginated,
            filters: Vec::new(),
            fields: Vec::new(),
            descending: false,
        }
    }

    /// Orders by an index of the schema. An unknown index fails when the query
    /// is read.
    pub fn index(mut self, name: &str) -> Self {
        if let Ok(table) = &self.table {
            let mut indexes = table.declared.indexes.iter();
            match indexes.find(|index| index.index_descriptor == name) {
                Some(index) => self.fields.clone_from(&index.fields),
                None => self.table = Err(unknown_index(table, name)),
            }
        }
        self
    }

    /// Newest or greatest first.
    pub fn desc(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Only documents in which the field, or the path `a.b`, has that value.
    pub fn eq(self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        let (field, value) = (field.into(), value.into());
        self.filter(move |document| compare(document.at(&field), Some(&value)).is_eq())
    }

    /// Only documents for which `keep` holds.
    pub fn filter(mut self, keep: impl Fn(&Object) -> bool + 'a) -> Self {
        self.filters.push(Box::new(keep));
        self
    }

    /// All documents of the query.
    pub fn collect(self) -> Result<Vec<Object>, FunctionError> {
        self.take(usize::MAX)
    }

    /// The first document, if there is any.
    pub fn first(self) -> Result<Option<Object>, FunctionError> {
        Ok(self.take(1)?.pop())
    }

    /// The first `count` documents.
    pub fn take(self, count: usize) -> Result<Vec<Object>, FunctionError> {
        let kept = self.ordered()?;
        let kept = kept.into_iter().filter(|document| self.keeps(document));
        Ok(kept.take(count).cloned().collect())
    }

    /// One page, for the argument `paginationOpts`; the result has Convex's
    /// shape: `page`, `isDone`, `continueCursor`, `splitCursor`, `pageStatus`.
    ///
    /// Fails where `numItems` is missing or the cursor is not one of this query, and where
    /// the function has paginated before, as on a deployment.
    pub fn paginate(self, options: &Value) -> Result<Object, FunctionError> {
        if self.has_paginated.replace(true) {
            return Err(SECOND_PAGE.into());
        }
        let options = Object::try_from(options.clone())?;
        let size = options.number("numItems").filter(|size| *size >= 0.0);
        let size = size.ok_or("`options.numItems` must be a positive number.")? as usize;
        let after = self.cursor(&options, "cursor")?;
        let until = self.cursor(&options, "endCursor")?;

        let mut page = Vec::new();
        let mut next = END.to_owned();
        let mut rest = self
            .ordered()?
            .into_iter()
            .skip_while(|document| self.place(document, after.as_ref()).is_le())
            .take_while(|document| until.is_none() || self.place(document, until.as_ref()).is_le())
            .filter(|document| self.keeps(document))
            .peekable();
        while let Some(document) = rest.next() {
            page.push(Value::from(document.clone()));
            // With `endCursor` the page is as long as the range is.
            if until.is_none() && page.len() >= size && rest.peek().is_some() {
                next = self.cursor_at(document)?;
                break;
            }
        }
        if let (Some(Place::At(_)), Some(given)) = (&until, options.str("endCursor")) {
            next = given.to_owned();
        }
        Ok(Object::from([
            ("isDone", Value::from(next == END)),
            ("page", Value::from(page)),
            ("continueCursor", Value::from(next)),
            ("splitCursor", Value::Null),
            ("pageStatus", Value::Null),
        ]))
    }

    fn keeps(&self, document: &Object) -> bool {
        self.filters.iter().all(|keep| keep(document))
    }

    fn ordered(&self) -> Result<Vec<&'a Object>, FunctionError> {
        let table = *self.table.as_ref().map_err(Clone::clone)?;
        let mut documents: Vec<_> = table.documents.values().map(Arc::as_ref).collect();
        // By id, which is by creation, they are already.
        if !self.fields.is_empty() {
            documents.sort_by_cached_key(|document| Key(self.key(document)));
        }
        if self.descending {
            documents.reverse();
        }
        Ok(documents)
    }

    /// What the document is ordered by. Ids are in the order of creation.
    fn key(&self, document: &Object) -> Vec<Option<Value>> {
        let fields = self.fields.iter().map(String::as_str).chain(["_id"]);
        fields.map(|field| document.at(field).cloned()).collect()
    }

    /// Where the document stands to a cursor, in the direction of the query.
    fn place(&self, document: &Object, cursor: Option<&Place>) -> Ordering {
        match cursor {
            None => Ordering::Greater,
            Some(Place::End) => Ordering::Less,
            Some(Place::At(key)) => {
                let order = compare_keys(&self.key(document), key);
                if self.descending {
                    order.reverse()
                } else {
                    order
                }
            }
        }
    }

    /// Absent fields are `[]` in a cursor, others `[value]`.
    fn cursor_at(&self, document: &Object) -> Result<String, FunctionError> {
        let key: Vec<Vec<Value>> = self
            .key(document)
            .into_iter()
            .map(|value| value.into_iter().collect())
            .collect();
        serde_json::to_string(&key).map_err(|error| FunctionError::new(error.to_string()))
    }

    fn cursor(&self, options: &Object, name: &str) -> Result<Option<Place>, FunctionError> {
        let text = match options.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if text == END => return Ok(Some(Place::End)),
            Some(Value::String(text)) => text,
            Some(_) => "",
        };
        let key = serde_json::from_str::<Vec<Vec<Value>>>(text).ok();
        let key = key.filter(|key| key.len() == self.fields.len() + 1);
        let Some(key) = key else {
            return Err("InvalidCursor: Tried to run a query starting from a cursor, but it looks like this cursor is from a different query.".into());
        };
        let key = key.into_iter().map(|value| value.into_iter().next());
        Ok(Some(Place::At(key.collect())))
    }
}

enum Place {
    At(Vec<Option<Value>>),
    End,
}

struct Key(Vec<Option<Value>>);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_keys(&self.0, &other.0)
    }
}

fn compare_keys(a: &[Option<Value>], b: &[Option<Value>]) -> Ordering {
    let mut fields = a.iter().zip(b);
    fields
        .find_map(|(a, b)| Some(compare(a.as_ref(), b.as_ref())).filter(|order| order.is_ne()))
        .unwrap_or(Ordering::Equal)
}

fn unknown_index(table: &Table, name: &str) -> FunctionError {
    let indexes = table.declared.indexes.iter();
    let hint = match nearest(name, indexes.map(|index| index.index_descriptor.as_str())) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None => String::new(),
    };
    FunctionError::new(format!(
        "Table `{}` has no index `{name}`{hint}",
        table.declared.table_name
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, tables};
    use crate::testing::manifest;
    use serde_json::json;

    /// Folders `a`, `b`, `c`; `b` has no parent, and `c` is the oldest.
    fn store() -> Store {
        let mut manifest = manifest();
        let folders = &mut manifest.main.schema.tables[2];
        folders.indexes.push(byod_schema::Index {
            index_descriptor: "by_parent".into(),
            fields: vec!["parentId".into()],
        });
        let mut store = Store::new(&manifest.main.schema).unwrap();
        let user = store.new_id("users").unwrap();
        let parent = store.new_id("folders").unwrap();
        let mut transaction = store.begin();
        for (name, parent) in [("c", Some(&parent)), ("a", Some(&parent)), ("b", None)] {
            let mut folder = Object::try_from(json!({"name": name, "userId": user})).unwrap();
            if let Some(parent) = parent {
                folder.set("parentId", parent.as_str());
            }
            transaction.insert("folders", folder, 1.0).unwrap();
        }
        transaction.commit();
        store
    }

    fn folders(store: &Store) -> Query<'_> {
        // Each page is of a call of its own.
        let has_paginated = Box::leak(Box::default());
        Query::new(tables::table(store.tables(), "folders"), has_paginated)
    }

    fn names(documents: Vec<Object>) -> Vec<String> {
        let names = documents.iter().map(|folder| folder.str("name").unwrap());
        names.map(str::to_owned).collect()
    }

    #[test]
    fn the_order_is_by_index_then_by_creation() {
        let store = store();
        let query = || folders(&store);
        assert_eq!(names(query().collect().unwrap()), ["c", "a", "b"]);
        assert_eq!(names(query().desc().take(2).unwrap()), ["b", "a"]);
        // An absent field comes before all values.
        let by_parent = || query().index("by_parent");
        assert_eq!(names(by_parent().collect().unwrap()), ["b", "c", "a"]);
        assert_eq!(
            names(by_parent().desc().collect().unwrap()),
            ["a", "c", "b"]
        );
    }

    #[test]
    fn pages_follow_an_index_in_both_directions() {
        let store = store();
        for (descending, expected) in [(false, ["b", "c", "a"]), (true, ["a", "c", "b"])] {
            let (mut seen, mut cursor) = (Vec::new(), Value::Null);
            for _ in 0..3 {
                let mut query = folders(&store).index("by_parent");
                query.descending = descending;
                let options = Object::from([("numItems", 1.0.into()), ("cursor", cursor)]);
                let mut result = query.paginate(&options.into()).unwrap();
                let Some(Value::Array(page)) = result.remove("page") else {
                    panic!("no page");
                };
                seen.extend(page.into_iter().map(|folder| folder.try_into().unwrap()));
                cursor = result.remove("continueCursor").unwrap();
                assert_eq!(result.bool("isDone"), Some(seen.len() == 3));
            }
            assert_eq!(names(seen), expected);
        }
    }

    #[test]
    fn a_name_that_is_not_in_the_schema_is_an_error() {
        let store = store();
        let error = folders(&store).index("by_parents").first().unwrap_err();
        let expected = "Table `folders` has no index `by_parents`; did you mean `by_parent`?";
        assert_eq!(error, FunctionError::new(expected));
        let has_paginated = Cell::default();
        let query = Query::new(tables::table(store.tables(), "folder"), &has_paginated);
        let expected = "The schema has no table `folder`; did you mean `folders`?";
        assert_eq!(query.collect().unwrap_err(), FunctionError::new(expected));
    }
}
