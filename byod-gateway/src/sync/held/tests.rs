//! What one client watches, as it moves.

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

#[test]
fn what_is_of_a_component_is_told_from_the_rest() {
    let mut queries = Queries::default();
    queries.add(query(0, "[{}]", None));
    let mut of_component = query(1, "[{}]", None);
    of_component.component_path = Some("workpool".to_owned());
    queries.add(of_component);
    assert_eq!(queries.of_components(), [QueryId(1)]);
    queries.runs_at(QueryId(1), Side::Main);
    assert!(queries.of_components().is_empty());
    assert_eq!(queries.doubtful().len(), 1);
}
