//! What one client watches.

use std::collections::BTreeMap;

use byod_sync::server::Updated;
use byod_sync::{FunctionError, Json, Query, QueryId, Subscription};

use super::side::{INVALID_CURSOR, Side, has_cursor, only};

/// The queries of one client, and what it is to be told of them.
#[derive(Debug, Default)]
pub(super) struct Queries {
    held: BTreeMap<QueryId, Held>,
    /// What it is to be told next.
    news: BTreeMap<QueryId, News>,
}

/// One query.
#[derive(Debug)]
struct Held {
    query: Query,
    place: Place,
    /// The side that it was on last, or that the client says it was on.
    was: Option<Side>,
    /// Where its page ended when it was begun to be watched, on that side alone.
    journal: Option<String>,
    /// Where it ended last, for when it is watched anew there; while it is watched, `journal` tells it from others.
    latest: Option<String>,
    /// Whether it has to be found out again where it runs.
    doubtful: bool,
    /// The value that was given last.
    given: Option<Json>,
}

/// Where a query is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Unknown,
    On(Side),
    /// Nowhere, for now.
    Nowhere,
    /// Nowhere, as long as the client holds it: it can't be asked as it is.
    NoMore,
}

/// Which sides have one query less, and one more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) left: Option<Side>,
    pub(super) came: Option<Side>,
}

#[derive(Debug)]
struct News {
    updated: Updated,
    /// Where it comes from; `None` where it is this gateway's word.
    side: Option<Side>,
}

impl Queries {
    pub(super) fn add(&mut self, query: Query) {
        let begun = query.journal.as_ref().and_then(|journal| journal.as_ref());
        let begun = begun.and_then(|journal| Side::of_journal(journal));
        let (was, journal) = begun.unzip();
        let held = Held {
            query,
            place: Place::Unknown,
            was,
            journal,
            latest: None,
            doubtful: true,
            given: None,
        };
        let id = held.query.id;
        self.news.remove(&id);
        let is_malformed = only(&held.query.args).is_err();
        self.held.insert(id, held);
        if let (true, Some(held)) = (is_malformed, self.held.get_mut(&id)) {
            (held.place, held.doubtful) = (Place::NoMore, false);
            let word = held.no_more();
            self.word(id, word);
        }
    }

    /// After `forget`: whose they were, and whose they are. The same user's pages go on where they ended.
    pub(super) fn pass(&mut self, former: Option<&str>, user: Option<&str>) {
        for held in self.held.values_mut() {
            match former {
                Some(_) if former == user => held.keep_latest(),
                Some(_) => (held.journal, held.latest) = (None, None),
                // What the client brought may be of the user that it now says it is.
                None => held.latest = None,
            }
        }
    }

    /// Says which side it was on.
    pub(super) fn remove(&mut self, id: QueryId) -> Option<Side> {
        self.news.remove(&id);
        self.held.remove(&id)?.side()
    }

    /// Where each of them runs is to be found out again. Until then nothing is told of what the user's deployment gives.
    pub(super) fn doubt(&mut self) {
        for held in self.held.values_mut() {
            held.doubtful = true;
        }
        let held = &mut self.held;
        self.news.retain(|id, news| {
            let is_own = news.side.is_some_and(Side::is_own);
            if is_own && let Some(held) = held.get_mut(id) {
                held.given = None;
            }
            !is_own
        });
    }

    /// They are another user's from now on: nothing is known of any.
    pub(super) fn forget(&mut self) {
        self.news.clear();
        let mut no_more = Vec::new();
        for held in self.held.values_mut() {
            (held.doubtful, held.given) = (true, None);
            held.was = held.side().or(held.was);
            match held.place {
                // The client may not have been told yet.
                Place::NoMore => no_more.push((held.query.id, held.no_more())),
                _ => held.place = Place::Unknown,
            }
        }
        for (id, word) in no_more {
            self.word(id, word);
        }
    }

    /// Those that have to be looked for: their paths and arguments.
    pub(super) fn doubtful(&self) -> Vec<(QueryId, String, Json)> {
        let doubtful = self.held.values().filter(|held| held.doubtful);
        let doubtful = doubtful.map(|held| &held.query);
        doubtful
            .map(|query| (query.id, query.path.clone(), query.args.clone()))
            .collect()
    }

    /// Those of them that are of a component.
    pub(super) fn of_components(&self) -> Vec<QueryId> {
        let held = self.held.values();
        let doubtful = held.filter(|held| held.doubtful && held.query.component_path.is_some());
        doubtful.map(|held| held.query.id).collect()
    }

    pub(super) fn any_doubtful(&self) -> bool {
        self.held.values().any(|held| held.doubtful)
    }

