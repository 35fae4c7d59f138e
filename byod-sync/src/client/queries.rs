//! The queries that are watched.

use std::collections::HashMap;
use std::sync::Arc;

use crate::json::Json;
use crate::message::{Query, QueryId, QueryResult, QuerySetChange};

/// About how many bytes of queries one message adds. Who watches thousands says so in several.
const ADDED_AT_ONCE: usize = 1 << 20;

/// What a query costs in a message beside its texts.
const AROUND: usize = 100;

/// What a line of a log costs beside its text.
const LINE: usize = 24;

/// A query to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The function's path: `module:function`.
    pub path: String,
    /// The arguments: an array of one object.
    pub args: Json,
    /// The component of the function; by deploy key alone.
    pub component_path: Option<String>,
    /// What this deployment said of an earlier run: where its page ends.
    pub journal: Option<Option<String>>,
}

/// Whether two subscriptions are one.
#[derive(Debug, PartialEq, Eq, Hash)]
struct What {
    path: String,
    args: Json,
    component_path: Option<String>,
    /// Where its page was to end when it was begun.
    page_end: Option<String>,
}

/// One query, however often it is subscribed to.
#[derive(Debug)]
struct Watched {
    /// Under which it is found; it is what the first says.
    what: Arc<What>,
    others: Vec<Arc<What>>,
    subscriptions: usize,
    /// Whether this socket knows it.
    sent: bool,
    /// Whether the result is one that this socket gave.
    current: bool,
    journal: Option<Option<String>>,
    /// Shared with whoever was given them.
    log_lines: Arc<[String]>,
    result: Option<QueryResult>,
}

/// A change that the deployment doesn't know of.
#[derive(Debug)]
enum Unsent {
    Add(QueryId),
    Remove(QueryId),
}

/// What a result is to what was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) changed: bool,
    pub(super) caught_up: bool,
}

/// The queries that are watched.
#[derive(Debug, Default)]
pub(super) struct Queries {
    watched: HashMap<QueryId, Watched>,
    by_what: HashMap<Arc<What>, QueryId>,
    next: u32,
    /// How large the results are together.
    bytes: usize,
    unsent: std::collections::VecDeque<Unsent>,
}

impl Queries {
    pub(super) fn subscribe(&mut self, subscription: Subscription) -> QueryId {
        let Subscription {
            path,
            args,
            component_path,
            journal,
        } = subscription;
        let mut what = What {
            path,
            args,
            component_path,
            page_end: journal.clone().flatten(),
        };
        if let Some(id) = self.by_what.get(&what) {
            if let Some(watched) = self.watched.get_mut(id) {
                watched.subscriptions += 1;
            }
            return *id;
        }
        // One that was begun without it may end there by now.
        if let Some(page_end) = what.page_end.take() {
            let id = self.by_what.get(&what).copied();
            let known = id.and_then(|id| Some((id, self.watched.get_mut(&id)?)));
            what.page_end = Some(page_end);
            if let Some((id, known)) = known
                && known.journal == journal
            {
                let what = Arc::new(what);
                known.subscriptions += 1;
                known.others.push(what.clone());
                self.by_what.insert(what, id);
                return id;
            }
        }
        let id = QueryId(self.next);
        self.next += 1;
        let what = Arc::new(what);
        self.by_what.insert(what.clone(), id);
        let watched = Watched {
            what,
            others: Vec::new(),
            subscriptions: 1,
            sent: false,
            current: false,
            journal,
            log_lines: Arc::default(),
            result: None,
        };
        self.bytes += watched.size();
        self.watched.insert(id, watched);
        self.unsent.push_back(Unsent::Add(id));
        id
    }

    /// Whether that was the last subscription to it.
    pub(super) fn unsubscribe(&mut self, id: QueryId) -> bool {
        let Some(watched) = self.watched.get_mut(&id) else {
            return false;
        };
        watched.subscriptions -= 1;
        if watched.subscriptions > 0 {
            return false;
        }
        if watched.sent {
            self.unsent.push_back(Unsent::Remove(id));
        }
        self.bytes -= watched.size();
        self.by_what.remove(&watched.what);
        for what in &watched.others {
            self.by_what.remove(what);
        }
        self.watched.remove(&id);
        true
    }

    pub(super) fn len(&self) -> usize {
        self.watched.len()
    }

