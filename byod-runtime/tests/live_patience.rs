//! What is slow, refused or busy, and streams that don't wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::live::{connected, next, nothing, quick, token};
use crate::support::live::Sent;
use crate::support::world::{FUNCTIONS, World, count, list};
use crate::support::{Reply, Request, success};
use byod_runtime::relay::{OwnLive, OwnQuery, OwnResults};
use byod_runtime::{Credentials, Error, Token};
use byod_sync::Json;
use serde_json::json;

#[tokio::test]
async fn without_a_socket_as_many_are_asked_for_as_there_are() {
    let world = connected(|byod| quick(byod).concurrency(1)).await;
    world.users.live.lock().refuses_sockets = true;
    world.at_users.set(|request| {
        let late = |reply| Reply::Later(Duration::from_millis(5), Box::new(reply));
        (request.path() == "notes:list").then(|| late(success(json!("the user's"))))
    });
    let session = world.session("a");
    let mut lives: Vec<_> = (0..8).map(|_| list(&session).watch()).collect();
    let all = lives.iter_mut().map(|live| async {
        assert_eq!(next(live).await.unwrap(), "the user's");
        nothing(live).await;
    });
    futures_util::future::join_all(all).await;
}

#[tokio::test]
async fn nothing_waits_for_what_is_asked_for_and_does_not_come() {
    let world = connected(|byod| quick(byod).timeout(Duration::from_secs(60))).await;
    let never = |request: &Request| {
        let reply = Reply::Later(Duration::from_secs(60), Box::new(success(json!("late"))));
        (request.path() == "notes:list").then_some(reply)
    };
    world.at_users.set(never);
    // A socket that is late.
    world.users.live.spoil(|text| {
        let late = Sent::Wait(Duration::from_secs(4));
        vec![late, Sent::Text(text)]
    });
    let mut live = list(&world.session("a")).watch();
    assert_eq!(next(&mut live).await.unwrap(), "the user's");
    // And none at all.
    world.users.live.lock().refuses_sockets = true;
    world.users.live.cut();
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut other = list(&world.session("a")).watch();
    nothing(&mut other).await;
    world.byod.disconnect("a").await.unwrap();
    assert_eq!(next(&mut other).await.unwrap(), "main's");
    assert_eq!(next(&mut live).await.unwrap(), "main's");
}

#[tokio::test]
async fn what_a_socket_gave_that_has_ended_is_no_first_value() {
    let world = World::with(quick).await;
    let session = world.session("a");
    let mut live = list(&session).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    world.main.live.lock().refuses_sockets = true;
    world.main.live.cut();
    world
        .at_main
        .set(|request| (request.path() == "notes:list").then(|| success(json!("changed"))));
    assert_eq!(next(&mut live).await.unwrap(), "changed");
    assert_eq!(next(&mut list(&session).watch()).await.unwrap(), "changed");
    // The next one gives what it gave before, which is another value by now.
    world.main.live.lock().refuses_sockets = false;
    assert_eq!(next(&mut live).await.unwrap(), "main's");
}

#[tokio::test]
async fn a_socket_on_which_streams_come_and_go_all_the_time_is_a_good_one() {
    let world = World::with(|byod| quick(byod).live_silence(Duration::from_secs(1))).await;
    // Each answer comes when more has been asked.
    world.main.live.spoil(|text| {
        let late = Sent::Wait(Duration::from_millis(50));
        vec![late, Sent::Text(text)]
    });
    let session = world.session("a");
    let mut live = list(&session).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(5) {
        let mut other = count(&session).watch();
        let _ = tokio::time::timeout(Duration::from_millis(30), other.next()).await;
    }
    world.main.live.spoil_no_more();
    world.main.live.set("notes:list", json!("changed"));
    assert_eq!(next(&mut live).await.unwrap(), "changed");
    assert_eq!(world.main.live.lock().opened, 1);
}