    /// It runs on that side.
    pub(super) fn runs_at(&mut self, id: QueryId, side: Side) -> Change {
        let Some(held) = self.held.get_mut(&id) else {
            return Change::default();
        };
        held.doubtful = false;
        if held.place == Place::On(side) || held.place == Place::NoMore {
            return Change::default();
        }
        let left = held.side();
        held.was = left.or(held.was);
        held.given = None;
        let moved = held.was.is_some_and(|was| was != side);
        if moved && has_cursor(&held.query.args) {
            held.place = Place::NoMore;
            let word = held.no_more();
            self.word(id, word);
            return Change { left, came: None };
        }
        if moved {
            (held.journal, held.latest) = (None, None);
        }
        (held.place, held.was) = (Place::On(side), Some(side));
        let came = Some(side);
        Change { left, came }
    }

    /// It runs nowhere, for that reason; says which side it was on.
    pub(super) fn runs_nowhere(&mut self, id: QueryId, error: FunctionError) -> Option<Side> {
        let held = self.held.get_mut(&id)?;
        held.doubtful = false;
        if held.place == Place::NoMore {
            return None;
        }
        let before = held.side();
        held.was = before.or(held.was);
        (held.place, held.given) = (Place::Nowhere, None);
        held.keep_latest();
        self.word(id, error);
        before
    }

    /// All that run on the user's deployment give that error.
    pub(super) fn own_failed(&mut self, error: &FunctionError) {
        let on_own = |held: &&mut Held| matches!(held.place, Place::On(side) if side.is_own());
        let mut failed = Vec::new();
        for held in self.held.values_mut().filter(on_own) {
            if !held.doubtful {
                held.given = None;
                failed.push((held.query.id, held.side()));
            }
        }
        for (id, side) in failed {
            self.word_of(side, id, error.clone());
        }
    }

    fn word(&mut self, id: QueryId, error: FunctionError) {
        self.word_of(None, id, error);
    }

    fn word_of(&mut self, side: Option<Side>, id: QueryId, error: FunctionError) {
        let updated = Updated {
            id,
            result: Err(error),
            log_lines: Vec::new(),
            journal: None,
        };
        self.news.insert(id, News { updated, side });
    }

    /// What a query gives on that side, if that is where it runs.
    pub(super) fn result(&mut self, side: Side, mut updated: Updated) {
        let Some(held) = self.held.get_mut(&updated.id) else {
            return;
        };
        if held.place != Place::On(side) || (held.doubtful && side.is_own()) {
            return;
        }
        // One that ends elsewhere may have the same value.
        if let Some(latest) = &updated.journal {
            held.latest = Some(latest.clone());
        }
        if let Ok(value) = &updated.result {
            if held.given.as_ref() == Some(value) {
                return;
            }
            held.given = Some(value.clone());
        } else {
            held.given = None;
        }
        updated.journal = updated.journal.map(|journal| side.journal(&journal));
        let side = Some(side);
        self.news.insert(updated.id, News { updated, side });
    }

    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    pub(super) fn take_news(&mut self) -> Vec<Updated> {
        let news = std::mem::take(&mut self.news).into_values();
        news.map(|news| news.updated).collect()
    }

    /// What is to be watched on main, with the numbers.
    pub(super) fn on_main(&self) -> (Vec<QueryId>, Vec<Subscription>) {
        let on_main = self.on(|side| side == Side::Main);
        let subscription = |held: &Held| Subscription {
            path: held.query.path.clone(),
            args: held.query.args.clone(),
            component_path: held.query.component_path.clone(),
            journal: held.journal.clone().map(Some),
        };
        on_main
            .map(|held| (held.query.id, subscription(held)))
            .unzip()
    }

    /// What is to be watched on the user's deployment, with where pages ended.
    pub(super) fn on_own(&self) -> impl Iterator<Item = (&Query, Option<&String>)> {
        let on_own = self.on(Side::is_own);
        on_own.map(|held| (&held.query, held.journal.as_ref()))
    }

    fn on(&self, is: impl Fn(Side) -> bool) -> impl Iterator<Item = &Held> {
        let held = self.held.values();
        held.filter(move |held| matches!(held.place, Place::On(side) if is(side)))
    }
}

impl Held {
    /// Why it can't be asked as it is.
    fn no_more(&self) -> FunctionError {
        match only(&self.query.args) {
            Err(malformed) => error(&format!("Invalid arguments: {malformed}")),
            Ok(_) => error(INVALID_CURSOR),
        }
    }

    /// It is watched no more: where it goes on, it does so from where its page ended last.
    fn keep_latest(&mut self) {
        if let Some(latest) = self.latest.take() {
            self.journal = Some(latest);
        }
    }

    fn side(&self) -> Option<Side> {
        match self.place {
            Place::On(side) => Some(side),
            Place::Unknown | Place::Nowhere | Place::NoMore => None,
        }
    }
}

fn error(message: &str) -> FunctionError {
    FunctionError {
        message: message.to_owned(),
        data: None,
    }
}

#[cfg(test)]
mod tests;
