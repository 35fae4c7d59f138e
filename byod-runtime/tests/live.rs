//! Queries that are watched.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::live::Sent;
use crate::support::world::{World, count, count_as, list, list_as, rows};
use crate::support::{Way, success, until};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use byod_runtime::{
    ByodBuilder, ConnectionStatus, Credentials, Error, Live, Rollout, Routed, Token,
};
use byod_sync::ClientMessage;
use serde_json::json;

/// The next value; a test in which none comes fails.
pub(crate) async fn next(live: &mut Live<String>) -> Result<String, Error> {
    let next = tokio::time::timeout(Duration::from_secs(20), live.next());
    next.await.expect("nothing came").unwrap()
}

/// That nothing comes for some time.
pub(crate) async fn nothing(live: &mut Live<String>) {
    let next = tokio::time::timeout(Duration::from_millis(150), live.next());
    if let Ok(next) = next.await {
        panic!("{next:?}");
    }
}

pub(crate) fn quick(byod: ByodBuilder) -> ByodBuilder {
    byod.retries(0)
        .listen_to_main(false)
        .live_idle(Duration::from_millis(100))
        .live_poll(Duration::from_millis(50))
        .recovery_pauses(Duration::from_millis(20), Duration::from_millis(40))
}

pub(crate) async fn connected(configure: impl FnOnce(ByodBuilder) -> ByodBuilder) -> World {
    let world = World::with(configure).await;
    let connected = ConnectionStatus::Connected;
    world.save("a", "local|key", connected).await;
    world
}

#[tokio::test]
async fn the_first_value_comes_and_then_one_after_every_change() {
    for way in Way::ALL {
        let world = World::over(way, quick).await;
        let mut live = list(&world.session("a")).watch();
        assert_eq!(world.main.live.lock().opened, 0, "not before it is polled");
        assert_eq!(next(&mut live).await.unwrap(), "main's");
        nothing(&mut live).await;
        world.main.live.set("notes:list", json!("changed"));
        assert_eq!(next(&mut live).await.unwrap(), "changed");
        // Only the newest counts.
        for count in 0..100 {
            world.main.live.set("notes:list", json!(format!("{count}")));
        }
        let mut last = String::new();
        let mut seen = 0;
        while last != "99" {
            tokio::time::sleep(Duration::from_millis(20)).await;
            last = next(&mut live).await.unwrap();
            seen += 1;
        }
        assert!(seen < 50, "{seen}");
        nothing(&mut live).await;
    }
}

#[tokio::test]
async fn what_is_equal_is_watched_once_and_no_longer_than_anybody_does() {
    let world = World::with(quick).await;
    let session = world.session("a");
    let mut lives: Vec<_> = (0..20).map(|_| list(&session).watch()).collect();
    for live in &mut lives {
        assert_eq!(next(live).await.unwrap(), "main's");
    }
    let watched = || world.main.live.lock().watched.len();
    assert_eq!((watched(), world.main.live.lock().opened), (1, 1));
    // Another one on the same socket, which stays.
    let mut other = count_as::<Option<u32>>(&session).watch();
    assert_eq!(other.next().await.unwrap().unwrap(), None);
    lives.truncate(1);
    world.main.live.set("notes:list", json!("changed"));
    assert_eq!(next(&mut lives[0]).await.unwrap(), "changed");
    assert_eq!(watched(), 2);
    lives.clear();
    until(|| watched() == 1).await;
    assert_eq!(world.main.live.lock().open, 1);
    drop(other);
    until(|| watched() == 0).await;
    // The socket closes some time later, and opens again where it is needed.
    until(|| world.main.live.lock().open == 0).await;
    assert_eq!(next(&mut list(&session).watch()).await.unwrap(), "changed");
    assert_eq!(world.main.live.lock().opened, 2);
}