#[tokio::test]
async fn a_token_source_that_fails_keeps_nothing_up() {
    let world = World::with(quick).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    // The clock of this machine is ahead: each new one has run out.
    let session = world
        .session("a")
        .with_token(token("a", -1, 0))
        .with_token_source(move || {
            let id = count.fetch_add(1, Ordering::Relaxed) + 1;
            async move { Ok::<_, Error>(Token::from(token("a", -1, id))) }
        });
    let mut live = list(&session).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(asked.load(Ordering::Relaxed) < 10);
    world.main.live.set("notes:list", json!("changed"));
    assert_eq!(next(&mut live).await.unwrap(), "changed");
    drop(live);

    // It panics, and is asked again.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let refused = token("b", 3600, 0);
    world.main.live.lock().refused.insert(refused.clone());
    let session = world
        .session("b")
        .with_token(refused)
        .with_token_source(move || {
            let id = count.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                assert!(id > 1, "this is meant");
                Ok::<_, Error>(Token::from(token("b", 3600, id)))
            }
        });
    let mut live = list(&session).watch();
    let error = next(&mut live).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    let session = session.with_token(token("b", 7200, 7));
    assert_eq!(next(&mut list(&session).watch()).await.unwrap(), "changed");
    assert_eq!(next(&mut live).await.unwrap(), "changed");
}

#[tokio::test]
async fn nobody_waits_for_what_is_watched_no_more() {
    let world = connected(|byod| quick(byod).functions(FUNCTIONS)).await;
    let mut live = OwnLive::new(&world.session("a"));
    let query = OwnQuery {
        key: 1,
        path: "notes:list".into(),
        args: Json::parse("{}").unwrap(),
        journal: None,
    };
    live.set(vec![query]);
    let moments = live.moments();
    let waits = tokio::spawn({
        let moments = moments.clone();
        async move { moments.caught_up().await }
    });
    tokio::task::yield_now().await;
    drop(live);
    let both = async {
        waits.await.unwrap();
        moments.caught_up().await;
    };
    let both = tokio::time::timeout(Duration::from_secs(10), both).await;
    assert!(both.is_ok());
}

/// The user goes to another deployment, and what the client watches is said anew before that has answered.
#[tokio::test]
async fn where_a_page_ended_is_asked_of_that_deployment_alone() {
    let world = connected(|byod| quick(byod).functions(FUNCTIONS)).await;
    let other = World::with(quick).await;
    world.users.live.lock().refuses_sockets = true;
    world.at_users.set(|request| {
        let page = json!({"page": [], "isDone": false, "continueCursor": "a's 3"});
        (request.path() == "notes:rows").then(|| success(page))
    });
    other.users.live.lock().name = "b".to_owned();
    other.users.live.set_rows("notes:rows", 0..10);
    other.users.live.spoil(|text| {
        let late = Sent::Wait(Duration::from_millis(300));
        vec![late, Sent::Text(text)]
    });
    let query = OwnQuery {
        key: 1,
        path: "notes:rows".into(),
        args: Json::parse(r#"{"paginationOpts":{"numItems":3,"cursor":null}}"#).unwrap(),
        journal: None,
    };
    let mut live = OwnLive::new(&world.session("a"));
    live.set(vec![query.clone()]);
    let gives = async |live: &mut OwnLive, wanted: &str| loop {
        live.changed().await;
        if let Some(OwnResults::Of { results, .. }) = live.latest()
            && results[0]
                .journal
                .as_deref()
                .is_some_and(|end| end.contains(wanted))
        {
            assert!(results[0].result.is_ok(), "{:?}", results[0]);
            break;
        }
    };
    let in_time = Duration::from_secs(20);
    let first = tokio::time::timeout(in_time, gives(&mut live, "a's 3"));
    first.await.unwrap();
    let credentials = Credentials {
        deployment_url: other.users.url.as_str().into(),
        deploy_key: "local|key".into(),
    };
    let byod = world.byod.clone();
    let connect = tokio::spawn(async move { byod.connect("a", "a", &credentials).await.unwrap() });
    while other.users.live.lock().watched.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    live.set(vec![query]);
    connect.await.unwrap();
    let then = tokio::time::timeout(in_time, gives(&mut live, "b"));
    then.await.unwrap();
    assert_eq!(other.users.live.lock().foreign_cursors, 0);
}
