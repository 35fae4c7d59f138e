//! A user's calls reach no deployment of another user, and none that was given up.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::world::{World, create, list, pages, thrown};
use crate::support::{Reply, Request, success, until};
use byod_runtime::{ConnectionStatus, Credentials, Error, FunctionType, Outcome, Session};
use serde_json::{Value, json};

const CONNECTED: ConnectionStatus = ConnectionStatus::Connected;

fn reads_record(request: &Request) -> bool {
    request.path() == "byod/credentials:getConfigInternal"
}

/// The deployment of all users says with which key it was called.
fn echo_keys(world: &World) {
    world.at_users.set(|request| match request.path() {
        "functions:ping" => None,
        path if path.starts_with("byod/claim:") => None,
        _ => Some(success(json!(request.headers["authorization"]))),
    });
}

/// Main answers the next query for a record as it stands now, but late.
fn delay_next_record(world: &World, delay: Duration) {
    let record = world.records.lock().unwrap()[0].clone();
    let delayed = AtomicBool::new(false);
    world.at_main.set(move |request| {
        let first = reads_record(request) && !delayed.swap(true, Ordering::SeqCst);
        first.then(|| Reply::Later(delay, Box::new(success(record.clone()))))
    });
}

#[tokio::test]
async fn a_disconnect_is_final_though_a_record_was_being_read() {
    let world = Arc::new(World::new().await);
    world.save("a", "local|key", CONNECTED).await;
    delay_next_record(&world, Duration::from_millis(400));
    let session = world.session("a");
    let before = tokio::spawn(async move { list(&session).await });
    let asked = world.main.clone();
    until(|| asked.requests().iter().any(reads_record)).await;

    world.byod.disconnect("a").await.unwrap();
    let session = world.session("a");
    assert_eq!(list(&session).await.unwrap(), "main's");
    assert_eq!(world.users.take_count(), 0);
    // It had begun before, so it may go where the user was.
    before.await.unwrap().unwrap();
    world.users.take_count();
    // What it found stays with it.
    assert_eq!(list(&session).await.unwrap(), "main's");
    assert_eq!(world.users.take_count(), 0);
}

#[tokio::test]
async fn what_was_made_before_a_disconnect_goes_to_main_after_it() {
    let world = World::new().await;
    world.save("a", "local|key", CONNECTED).await;
    let session = world.session("a");
    assert_eq!(list(&session).await.unwrap(), "the user's");
    let (query, mutation) = (list(&session), create(&session));
    let batch = session.batch((list(&session), list(&session)));
    world.users.take_count();

    world.byod.disconnect("a").await.unwrap();
    world.at_main.set(|request| {
        let batch = request.line.contains("query_batch");
        let result = json!({"status": "success", "value": "main's", "logLines": []});
        let results = json!({"results": [result, result]});
        batch.then(|| Reply::Status(200, results.to_string()))
    });
    assert_eq!(query.await.unwrap(), "main's");
    assert_eq!(mutation.await.unwrap(), "main's");
    let both = ("main's".to_owned(), "main's".to_owned());
    assert_eq!(batch.await.unwrap(), both);
    assert_eq!(world.users.take_count(), 0);
}

#[tokio::test]
async fn a_route_that_was_given_up_is_not_used_while_main_fails() {
    // Every call reads the record, and goes on with what it knows if main fails.
    let world = World::with(|byod| byod.cache_ttl(Duration::ZERO).retries(0)).await;
    world.save("a", "local|key", CONNECTED).await;
    let session = world.session("a");
    assert_eq!(list(&session).await.unwrap(), "the user's");
    world.at_main.status(503);
    assert_eq!(list(&session).await.unwrap(), "the user's");
    world.at_main.clear();

    world.byod.disconnect("a").await.unwrap();
    world.users.take_count();
    world.at_main.status(503);
    for _ in 0..3 {
        let error = list(&session).await.unwrap_err();
        assert!(matches!(error, Error::Record { .. }), "{error}");
    }
    assert_eq!(world.users.take_count(), 0);
}

#[tokio::test]
async fn a_blocked_deployment_is_tried_no_more_after_a_disconnect() {
    let pause = Duration::from_millis(5);
    let world = World::with(|byod| byod.recovery_pauses(pause, pause).retries(0)).await;
    world.save("a", "local|key", CONNECTED).await;
    let session = world.session("a");
    world.at_users.status(401);
    assert!(list(&session).await.is_err());
    let _watching = world.byod.watch_status("a");
    // It is being tried.
    until(|| world.users.requests().len() > 3).await;

    world.byod.disconnect("a").await.unwrap();
    // What was sent before may be read later.
    tokio::time::sleep(20 * pause).await;
    world.users.take_count();
    assert_eq!(list(&session).await.unwrap(), "main's");
    tokio::time::sleep(20 * pause).await;
    assert_eq!(world.users.take_count(), 0);
    assert_eq!(world.field("a", "connectionStatus"), "disconnected");
}

