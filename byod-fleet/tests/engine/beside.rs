//! What stands in the way of one keeps nobody else from it.

use std::sync::{Arc, Mutex};

use byod_fleet::{Begun, Bundles, Engine, Keep, MaxFailures, Order, Waves};
use byod_local::PushFault;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::server::Server;
use crate::support::{Fleet, bundle};
use crate::workers::{Told, Workers, folder};

const VERSION: u64 = 7;

/// Two records of one user, say, which is for somebody to see to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_record_that_main_cannot_give_ends_no_roll_out() {
    let Some(server) = Server::start("record") else {
        return;
    };
    let fleet = Fleet::with_a_record_that_main_cannot_give().await;
    let bundles = folder("record");
    let told = Told::of(&fleet, &server.identity_key, &bundles);
    let workers = Workers::start(told, 1).await;
    server.register(workers.port);
    let engine = Engine::at(&server.url()).unwrap();
    let digest = Bundles::in_folder(&bundles).unwrap().put(&bundle(VERSION));
    let limit = MaxFailures::Count(0);
    let order = Order::of(digest.unwrap(), VERSION, Waves::all(), limit);
    let begun = engine.begin(&order).await.unwrap();
    let round = engine.follow(&begun, |_| {}).await.unwrap();
    let report = round.rolled_out.unwrap();
    let counts = report.waves[0].counts;
    assert_eq!((counts.pushed, counts.still_failing), (2, 1), "{report:?}");
    assert_eq!((report.stopped, report.is_done()), (None, false));
    let [failure] = &report.failures[..] else {
        panic!("{report:?}")
    };
    assert_eq!(
        (&*failure.user_id, &*failure.problem.kind),
        ("user 1", "record")
    );
    std::fs::remove_dir_all(bundles).unwrap();
}

/// A round of those that go on leaves alone who has failed; who asks for all is not told that this was all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_all_waits_for_a_round_and_gets_all() {
    let Some(server) = Server::start("round") else {
        return;
    };
    let mut fleet = Fleet::start(2).await;
    let bundles = folder("round");
    let told = Told::of(&fleet, &server.identity_key, &bundles);
    let workers = Workers::start(told, 1).await;
    server.register(workers.port);
    let engine = Engine::at(&server.url()).unwrap();
    let digest = Bundles::in_folder(&bundles).unwrap().put(&bundle(VERSION));
    let digest = digest.unwrap();
    let all = Order::of(digest, VERSION, Waves::all(), MaxFailures::Count(9));
    let goes_on = all.clone().keep(Keep::default());
    fleet.users[0]
        .deployment
        .fail_pushes(PushFault::FailsToFinish, 1);
    let begun = engine.begin(&goes_on).await.unwrap();
    let round = engine.follow(&begun, |_| {}).await.unwrap();
    assert_eq!((round.resting, fleet.users[1].finished()), (1, 1));

    // The next one is for somebody who came later, and takes a while.
    fleet.add("late").await;
    let building = std::time::Duration::from_secs(3);
    fleet.users[2].deployment.set_index_building(building);
    let begun = engine.begin(&goes_on).await.unwrap();
    assert!(begun.order.keep.is_some());
    let mut waited = Vec::new();
    let waiting = |round: &Begun| waited.push(round.key.clone());
    let mine = engine.begin_with_all(&all, waiting).await.unwrap();
    assert_ne!(mine.key, begun.key);
    assert_eq!((&mine.order, waited.first()), (&all, Some(&begun.key)));
    let round = engine.follow(&mine, |_| {}).await;
    let report = round.unwrap().rolled_out.unwrap();
    assert!(report.is_done(), "{report:?}");
    for user in &fleet.users {
        assert_eq!(user.finished(), 1, "{}", user.id);
    }
    std::fs::remove_dir_all(bundles).unwrap();
}

/// A balancer before the engine that fails for a moment says nothing of a roll-out: that one goes on, and is followed.
#[tokio::test]
async fn a_proxys_answer_ends_no_roll_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let keeps = asked.clone();
    tokio::spawn(async move {
        let mut failing = ["500 Internal Server Error", "408 Request Timeout"].into_iter();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).await.unwrap();
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            let line = head.lines().next().unwrap_or_default().to_owned();
            let round = r#"{"schemaVersion": 7, "rolledOut": null, "tested": 3, "failing": 0, "resting": 0, "untested": null}"#;
            let (status, body) = match line.contains("/output") {
                true => failing
                    .next()
                    .map_or(("200 OK", round), |status| (status, "<html>")),
                false => ("200 OK", "null"),
            };
            keeps.lock().unwrap().push(line);
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let bundles = folder("proxy");
    let digest = Bundles::in_folder(&bundles).unwrap().put(&bundle(VERSION));
    std::fs::remove_dir_all(bundles).unwrap();
    let order = Order::of(
        digest.unwrap(),
        VERSION,
        Waves::all(),
        MaxFailures::Count(0),
    );
    let begun = json!({"key": "1-version-7", "order": order});
    let begun: Begun = serde_json::from_value(begun).unwrap();
    let engine = Engine::at(&url).unwrap();
    let round = engine.follow(&begun, |_| {}).await.unwrap();
    assert_eq!(round.tested, 3);
    let asked = asked.lock().unwrap();
    let outputs = asked.iter().filter(|line| line.contains("/output"));
    assert_eq!(outputs.count(), 3);
    assert!(
        !asked.iter().any(|line| line.contains("/ended")),
        "{asked:?}"
    );
}