#[tokio::test]
async fn each_caller_has_a_socket_of_their_own() {
    let world = connected(quick).await;
    let mut of_a = list(&world.session("a")).watch().routed();
    let Routed {
        value, deployment, ..
    } = of_a.next().await.unwrap().unwrap();
    assert_eq!(value, "the user's");
    assert!(deployment.is_user());
    let mut of_b = list(&world.session("b").with_token("b's token")).watch();
    assert_eq!(next(&mut of_b).await.unwrap(), "main's");
    let mut of_c = list(&world.session("c").with_token("c's token")).watch();
    assert_eq!(next(&mut of_c).await.unwrap(), "main's");
    assert_eq!(world.users.live.lock().tokens, ["local|key"]);
    assert_eq!(world.main.live.lock().tokens, ["b's token", "c's token"]);
    // Nor does anybody see anything who only says that they are somebody else: main says so.
    let (theirs, forged) = (token("d", 3600, 1), token("d", 7200, 2));
    world.main.live.lock().refused.insert(forged.clone());
    let mut of_d = list(&world.session("d").with_token(theirs)).watch();
    assert_eq!(next(&mut of_d).await.unwrap(), "main's");
    let mut of_e = list(&world.session("e").with_token(forged)).watch();
    let error = next(&mut of_e).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    nothing(&mut of_d).await;
}

#[tokio::test]
async fn it_follows_the_user() {
    let world = World::with(quick).await;
    let session = world.session("a");
    let mut live = list(&session).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");

    let credentials = Credentials {
        deployment_url: world.users.url.as_str().into(),
        deploy_key: "local|key".into(),
    };
    world.byod.connect("a", "a", &credentials).await.unwrap();
    assert_eq!(next(&mut live).await.unwrap(), "the user's");
    until(|| world.main.live.lock().watched.is_empty()).await;

    world.byod.rollout().set("notes", Rollout::Off);
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    world.byod.rollout().set_all(Rollout::On);
    assert_eq!(next(&mut live).await.unwrap(), "the user's");

    world.byod.disconnect("a").await.unwrap();
    world.users.live.set("notes:list", json!("too late"));
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    nothing(&mut live).await;
    assert!(world.users.live.lock().watched.is_empty());
}

#[tokio::test]
async fn nothing_of_a_deployment_is_seen_after_it_was_disconnected() {
    for _ in 0..20 {
        let world = connected(quick).await;
        let mut live = list(&world.session("a")).watch();
        assert_eq!(next(&mut live).await.unwrap(), "the user's");
        // It is there already, and nobody has taken it yet.
        world.users.live.set("notes:list", json!("changed"));
        tokio::time::sleep(Duration::from_millis(fastrand::u64(..20))).await;
        world.byod.disconnect("a").await.unwrap();
        assert_eq!(next(&mut live).await.unwrap(), "main's");
    }
}

#[tokio::test]
async fn while_blocked_it_says_so_once_and_goes_on_by_itself() {
    let world = connected(|byod| quick(byod).failure_threshold(1)).await;
    let mut live = list(&world.session("a")).watch();
    assert_eq!(next(&mut live).await.unwrap(), "the user's");
    world.at_users.status(500);
    let error = list(&world.session("a")).await.unwrap_err();
    assert!(matches!(error, Error::Status { .. }), "{error}");
    let error = next(&mut live).await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
    nothing(&mut live).await;
    world.at_users.clear();
    assert_eq!(next(&mut live).await.unwrap(), "the user's");
}

/// A value whose reading takes as long as a test wants.
struct Slow(String);

type Hook = Box<dyn FnOnce() + Send>;
static WHILE_READING: Mutex<Option<Hook>> = Mutex::new(None);