#[tokio::test]
async fn a_disconnect_that_nobody_waits_for_is_carried_out() {
    let world = World::new().await;
    world.save("a", "local|key", CONNECTED).await;
    let session = world.session("a");
    assert_eq!(list(&session).await.unwrap(), "the user's");
    world.main.take_count();
    let byod = world.byod.clone();
    let request = tokio::spawn(async move { byod.disconnect("a").await });
    until(|| !world.main.requests().is_empty()).await;
    request.abort();
    until(|| world.field("a", "connectionStatus") == "disconnected").await;
    for _ in 0..400 {
        if list(&session).await.unwrap() == "main's" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the route is still used");
}

/// What a user's calls may reach: the states that the record has had, of which the
/// first ones are given up.
#[derive(Default)]
struct History(Mutex<(Vec<String>, usize)>);

impl History {
    /// To be called before the record becomes so.
    fn becomes(&self, state: &str) {
        self.0.lock().unwrap().0.push(state.to_owned());
    }

    /// To be called when the change has returned.
    fn is_over(&self) {
        let mut history = self.0.lock().unwrap();
        history.1 = history.0.len() - 1;
    }

    fn begin(&self) -> usize {
        self.0.lock().unwrap().1
    }

    fn allows(&self, from: usize, state: &str) -> bool {
        self.0.lock().unwrap().0[from..]
            .iter()
            .any(|allowed| allowed == state)
    }
}

/// Calls without a pause, and checks each.
async fn call_on(session: Session, history: Arc<History>, stop: Arc<AtomicBool>) -> usize {
    let mut calls = 0;
    while !stop.load(Ordering::SeqCst) {
        let from = history.begin();
        let reached = list(&session).await.unwrap();
        assert!(
            history.allows(from, &reached),
            "{session:?} reached {reached}, which was given up before"
        );
        calls += 1;
    }
    calls
}

/// Users call all the time, while the record of each is changed again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_at_the_same_time_reach_what_is_left_to_their_user() {
    // Short, so that routes are renewed while they are dropped.
    let ttl = Duration::from_millis(1);
    let world = World::with(|byod| byod.cache_ttl(ttl)).await;
    echo_keys(&world);
    let stop = Arc::new(AtomicBool::new(false));
    let mut calling = Vec::new();
    let mut changing = Vec::new();
    for user in ["a", "b", "a:b"] {
        let history = Arc::new(History::default());
        history.becomes("main's");
        for _ in 0..3 {
            let (history, stop) = (history.clone(), stop.clone());
            calling.push(tokio::spawn(call_on(world.session(user), history, stop)));
        }
        let (byod, url) = (world.byod.clone(), world.users.url.clone());
        changing.push(tokio::spawn(async move {
            let credentials = |key: &str| Credentials {
                deployment_url: url.clone(),
                deploy_key: key.into(),
            };
            for round in 0..12 {
                let (old, new) = (format!("{user}|{round}"), format!("{user}|{round}x"));
                history.becomes(&format!("Convex {old}"));
                let old = credentials(&old);
                byod.save_credentials(user, &old, CONNECTED).await.unwrap();
                history.is_over();
                history.becomes(&format!("Convex {new}"));
                let test = byod
                    .rotate_credentials(user, user, &credentials(&new))
                    .await;
                assert_eq!(test.unwrap().problem, None);
                history.is_over();
                history.becomes("main's");
                byod.disconnect(user).await.unwrap();
                history.is_over();
            }
        }));
    }
    for change in changing {
        change.await.unwrap();
    }
    stop.store(true, Ordering::SeqCst);
    let mut calls = 0;
    for call in calling {
        calls += call.await.unwrap();
    }
    assert!(calls > 100, "{calls} calls are too few to find anything");
}

#[tokio::test]
async fn another_users_record_is_not_used() {
    let world = World::new().await;
    world.save("a", "local|as", CONNECTED).await;
    // A main whose function ignores whom it is asked for.
    let record = world.records.lock().unwrap()[0].clone();
    world
        .at_main
        .set(move |request| reads_record(request).then(|| success(record.clone())));
    let error = list(&world.session("b")).await.unwrap_err();
    assert!(
        error.to_string().contains("the record of another user"),
        "{error}"
    );
    let error = world.byod.user_credentials("b").await.unwrap_err();
    assert!(matches!(error, Error::Config { .. }), "{error}");
    assert!(world.byod.disconnect("b").await.is_err());
    assert_eq!(world.field("a", "connectionStatus"), "connected");
    assert_eq!(world.users.take_count(), 0);
    assert_eq!(list(&world.session("a")).await.unwrap(), "the user's");
}