    pub(super) fn result(&self, id: QueryId) -> Option<&QueryResult> {
        self.watched.get(&id)?.result.as_ref()
    }

    pub(super) fn is_current(&self, id: QueryId) -> bool {
        let watched = self.watched.get(&id);
        watched.is_some_and(|watched| watched.current)
    }

    pub(super) fn journal(&self, id: QueryId) -> Option<&Option<String>> {
        self.watched.get(&id)?.journal.as_ref()
    }

    pub(super) fn log_lines(&self, id: QueryId) -> Arc<[String]> {
        let watched = self.watched.get(&id);
        watched
            .map(|watched| watched.log_lines.clone())
            .unwrap_or_default()
    }

    /// The socket that gave the results has ended: they are of the past.
    pub(super) fn are_past(&mut self) {
        for watched in self.watched.values_mut() {
            watched.current = false;
        }
    }

    /// All of them are to be said to a new socket, in the order in which they were begun.
    pub(super) fn restart(&mut self) {
        self.are_past();
        for watched in self.watched.values_mut() {
            watched.sent = false;
        }
        let mut ids: Vec<QueryId> = self.watched.keys().copied().collect();
        ids.sort_unstable();
        self.unsent = ids.into_iter().map(Unsent::Add).collect();
    }

    /// The next changes to send; none where the deployment knows all.
    pub(super) fn changes(&mut self) -> Vec<QuerySetChange> {
        let (mut changes, mut bytes) = (Vec::new(), 0);
        while bytes < ADDED_AT_ONCE {
            match self.unsent.pop_front() {
                Some(Unsent::Remove(id)) => changes.push(QuerySetChange::Remove(id)),
                // One that has gone meanwhile is not worth a word.
                Some(Unsent::Add(id)) => {
                    if let Some(watched) = self.watched.get_mut(&id) {
                        watched.sent = true;
                        let query = watched.query(id);
                        bytes += query.path.len() + query.args.get().len() + AROUND;
                        changes.push(QuerySetChange::Add(query));
                    }
                }
                None => break,
            }
        }
        changes
    }

    pub(super) fn has_changes(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Takes a result; `None` where nobody watches the query any more.
    pub(super) fn set(
        &mut self,
        id: QueryId,
        result: QueryResult,
        journal: Option<String>,
        log_lines: Vec<String>,
    ) -> Option<News> {
        let watched = self.watched.get_mut(&id)?;
        self.bytes -= watched.size();
        watched.journal = Some(journal);
        let caught_up = !std::mem::replace(&mut watched.current, true);
        let logged = *watched.log_lines != *log_lines;
        if logged {
            watched.log_lines = log_lines.into();
        }
        let changed = watched.result.as_ref() != Some(&result);
        // The one that is kept shares its text with whoever was given it.
        if changed {
            watched.result = Some(result);
        }
        self.bytes += watched.size();
        Some(News {
            changed: changed || logged,
            caught_up,
        })
    }

    /// How large all results are together, in bytes, with what came along with them.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The query has no result any more.
    pub(super) fn forget_result(&mut self, id: QueryId) {
        if let Some(watched) = self.watched.get_mut(&id) {
            self.bytes -= watched.size();
            (watched.result, watched.journal, watched.log_lines) = (None, None, Arc::default());
            watched.current = false;
        }
    }

    pub(super) fn contains(&self, id: QueryId) -> bool {
        self.watched.contains_key(&id)
    }
}

impl Watched {
    /// How large what came of it is, in bytes.
    fn size(&self) -> usize {
        let result = match &self.result {
            None => 0,
            Some(Ok(value)) => value.get().len(),
            Some(Err(error)) => {
                let data = error.data.as_ref();
                error.message.len() + data.map_or(0, |data| data.get().len())
            }
        };
        let journal = self.journal.as_ref().and_then(Option::as_ref);
        // A line costs something, too, where there is nothing in it.
        let lines = self.log_lines.iter().map(|line| LINE + line.len());
        result + journal.map_or(0, String::len) + lines.sum::<usize>()
    }

    fn query(&self, id: QueryId) -> Query {
        Query {
            id,
            path: self.what.path.clone(),
            args: self.what.args.clone(),
            journal: self.journal.clone(),
            component_path: self.what.component_path.clone(),
        }
    }
}