impl<'de> serde::Deserialize<'de> for Slow {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = String::deserialize(from)?;
        let hook = WHILE_READING.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
        Ok(Self(value))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_given_that_was_being_read_when_the_user_was_disconnected() {
    let world = connected(quick).await;
    // What is only looked at again is not lost for that.
    for (disconnects, expected) in [(false, "the user's"), (true, "main's")] {
        let (begun, reading) = std::sync::mpsc::channel();
        let (over, read) = std::sync::mpsc::channel();
        *WHILE_READING.lock().unwrap() = Some(Box::new(move || {
            begun.send(()).unwrap();
            read.recv().unwrap();
        }));
        let mut live = list_as::<Slow>(&world.session("a")).watch();
        let next = tokio::spawn(async move { live.next().await.unwrap().unwrap().0 });
        let reading = tokio::task::spawn_blocking(move || reading.recv());
        reading.await.unwrap().unwrap();
        match disconnects {
            true => drop(world.byod.disconnect("a").await.unwrap()),
            false => world.byod.clear_user_client("a"),
        }
        over.send(()).unwrap();
        assert_eq!(next.await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_key_that_is_refused_blocks_the_user() {
    let world = connected(|byod| {
        quick(byod).recovery_pauses(Duration::from_secs(600), Duration::from_secs(600))
    })
    .await;
    world
        .users
        .live
        .lock()
        .refused
        .insert("local|key".to_owned());
    let mut live = list(&world.session("a")).watch();
    let error = next(&mut live).await.unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
    assert!(!error.to_string().contains("local|key"), "{error}");
    nothing(&mut live).await;
    let credentials = Credentials {
        deployment_url: world.users.url.as_str().into(),
        deploy_key: "local|newkey".into(),
    };
    world
        .byod
        .rotate_credentials("a", "a", &credentials)
        .await
        .unwrap();
    assert_eq!(next(&mut live).await.unwrap(), "the user's");
    assert_eq!(
        world.users.live.lock().tokens,
        ["local|key", "local|newkey"]
    );
}

#[tokio::test]
async fn the_error_of_a_function_is_a_value() {
    let world = World::with(quick).await;
    let mut live = list(&world.session("a")).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    world.main.live.fail("notes:list", "no such list");
    let error = next(&mut live).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "query `notes:list` on localhost:{} failed: no such list",
            world.main.port
        )
    );
    world.main.live.set("notes:list", json!(7));
    let error = next(&mut live).await.unwrap_err();
    assert!(
        matches!(error, Error::Answer { executed: true, .. }),
        "{error}"
    );
    world.main.live.set("notes:list", json!("main's"));
    assert_eq!(next(&mut live).await.unwrap(), "main's");
}

#[tokio::test]
async fn without_a_socket_the_query_is_asked_for() {
    for way in Way::ALL {
        let world = World::over(way, |byod| quick(byod).live_poll(Duration::from_millis(50))).await;
        world.main.live.lock().refuses_sockets = true;
        let mut live = list(&world.session("a")).watch();
        assert_eq!(next(&mut live).await.unwrap(), "main's");
        nothing(&mut live).await;
        world
            .at_main
            .set(|request| (request.path() == "notes:list").then(|| success(json!("changed"))));
        assert_eq!(next(&mut live).await.unwrap(), "changed");
        nothing(&mut live).await;
        assert_eq!(world.main.live.lock().opened, 0);
    }
}

#[tokio::test]
async fn the_route_that_is_looked_at_more_often_puts_no_asking_off() {
    let world = World::with(|byod| {
        let byod = quick(byod).cache_ttl(Duration::from_millis(100));
        // The route is looked at every second.
        byod.live_poll(Duration::from_millis(1500))
    });
    let world = world.await;
    world.main.live.lock().refuses_sockets = true;
    let mut live = list(&world.session("a")).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    world
        .at_main
        .set(|request| (request.path() == "notes:list").then(|| success(json!("changed"))));
    assert_eq!(next(&mut live).await.unwrap(), "changed");
}

#[tokio::test]
async fn a_socket_that_is_cut_is_opened_again_and_no_value_is_given_twice() {
    let world = World::with(quick).await;
    let mut live = list(&world.session("a")).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    world.main.live.cut();
    until(|| world.main.live.lock().opened == 2).await;
    nothing(&mut live).await;
    world.main.live.cut();
    world.main.live.set("notes:list", json!("changed"));
    assert_eq!(next(&mut live).await.unwrap(), "changed");
    let connects = world.main.live.lock().connects.clone();
    let sessions = connects.iter().map(|connect| match connect {
        ClientMessage::Connect {
            session,
            connection_count,
            ..
        } => (*session, *connection_count),
        other => panic!("{other:?}"),
    });
    let sessions: Vec<_> = sessions.collect();
    assert!(
        sessions
            .iter()
            .all(|(session, _)| *session == sessions[0].0)
    );
    assert_eq!(sessions.last().unwrap().1 as usize, sessions.len() - 1);
}

/// A JWT that runs out in so many seconds; nobody here looks at its signature.
pub(crate) fn token(subject: &str, seconds: i64, id: usize) -> String {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let claims = json!({"iss": "i", "sub": subject, "iat": now, "exp": now + seconds, "jti": id});
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[tokio::test]
async fn a_token_is_replaced_before_it_runs_out() {
    let world = World::with(quick).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let session = world
        .session("a")
        .with_token(token("a", 2, 0))
        .with_token_source(move || {
            let id = count.fetch_add(1, Ordering::Relaxed) + 1;
            async move { Ok::<_, Error>(Token::from(token("a", 3600, id))) }
        });
    let mut live = list(&session).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    until(|| world.main.live.lock().tokens.len() == 2).await;
    world.main.live.set("notes:list", json!("changed"));
    assert_eq!(next(&mut live).await.unwrap(), "changed");
    assert_eq!(
        (asked.load(Ordering::Relaxed), world.main.live.lock().opened),
        (1, 1)
    );
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_and_only_by_one_of_the_same_user() {
    let world = World::with(quick).await;
    let (refused, good) = (token("a", 3600, 1), token("a", 3600, 2));
    world.main.live.lock().refused.insert(refused.clone());
    let another = good.clone();
    let session = world.session("a").with_token(refused.clone());
    let with_source = session.clone().with_token_source(move || {
        let good = good.clone();
        async move { Ok::<_, Error>(Token::from(good)) }
    });
    let mut live = list(&with_source).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    assert_eq!(world.main.live.lock().tokens, [refused.clone(), another]);

    // Somebody else's is not used.
    let refused = token("b", 3600, 1);
    world.main.live.lock().refused.insert(refused.clone());
    let session = world
        .session("b")
        .with_token(refused.clone())
        .with_token_source(|| async { Ok::<_, Error>(Token::from(token("c", 3600, 1))) });
    let mut live = list(&session).watch();
    let error = next(&mut live).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    assert!(!error.to_string().contains(&refused), "{error}");
    // Nor is it asked for with a token that is refused, however long there is no value.
    let longer = tokio::time::timeout(Duration::from_secs(4), live.next());
    assert!(longer.await.is_err());
    // Whoever comes with a better one of the same user helps all.
    let session = world.session("b").with_token(token("b", 7200, 2));
    assert_eq!(next(&mut list(&session).watch()).await.unwrap(), "main's");
    assert_eq!(next(&mut live).await.unwrap(), "main's");
}

#[tokio::test]
async fn a_user_watches_so_many_and_no_more() {
    let world = World::with(|byod| quick(byod).live_subscriptions(2)).await;
    let session = world.session("a");
    let mut lives: Vec<_> = (0..3).map(|_| list(&session).watch()).collect();
    for live in &mut lives[..2] {
        assert_eq!(next(live).await.unwrap(), "main's");
    }
    let error = next(&mut lives[2]).await.unwrap_err();
    assert!(matches!(error, Error::Busy { limit: 2, .. }), "{error}");
    assert_eq!(
        next(&mut list(&world.session("b")).watch()).await.unwrap(),
        "main's"
    );
    drop(lives.remove(0));
    assert_eq!(next(&mut lives[1]).await.unwrap(), "main's");

    // Each of those that are watched together is one, and each page.
    let other = world.session("c");
    let mut three = other.watch(vec![list(&other), list(&other), list(&other)]);
    let error = three.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Busy { limit: 2, .. }), "{error}");
    world.main.live.lock().name = "main".to_owned();
    world.main.live.set_rows("notes:rows", 0..10);
    let mut pages = rows(&other).page_size(3).pages().watch();
    for items in [3, 6] {
        assert_eq!(pages.next().await.unwrap().unwrap().items.len(), items);
        pages.load_more();
    }
    let error = pages.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Busy { limit: 2, .. }), "{error}");
    // Refused, it waits, whatever is heard of the user.
    world.byod.clear_user_client("c");
    let mut polls = 0;
    let waited = {
        let mut waiting = std::pin::pin!(pages.next());
        let counted = std::future::poll_fn(|context| {
            polls += 1;
            waiting.as_mut().poll(context)
        });
        tokio::time::timeout(Duration::from_millis(300), counted).await
    };
    assert!(waited.is_err() && polls < 50, "{polls}");
    drop(pages);
    assert_eq!(
        next(&mut list(&world.session("c")).watch()).await.unwrap(),
        "main's"
    );
}