#[tokio::test]
async fn a_user_who_can_be_nobody_is_an_error_before_anything_is_sent() {
    let world = World::new().await;
    let long = "x".repeat(1 << 20);
    for nobody in ["", " ", "\n", &*long] {
        let refused = |error: Error| {
            let text = error.to_string();
            assert!(matches!(error, Error::Argument { .. }), "{text}");
            assert!(
                text.contains("is empty") || text.contains("more than 1024"),
                "{text}"
            );
            assert!(text.len() < 300);
            assert_eq!(error.outcome(), Outcome::NotExecuted);
        };
        let byod = &world.byod;
        refused(list(&byod.session(nobody, "subject")).await.unwrap_err());
        refused(list(&byod.session("user", nobody)).await.unwrap_err());
        let session = byod.session(nobody, "subject");
        refused(session.batch((list(&session),)).await.unwrap_err());
        for table in ["users", "notes"] {
            let client = byod.client_for_table(table, nobody, FunctionType::Query);
            refused(client.await.map(drop).unwrap_err());
        }
        refused(byod.status(nobody).await.unwrap_err());
        refused(byod.user_record(nobody).await.unwrap_err());
        refused(byod.disconnect(nobody).await.unwrap_err());
        refused(byod.test_connection(nobody).await.unwrap_err());
        let url = world.users.url.clone();
        refused(
            byod.connect(nobody, nobody, &Credentials::new(url, "local|key"))
                .await
                .unwrap_err(),
        );
        byod.clear_user_client(nobody);
        let shown = format!("{:?}", byod.session(nobody, nobody));
        assert!(shown.len() < 600, "{} bytes", shown.len());
    }
    assert_eq!(world.cost(), (0, 0));
}

#[tokio::test]
async fn a_stream_that_began_before_a_disconnect_asks_for_no_other_page() {
    let world = World::new().await;
    world.save("a", "local|key", CONNECTED).await;
    world.at_users.set(|_| {
        let page = json!({"page": ["x", "y"], "isDone": false, "continueCursor": "next"});
        Some(success(page))
    });
    let mut items = pages(&world.session("a")).items();
    assert_eq!(items.next().await.unwrap().unwrap(), "x");
    world.byod.disconnect("a").await.unwrap();
    // This one is here already.
    assert_eq!(items.next().await.unwrap().unwrap(), "y");
    let error = items.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::DeploymentChanged { .. }), "{error}");
    assert!(items.next().await.is_none());
    assert_eq!(world.users.take_count(), 1);
}

/// A call that has begun keeps its deployment, retries included.
#[tokio::test]
async fn a_call_under_way_ends_where_it_began() {
    let world = World::new().await;
    world.save("a", "local|key", CONNECTED).await;
    let session = world.session("a");
    assert_eq!(list(&session).await.unwrap(), "the user's");
    let attempts = AtomicUsize::new(0);
    world
        .at_users
        .set(move |_| match attempts.fetch_add(1, Ordering::SeqCst) {
            0 => Some(Reply::Later(
                Duration::from_millis(200),
                Box::new(Reply::Status(503, String::new())),
            )),
            _ => None,
        });
    world.users.take_count();
    let users = world.users.clone();
    let call = tokio::spawn({
        let session = session.clone();
        async move { list(&session).await }
    });
    until(|| !users.requests().is_empty()).await;
    world.byod.disconnect("a").await.unwrap();
    assert_eq!(list(&session).await.unwrap(), "main's");
    assert_eq!(call.await.unwrap().unwrap(), "the user's");
}

#[tokio::test]
async fn a_failure_while_disconnecting_leaves_no_route_either() {
    let world = World::with(|byod| byod.retries(0)).await;
    world.save("a", "local|key", CONNECTED).await;
    let session = world.session("a");
    assert_eq!(list(&session).await.unwrap(), "the user's");
    world.at_main.set(|request| {
        let updates = request.path() == "byod/credentials:updateConfig";
        updates.then(|| thrown("no"))
    });
    assert!(world.byod.disconnect("a").await.is_err());
    world.at_main.clear();
    world.change("a", "connectionStatus", Value::from("disconnected"));
    assert_eq!(list(&session).await.unwrap(), "main's");
}
