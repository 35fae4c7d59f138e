use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::*;

fn cache() -> RouteCache {
    RouteCache::new(100, Ages::new(Duration::from_secs(60), Duration::ZERO))
}

fn failure() -> Error {
    Error::config("no")
}

/// A route that can be told from others by its reason.
fn route(reason: &str) -> Route {
    Route::Blocked(Arc::new(Blocked {
        deployment: "x".into(),
        why: Why::Failing(reason.into()),
    }))
}

/// A route to a deployment.
fn connected() -> Arc<Connected> {
    Arc::new(Connected {
        client: Client::new("https://happy-animal-123.convex.cloud").unwrap(),
        fingerprint: 0,
        frozen: false,
        schema_version: 0,
    })
}

fn reason(route: Result<Route, Error>) -> String {
    match route {
        Ok(Route::Blocked(blocked)) => match &blocked.why {
            Why::Failing(reason) => reason.to_string(),
            other => format!("{other:?}"),
        },
        other => format!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_cold_calls_load_once() {
    let (cache, loads) = (Arc::new(cache()), Arc::new(AtomicUsize::new(0)));
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let (cache, loads) = (cache.clone(), loads.clone());
            tokio::spawn(async move {
                let load = || async {
                    loads.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Ok(route("once"))
                };
                reason(cache.get(&"a".into(), load).await)
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), "once");
    }
    assert_eq!(loads.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_wait_and_not_kept() {
    let (cache, user) = (cache(), UserId::from("a"));
    let fails = || async {
        tokio::task::yield_now().await;
        Err(failure())
    };
    let unused = || async { panic!("the first one loads for both") };
    let (first, second) = tokio::join!(cache.get(&user, fails), cache.get(&user, unused));
    assert!(first.is_err() && second.is_err());
    let again = cache.get(&user, || async { Ok(route("again")) }).await;
    assert_eq!(reason(again), "again");
}

#[tokio::test]
async fn a_cancelled_caller_strands_nobody() {
    let cache = Arc::new(cache());
    let (waiting, user) = (cache.clone(), UserId::from("a"));
    let first = tokio::spawn(async move {
        let user = "a".into();
        waiting
            .get(&user, std::future::pending::<Result<Route, Error>>)
            .await
    });
    tokio::task::yield_now().await;
    let second = cache.get(&user, || async { Ok(route("second")) });
    tokio::pin!(second);
    let early = tokio::time::timeout(Duration::from_millis(10), &mut second).await;
    assert!(early.is_err(), "the second one waits for the first");
    first.abort();
    assert_eq!(reason(second.await), "second");
}

#[tokio::test]
async fn nothing_is_left_of_reads_that_nobody_waits_for() {
    let (cache, user) = (cache(), UserId::from("a"));
    let hangs = std::future::pending::<Result<Route, Error>>;
    let (first, second) = (cache.get(&user, hangs), cache.get(&user, hangs));
    let both = futures_util::future::join(first, second);
    let early = tokio::time::timeout(Duration::from_millis(10), both).await;
    assert!(early.is_err());
    assert_eq!(cache.routes.reads(), 0);
    let found = cache.get(&user, || async { Ok(route("new")) }).await;
    assert_eq!(reason(found), "new");
    assert_eq!(cache.routes.reads(), 0);
}

#[tokio::test]
async fn clearing_is_final_even_while_a_load_is_under_way() {
    let (cache, user, go) = (cache(), UserId::from("a"), Notify::new());
    let slow = cache.get(&user, || async {
        go.notified().await;
        Ok(route("old"))
    });
    tokio::pin!(slow);
    let early = tokio::time::timeout(Duration::from_millis(10), &mut slow).await;
    assert!(early.is_err());

    cache.clear(&user);
    go.notify_one();
    assert_eq!(reason(slow.await), "old", "it began before");
    let after = cache.get(&user, || async { Ok(route("new")) }).await;
    assert_eq!(reason(after), "new");
}

#[tokio::test]
async fn a_late_failure_leaves_the_slot_that_took_its_place() {
    let (cache, user, go) = (cache(), UserId::from("a"), Notify::new());
    let slow = cache.get(&user, || async {
        go.notified().await;
        Err(failure())
    });
    tokio::pin!(slow);
    let early = tokio::time::timeout(Duration::from_millis(10), &mut slow).await;
    assert!(early.is_err());
    cache.clear(&user);
    let second = cache.get(&user, || async { Ok(route("new")) });
    let second = tokio::time::timeout(Duration::from_secs(1), second).await;
    assert_eq!(reason(second.unwrap()), "new", "it waits for no old load");
    go.notify_one();
    assert!(slow.await.is_err());
    let kept = cache.get(&user, || async { panic!("it is cached") }).await;
    assert_eq!(reason(kept), "new");
}

#[tokio::test]
async fn clearing_one_user_leaves_the_others() {
    let cache = cache();
    for user in ["a", "a:b", "b"] {
        let user = user.into();
        cache
            .get(&user, || async { Ok(route("old")) })
            .await
            .unwrap();
    }
    cache.clear(&"a".into());
    for (user, expected) in [("a", "new"), ("a:b", "old"), ("b", "old")] {
        let user = user.into();
        let found = cache.get(&user, || async { Ok(route("new")) }).await;
        assert_eq!(reason(found), expected, "{user}");
    }
}

#[tokio::test]
async fn a_route_is_kept_for_its_time_to_live() {
    let (cache, user) = (
        RouteCache::new(100, Ages::new(Duration::from_millis(50), Duration::ZERO)),
        UserId::from("a"),
    );
    cache
        .get(&user, || async { Ok(route("old")) })
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    let found = cache.get(&user, || async { Ok(route("new")) }).await;
    assert_eq!(reason(found), "new");
}

#[tokio::test]
async fn it_holds_no_more_than_its_capacity() {
    let cache = RouteCache::new(3, Ages::new(Duration::from_secs(60), Duration::ZERO));
    for user in 0..50 {
        let user = user.to_string().as_str().into();
        cache
            .get(&user, || async { Ok(route("old")) })
            .await
            .unwrap();
    }
    assert_eq!(cache.routes.len(), 3);
    let newest = cache.get(&"49".into(), || async { Ok(route("new")) }).await;
    assert_eq!(reason(newest), "old", "those that are not used go first");
}

/// One that is due at once, and may be used for a minute where main fails.
fn stale_cache() -> RouteCache {
    let mut ages = Ages::new(Duration::ZERO, Duration::from_secs(60));
    ages.patience = Duration::from_millis(20);
    RouteCache::new(100, ages)
}

#[tokio::test]
async fn while_main_fails_the_route_is_used_as_it_was() {
    let (cache, user) = (stale_cache(), UserId::from("a"));
    let load = |result| cache.get(&user, move || async { result });
    assert_eq!(reason(load(Ok(route("old"))).await), "old");
    let failure = || Err(crate::error::test_error::interrupted());
    assert_eq!(reason(load(failure()).await), "old");
    assert_eq!(reason(load(failure()).await), "old");
    assert_eq!(reason(load(Ok(route("new"))).await), "new");
    assert_eq!(reason(load(failure()).await), "new");

    let hangs = std::future::pending::<Result<Route, Error>>;
    assert_eq!(reason(cache.get(&user, hangs).await), "new");

    // A record that can't be used is no failure of main.
    let unusable = || Err(Error::config("no"));
    assert!(load(unusable()).await.is_err());
    // And without a route there is only the failure.
    assert!(load(failure()).await.is_err());
}

#[tokio::test]
async fn a_route_is_not_used_for_ever() {
    let ages = Ages::new(Duration::ZERO, Duration::from_millis(30));
    let (cache, user) = (RouteCache::new(100, ages), UserId::from("a"));
    let load = |result| cache.get(&user, move || async { result });
    assert_eq!(reason(load(Ok(route("old"))).await), "old");
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert!(
        load(Err(crate::error::test_error::interrupted()))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn clearing_leaves_nothing_to_go_on_with() {
    let (cache, user) = (stale_cache(), UserId::from("a"));
    let load = |result| cache.get(&user, move || async { result });
    assert_eq!(reason(load(Ok(route("old"))).await), "old");
    cache.clear(&user);
    assert!(
        load(Err(crate::error::test_error::interrupted()))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_route_is_blocked_only_if_it_is_still_the_one_that_failed() {
    let (cache, user, from) = (cache(), UserId::from("a"), connected());
    let blocked = || Blocked {
        deployment: "x".into(),
        why: Why::Failing("down".into()),
    };
    assert!(!cache.block(&user, &from, blocked()), "nothing is known");
    let route = Route::Connected(from.clone());
    cache.get(&user, || async { Ok(route) }).await.unwrap();
    assert!(!cache.block(&user, &connected(), blocked()), "another one");
    assert!(cache.block(&user, &from, blocked()));
    assert!(
        !cache.block(&user, &from, blocked()),
        "it is blocked already"
    );
    let found = cache.get(&user, || async { panic!("it is cached") }).await;
    assert_eq!(reason(found), "down");
}

#[tokio::test]
async fn what_nobody_asks_for_is_dropped() {
    let cache = cache();
    let read = async |user: &str| {
        let user = user.into();
        let route = cache.get(&user, || async { Ok(route("read")) });
        assert!(route.await.is_ok());
    };
    read("gone").await;
    tokio::time::sleep(Duration::from_millis(2)).await;
    let minute = Duration::from_secs(60);
    let later = Instant::now() + minute;
    read("here").await;

    cache.sweep(Instant::now());
    assert_eq!(cache.routes.len(), 2, "it is too soon");
    cache.sweep(later);
    assert!(cache.routes.peek(&UserId::from("gone")).is_none());
    assert!(cache.routes.peek(&UserId::from("here")).is_some());
    cache.sweep(later + minute);
    assert_eq!(cache.routes.len(), 1, "it is too soon again");
    cache.sweep(later + 2 * minute);
    assert_eq!(cache.routes.len(), 0);
}