#[tokio::test]
async fn beyond_the_sockets_there_may_be_queries_are_asked_for() {
    let world = World::with(|byod| quick(byod).live_sockets(1)).await;
    let mut first = list(&world.session("a").with_token("a")).watch();
    assert_eq!(next(&mut first).await.unwrap(), "main's");
    let mut second = list(&world.session("b").with_token("b")).watch();
    assert_eq!(next(&mut second).await.unwrap(), "main's");
    assert_eq!(world.main.live.lock().opened, 1);
    drop(first);
    // One that nothing is watched on makes room.
    let mut third = list(&world.session("c").with_token("c")).watch();
    assert_eq!(next(&mut third).await.unwrap(), "main's");
    assert_eq!(world.main.live.lock().opened, 2);
}

#[tokio::test]
async fn a_silent_socket_is_replaced() {
    let world = World::with(|byod| quick(byod).live_silence(Duration::from_millis(300))).await;
    world
        .main
        .live
        .spoil(|text| vec![Sent::Text(text), Sent::Silence]);
    let mut live = list(&world.session("a")).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    world.main.live.spoil_no_more();
    world.main.live.set("notes:list", json!("changed"));
    assert_eq!(next(&mut live).await.unwrap(), "changed");
}

#[tokio::test]
async fn what_a_socket_that_passes_nothing_does_not_tell_is_asked_for() {
    let world = World::with(quick).await;
    world.main.live.spoil(|_| vec![Sent::Silence]);
    let mut live = list(&world.session("a")).watch();
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    world
        .at_main
        .set(|request| (request.path() == "notes:list").then(|| success(json!("changed"))));
    assert_eq!(next(&mut live).await.unwrap(), "changed");
}

