use std::cmp::Ordering;
use std::ops::Bound;
use std::sync::Arc;

use byod_schema::{Value, nearest};

use super::documents::Table;
use super::order::{Key, key, values};
use super::plan::Plan;
use super::reads::{Noticed, Range, Read};
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
    noticed: &'a Noticed,
    /// Fields that have one value.
    equal: Vec<(String, Value)>,
    filters: Vec<Filter<'a>>,
    /// What to order by, before the time of creation.
    fields: Vec<String>,
    descending: bool,
}

/// One page of documents.
pub(crate) struct Page<'a> {
    pub(crate) documents: Vec<&'a Object>,
    next: String,
    split: Option<String>,
}

impl Page<'_> {
    /// Where it goes on; `None` where nothing comes after it.
    pub(crate) fn cursor(&self) -> Option<&str> {
        Some(&*self.next).filter(|next| *next != END)
    }
}

impl<'a> Query<'a> {
    pub(crate) fn new(table: Result<&'a Arc<Table>, FunctionError>, noticed: &'a Noticed) -> Self {
        Self {
            table,
            noticed,
            equal: Vec::new(),
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
    pub fn eq(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.equal.push((field.into(), value.into()));
        self
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
        let mut taken: Vec<Object> = Vec::new();
        let mut rest = self.ordered(None, None)?;
        while taken.len() < count
            && let Some(document) = rest.next()
        {
            if self.keeps(document) {
                taken.push(document.clone());
            }
        }
        if count > 0 {
            let last = taken.last().filter(|_| taken.len() == count);
            self.notice(|| {
                let to = last.map(|last| key(last, &self.fields));
                let to = to.map_or(Bound::Unbounded, Bound::Included);
                (Bound::Unbounded, to)
            })?;
        }
        Ok(taken)
    }

    /// One page, for the argument `paginationOpts`; the result has Convex's
    /// shape: `page`, `isDone`, `continueCursor`, `splitCursor`, `pageStatus`.
    ///
    /// Fails where `numItems` is missing or the cursor is not one of this query, and where
    /// the function has paginated before, as on a deployment.
    pub fn paginate(self, options: &Value) -> Result<Object, FunctionError> {
        let Page {
            documents,
            next,
            split,
        } = self.page(options)?;
        let documents = documents.into_iter().cloned().map(Value::from);
        Ok(Object::from([
            ("isDone", Value::from(next == END)),
            ("page", documents.collect::<Vec<_>>().into()),
            ("continueCursor", Value::from(next)),
            ("splitCursor", split.map_or(Value::Null, Value::from)),
            ("pageStatus", Value::Null),
        ]))
    }

    /// The same without copies of the documents.
    pub(crate) fn page(self, options: &Value) -> Result<Page<'a>, FunctionError> {
        if !self.noticed.paginate() {
            return Err(SECOND_PAGE.into());
        }
        let options = Object::try_from(options.clone())?;
        let size = options.number("numItems").filter(|size| *size >= 0.0);
        let size = size.ok_or("`options.numItems` must be a positive number.")? as usize;
        let after = self.place_of(options.get("cursor"))?;
        // A page that is read again ends where it did, so that pages stay side by side.
        let given = match options.get("endCursor") {
            None | Some(Value::Null) => self.noticed.page_end().map(Value::from),
            Some(given) => Some(given.clone()),
        };
        let until = self.place_of(given.as_ref())?;

        let mut page = Vec::new();
        let mut next = END.to_owned();
        let mut beyond = None;
        let rest = self.ordered(after.as_ref(), until.as_ref())?;
        let mut rest = rest.filter(|document| self.keeps(document)).peekable();
        while let Some(document) = rest.next() {
            page.push(document);
            // With `endCursor` the page is as long as the range is.
            if until.is_none()
                && page.len() >= size
                && let Some(further) = rest.peek()
            {
                next = self.cursor_at(document)?;
                beyond = Some(*further);
                break;
            }
        }
        if let (Some(Place::At(_)), Some(Value::String(given))) = (&until, given) {
            next = given;
        }
        self.notice(|| {
            let from = after.as_ref().map_or(Bound::Unbounded, Place::exclusive);
            let to = match beyond {
                Some(beyond) => Bound::Included(key(beyond, &self.fields)),
                None => until.as_ref().map_or(Bound::Unbounded, Place::inclusive),
            };
            (from, to)
        })?;
        self.noticed.end_page(next.clone());
        // Where a page that has grown is best cut in two.
        let middle = page
            .get(page.len() / 2)
            .filter(|_| until.is_some() && page.len() > 1);
        let split = middle
            .map(|document| self.cursor_at(document))
            .transpose()?;
        Ok(Page {
            documents: page,
            next,
            split,
        })
    }

    /// Remembers which part of the table was read, in the direction of the query.
    fn notice(&self, part: impl FnOnce() -> (Bound<Key>, Bound<Key>)) -> Result<(), FunctionError> {
        let table = *self.table.as_ref().map_err(Clone::clone)?;
        self.noticed.read(|| {
            let (first, last) = part();
            let (from, to) = match self.descending {
                true => (last, first),
                false => (first, last),
            };
            let mut equal = self.equal.clone();
            equal.sort_by(|(a, _), (b, _)| a.cmp(b));
            Read::Range(Range {
                table: table.declared.table_name.clone(),
                equal,
                fields: self.fields.clone(),
                from,
                to,
            })
        });
        Ok(())
    }

    fn keeps(&self, document: &Object) -> bool {
        self.filters.iter().all(|keep| keep(document))
    }

    /// The documents that have the values, in the order of the query: those behind one place, up to another.
    fn ordered(
        &self,
        after: Option<&Place>,
        until: Option<&Place>,
    ) -> Result<Box<dyn Iterator<Item = &'a Object> + '_>, FunctionError> {
        let table: &'a Table = *self.table.as_ref().map_err(Clone::clone)?;
        let plan = Plan::of(table, &self.equal, &self.fields);
        let Some(plan) = plan.filter(|_| !matches!(after, Some(Place::End))) else {
            return Ok(Box::new(std::iter::empty()));
        };
        // What is known by the plan needn't be looked at.
        let is_known = plan.known == self.equal.len();
        let has = move |document: &&Object| {
            let mut equal = self.equal.iter();
            is_known || equal.all(|(field, value)| compare(document.at(field), Some(value)).is_eq())
        };
        if plan.is_sorted {
            let first = after.map_or(Bound::Unbounded, Place::exclusive);
            let last = until.map_or(Bound::Unbounded, Place::inclusive);
            let bounds = match self.descending {
                true => plan.between(last, first),
                false => plan.between(first, last),
            };
            let documents = bounds.map(|bounds| plan.order.range(bounds, self.descending));
            return Ok(Box::new(documents.into_iter().flatten().filter(has)));
        }
        let mut documents: Vec<_> = plan.order.range(plan.whole(), false).collect();
        documents.retain(has);
        documents.sort_by_cached_key(|document| key(document, &self.fields));
        if self.descending {
            documents.reverse();
        }
        documents.retain(|document| {
            self.place(document, after).is_gt()
                && (until.is_none() || self.place(document, until).is_le())
        });
        Ok(Box::new(documents.into_iter()))
    }

    /// Where the document stands to a cursor, in the direction of the query.
    fn place(&self, document: &Object, cursor: Option<&Place>) -> Ordering {
        match cursor {
            None => Ordering::Greater,
            Some(Place::End) => Ordering::Less,
            Some(Place::At(at)) => {
                let order = key(document, &self.fields).cmp(at);
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
        let key: Vec<Vec<&Value>> = values(document, &self.fields)
            .map(|value| value.into_iter().collect())
            .collect();
        serde_json::to_string(&key).map_err(|error| FunctionError::new(error.to_string()))
    }

    /// The place that a cursor names.
    fn place_of(&self, cursor: Option<&Value>) -> Result<Option<Place>, FunctionError> {
        let text = match cursor {
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
        let key = Key::of(key.iter().map(|value| value.first()));
        Ok(Some(Place::At(key)))
    }
}

enum Place {
    At(Key),
    End,
}

impl Place {
    /// Up to it.
    fn inclusive(&self) -> Bound<Key> {
        match self {
            Self::At(key) => Bound::Included(key.clone()),
            Self::End => Bound::Unbounded,
        }
    }

    /// From behind it.
    fn exclusive(&self) -> Bound<Key> {
        match self {
            Self::At(key) => Bound::Excluded(key.clone()),
            // Nothing is behind the end, and what comes to it is before it.
            Self::End => Bound::Unbounded,
        }
    }
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
mod tests;
