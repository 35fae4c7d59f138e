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
mod tests {
    use super::*;

    const OWN: Side = Side::Own([1; 8]);
    const OTHER: Side = Side::Own([2; 8]);

    fn query(id: u32, args: &str, journal: Option<&str>) -> Query {
        Query {
            id: QueryId(id),
            path: "notes:page".to_owned(),
            args: Json::parse(args).unwrap(),
            journal: journal.map(|journal| Some(journal.to_owned())),
            component_path: None,
        }
    }

    fn value(id: u32, value: &str) -> Updated {
        Updated {
            id: QueryId(id),
            result: Ok(Json::parse(value).unwrap()),
            log_lines: Vec::new(),
            journal: Some("j".to_owned()),
        }
    }

    /// The values and messages that there are to tell.
    fn told(queries: &mut Queries) -> Vec<String> {
        let news = queries.take_news().into_iter();
        news.map(|updated| match updated.result {
            Ok(value) => value.get().to_owned(),
            Err(error) => error.message,
        })
        .collect()
    }

    #[test]
    fn a_query_that_moves_begins_again_without_its_journal_and_a_cursor_is_invalid() {
        let mut queries = Queries::default();
        let first = r#"[{"paginationOpts": {"numItems": 3.0, "cursor": null}}]"#;
        let second = r#"[{"paginationOpts": {"numItems": 3.0, "cursor": "c"}}]"#;
        queries.add(query(0, first, Some("main j0")));
        queries.add(query(1, second, None));
        for id in [0, 1] {
            let change = queries.runs_at(QueryId(id), Side::Main);
            assert_eq!(change.came, Some(Side::Main));
        }
        let journals: Vec<_> = queries
            .on_main()
            .1
            .into_iter()
            .map(|on| on.journal)
            .collect();
        assert_eq!(journals, [Some(Some("j0".to_owned())), None]);

        // To a deployment of the user's, and from there to another one.
        for side in [OWN, OTHER] {
            queries.doubt();
            let left = queries.on(|_| true).next().unwrap().side();
            let change = queries.runs_at(QueryId(0), side);
            assert_eq!(
                change,
                Change {
                    left,
                    came: Some(side)
                }
            );
            assert!(queries.on_own().all(|(_, journal)| journal.is_none()));
            queries.runs_at(QueryId(1), side);
        }
        assert_eq!(told(&mut queries), [INVALID_CURSOR]);
        // It stays so, until the client asks for something else.
        assert_eq!(queries.runs_at(QueryId(1), Side::Main), Change::default());
        assert_eq!(queries.remove(QueryId(1)), None);
    }

    #[test]
    fn what_a_client_takes_to_another_gateway_is_of_the_deployment_that_it_is_of() {
        let mut queries = Queries::default();
        let cursor = r#"[{"paginationOpts": {"cursor": "c"}}]"#;
        for (id, side) in [(0, OWN), (1, Side::Main)] {
            queries.add(query(id, cursor, Some(&side.journal("j"))));
            queries.runs_at(QueryId(id), OWN);
        }
        let journals: Vec<_> = queries.on_own().map(|(_, journal)| journal).collect();
        assert_eq!(journals, [Some(&"j".to_owned())]);
        assert_eq!(told(&mut queries), [INVALID_CURSOR]);
    }

    #[test]
    fn nothing_of_the_users_deployment_is_told_while_it_is_not_known_where_queries_run() {
        let mut queries = Queries::default();
        for (id, side) in [(0, OWN), (1, Side::Main)] {
            queries.add(query(id, "[{}]", None));
            queries.runs_at(QueryId(id), side);
        }
        queries.result(OWN, value(0, "1"));
        queries.result(Side::Main, value(1, "2"));
        queries.doubt();
        queries.result(OWN, value(0, "3"));
        assert_eq!(told(&mut queries), ["2"], "main's goes on");
        // It is there still: what it gives is told again.
        queries.runs_at(QueryId(0), OWN);
        queries.result(OWN, value(0, "3"));
        assert_eq!(told(&mut queries), ["3"]);
        // Neither is what it failed with.
        queries.own_failed(&error("of the former deployment"));
        queries.doubt();
        assert!(!queries.has_news());
        queries.runs_at(QueryId(0), OWN);
        queries.own_failed(&error("failed"));
        assert_eq!(told(&mut queries), ["failed"]);
        queries.result(OWN, value(0, "3"));
        assert_eq!(told(&mut queries), ["3"]);
        // What is not new is not told, nor what another deployment gives.
        queries.result(OWN, value(0, "3"));
        queries.result(OTHER, value(0, "4"));
        queries.result(Side::Main, value(0, "5"));
        assert!(!queries.has_news());
    }