#[tokio::test]
async fn queries_that_are_watched_together_are_of_one_moment() {
    let world = World::with(quick).await;
    let session = world.session("a");
    let at = |moment: u32| {
        [
            ("notes:list", json!(moment.to_string())),
            ("notes:count", json!(moment)),
        ]
    };
    world.main.live.set_all(&at(0));
    let mut both = session.watch((list(&session), count(&session)));
    let mut last = 0;
    for moment in 1..200 {
        world.main.live.set_all(&at(moment));
        if moment % 50 == 0 {
            world.main.live.cut();
        }
        if moment % 7 == 0 {
            let next = tokio::time::timeout(Duration::from_secs(20), both.next()).await;
            let (text, count) = next.unwrap().unwrap().unwrap();
            assert_eq!(text, count.to_string());
            assert!(count >= last);
            last = count;
        }
    }
    while last < 199 {
        let next = tokio::time::timeout(Duration::from_secs(20), both.next()).await;
        let (text, count) = next.unwrap().unwrap().unwrap();
        assert_eq!(text, count.to_string());
        last = count;
    }
    let vec = session
        .watch(vec![list(&session), list(&session)])
        .next()
        .await;
    assert_eq!(vec.unwrap().unwrap(), ["199", "199"]);
    let other = world.session("b");
    let error = session
        .watch((list(&other),))
        .next()
        .await
        .unwrap()
        .unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
}

#[tokio::test]
async fn pages_that_are_watched_stay_contiguous() {
    let world = World::with(quick).await;
    world.main.live.lock().name = "main".to_owned();
    world.users.live.lock().name = "users".to_owned();
    world.users.live.set_rows("notes:rows", 1000..1010);
    let live = &world.main.live;
    live.set_rows("notes:rows", (1..=10).map(|row| row * 10));
    let mut pages = rows(&world.session("a")).page_size(3).pages().watch();
    macro_rules! next {
        () => {{
            let next = tokio::time::timeout(Duration::from_secs(20), pages.next());
            let loaded = next.await.expect("nothing came").unwrap().unwrap();
            (loaded.items, loaded.can_load_more)
        }};
    }
    assert_eq!(next!(), (vec![10, 20, 30], true));
    pages.load_more();
    assert_eq!(next!(), (vec![10, 20, 30, 40, 50, 60], true));
    // In the first page and in the second.
    live.set_rows("notes:rows", [5, 10, 20, 30, 40, 45, 50, 60, 70]);
    assert_eq!(next!(), (vec![5, 10, 20, 30, 40, 45, 50, 60], true));
    live.set_rows("notes:rows", [5, 60, 70]);
    assert_eq!(next!(), (vec![5, 60], true));
    // Where pages ended is known after a new socket, too.
    live.cut();
    live.set_rows("notes:rows", [5, 35, 60, 70]);
    assert_eq!(next!(), (vec![5, 35, 60], true));
    pages.load_more();
    assert_eq!(next!(), (vec![5, 35, 60, 70], false));

    let credentials = Credentials {
        deployment_url: world.users.url.as_str().into(),
        deploy_key: "local|key".into(),
    };
    world.byod.connect("a", "a", &credentials).await.unwrap();
    assert_eq!(next!(), ((1000..1009).collect(), true));
    world.byod.disconnect("a").await.unwrap();
    assert_eq!(next!(), (vec![5, 35, 60, 70], false));
    // Neither was asked with cursors of the other.
    for deployment in [&world.main, &world.users] {
        assert_eq!(deployment.live.lock().foreign_cursors, 0);
    }
}

#[tokio::test]
async fn what_another_process_changes_is_known_at_once() {
    let world = World::with(|byod| {
        let byod = quick(byod).listen_to_main(true);
        byod.cache_ttl(Duration::from_secs(3600))
    })
    .await;
    // As when it is busy.
    world
        .main
        .live
        .fail("byod/credentials:changedConfigs", "not now");
    world
        .save("a", "local|key", ConnectionStatus::Connected)
        .await;
    let session = world.session("a");
    let mut live = list(&session).watch();
    assert_eq!(next(&mut live).await.unwrap(), "the user's");
    let mut status = world.byod.watch_status("a");
    let is = |enabled: bool| {
        move |status: &byod_runtime::UserStatus| !status.loading && status.enabled == enabled
    };
    status.wait_for(is(true)).await.unwrap();

    world.change("a", "connectionStatus", json!("disconnected"));
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = now.as_millis() as f64 + 1000.0;
    world.change("a", "updatedAt", json!(now));
    let changed = json!([{"userId": "a", "updatedAt": now}]);
    world
        .main
        .live
        .set("byod/credentials:changedConfigs", changed);
    assert_eq!(next(&mut live).await.unwrap(), "main's");
    // Whoever holds on to what was seen keeps others from saying more.
    let seen = tokio::time::timeout(Duration::from_secs(20), status.wait_for(is(false)));
    assert!(seen.await.is_ok());
    // A record that is no longer told of is there no longer.
    world.change("a", "connectionStatus", json!("connected"));
    world
        .main
        .live
        .set("byod/credentials:changedConfigs", json!([]));
    assert_eq!(next(&mut live).await.unwrap(), "the user's");
    // What is known already costs nothing.
    nothing(&mut live).await;
    world.main.take_count();
    world.main.live.cut();
    nothing(&mut live).await;
    assert_eq!(world.main.take_count(), 0);
}

#[tokio::test]
async fn who_watches_a_status_alone_is_told_of_it_too() {
    let world = World::with(|byod| {
        let byod = quick(byod).listen_to_main(true);
        byod.cache_ttl(Duration::from_secs(3600))
    });
    let world = world.await;
    let changed = "byod/credentials:changedConfigs";
    world.main.live.set(changed, json!([]));
    let connected = ConnectionStatus::Connected;
    world.save("a", "local|key", connected).await;
    let mut status = world.byod.watch_status("a");
    status.wait_for(|status| status.enabled).await.unwrap();
    // Until it listens.
    until(|| !world.main.live.lock().watched.is_empty()).await;
    world.change("a", "connectionStatus", json!("disconnected"));
    let later = json!([{"userId": "a", "updatedAt": 9e15}]);
    world.main.live.set(changed, later);
    let seen = status.wait_for(|status| !status.enabled && !status.loading);
    let seen = tokio::time::timeout(Duration::from_secs(20), seen).await;
    assert!(seen.is_ok());
}

#[tokio::test]
async fn a_stream_that_nobody_polls_holds_up_nobody() {
    let world = connected(quick).await;
    let session = world.session("a");
    let mut live = list(&session).watch();
    // It has begun to read the record, for all that ask for it then.
    assert!(futures_util::FutureExt::now_or_never(live.next()).is_none());
    let call = tokio::time::timeout(Duration::from_secs(10), list(&session));
    assert_eq!(call.await.unwrap().unwrap(), "the user's");
    assert_eq!(next(&mut live).await.unwrap(), "the user's");
}

#[tokio::test]
async fn no_value_is_lost_where_the_route_is_looked_at_again() {
    let world = connected(quick).await;
    let session = world.session("a");
    let mut live = list(&session).watch();
    assert_eq!(next(&mut live).await.unwrap(), "the user's");
    for count in 0..100 {
        let value = format!("{count}");
        world.users.live.set("notes:list", json!(value));
        // It may have come already, or come meanwhile.
        tokio::time::sleep(Duration::from_micros(fastrand::u64(..2000))).await;
        world.byod.clear_user_client("a");
        assert_eq!(next(&mut live).await.unwrap(), value);
    }
}