    #[test]
    fn what_is_blocked_says_so_and_goes_on_later() {
        let mut queries = Queries::default();
        queries.add(query(0, "[{}]", None));
        queries.runs_at(QueryId(0), OWN);
        let left = queries.runs_nowhere(QueryId(0), error("blocked"));
        assert_eq!(
            (left, told(&mut queries)),
            (Some(OWN), vec!["blocked".to_owned()])
        );
        queries.result(OWN, value(0, "1"));
        assert!(!queries.has_news());
        let change = queries.runs_at(QueryId(0), OWN);
        assert_eq!((change.left, change.came), (None, Some(OWN)));
        queries.result(OWN, value(0, "1"));
        let news = queries.take_news();
        assert_eq!(news[0].journal.as_deref(), Some(&*OWN.journal("j")));
    }

    #[test]
    fn a_page_that_is_watched_anew_on_the_same_side_ends_where_it_ended_last() {
        let journal = |queries: &Queries| {
            let own = queries.on_own().map(|(_, journal)| journal.cloned());
            let main = queries.on_main().1.into_iter();
            own.chain(main.map(|main| main.journal.flatten()))
                .next()
                .flatten()
        };
        for side in [OWN, Side::Main] {
            let mut queries = Queries::default();
            queries.add(query(0, "[{}]", Some(&side.journal("first"))));
            queries.runs_at(QueryId(0), side);
            queries.result(side, value(0, "1"));
            // What is watched stays the same.
            assert_eq!(journal(&queries).as_deref(), Some("first"));
            // Blocked, and then no more.
            queries.runs_nowhere(QueryId(0), error("blocked"));
            queries.runs_at(QueryId(0), side);
            assert_eq!(journal(&queries).as_deref(), Some("j"));

            // The user's next token.
            let mut later = value(0, "1");
            later.journal = Some("later".to_owned());
            queries.result(side, value(0, "1"));
            queries.result(side, later);
            queries.forget();
            queries.pass(Some("alice"), Some("alice"));
            queries.runs_at(QueryId(0), side);
            assert_eq!(journal(&queries).as_deref(), Some("later"));

            // Another user's pages don't end where this one's did.
            queries.result(side, value(0, "2"));
            queries.forget();
            queries.pass(Some("alice"), Some("bob"));
            queries.runs_at(QueryId(0), side);
            assert_eq!(journal(&queries), None);

            // On another side it begins anew.
            queries.result(side, value(0, "3"));
            queries.runs_at(QueryId(0), OTHER);
            assert_eq!(journal(&queries), None);
            queries.runs_nowhere(QueryId(0), error("blocked"));
            queries.runs_at(QueryId(0), OTHER);
            assert_eq!(journal(&queries), None);
        }
    }

    #[test]
    fn what_cannot_be_asked_as_it_is_says_so_whoever_the_client_is_by_then() {
        let mut queries = Queries::default();
        let cursor = r#"[{"paginationOpts": {"cursor": "c"}}]"#;
        queries.add(query(0, cursor, Some("main j")));
        queries.runs_at(QueryId(0), OWN);
        queries.add(query(1, "[1, 2]", None));
        // Another token comes before the words went out.
        queries.forget();
        let words = told(&mut queries);
        assert_eq!(words[0], INVALID_CURSOR);
        assert!(words[1].starts_with("Invalid arguments: "), "{words:?}");
        for id in [0, 1] {
            assert_eq!(queries.runs_at(QueryId(id), OWN), Change::default());
        }
    }

    #[test]
    fn of_somebody_else_nothing_is_left() {
        let mut queries = Queries::default();
        queries.add(query(0, "[{}]", None));
        queries.runs_at(QueryId(0), OWN);
        queries.result(OWN, value(0, "1"));
        queries.forget();
        assert!(!queries.has_news() && queries.any_doubtful());
        queries.result(OWN, value(0, "1"));
        assert!(!queries.has_news());
    }
}
