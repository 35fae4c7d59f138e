//! Calls of many tasks, connects, tests and disconnects of one process at random, over
//! sockets: once a disconnect has returned, no call that begins reaches the user's
//! deployment until the user connects again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use byod_local::Local;
use byod_runtime::{Byod, FunctionType};
use serde_json::{Value, json};

use super::rounds;
use super::world::{self, Seals, manifest, process};

const USER: &str = "u";
const CALLERS: usize = 8;

/// When calls began, by their numbers.
type Begun = Arc<Mutex<Vec<Instant>>>;

/// Calls without a pause, or with a short one, until it is over.
async fn call(byod: Byod, begun: Begun, is_over: Arc<AtomicBool>, pause: Option<Duration>) {
    while !is_over.load(Ordering::Relaxed) {
        let number = {
            let mut begun = begun.lock().unwrap();
            begun.push(Instant::now());
            begun.len() - 1
        };
        let routed = byod.client_for_table("notes", USER, FunctionType::Query);
        if let Ok(client) = routed.await {
            // Main hasn't the function, and a deployment that is left may fail.
            let args = json!({"number": number as f64});
            let _: Result<Value, _> = client.client.query("notes:list", &args).await;
        }
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => tokio::task::yield_now().await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_that_begins_after_a_disconnect_reaches_the_deployment() {
    let main = world::main().await;
    let list = json!({
        "functionType": "Query",
        "visibility": {"kind": "internal"},
        "args": {"type": "object", "value": {"number": {"fieldType": {"type": "number"}, "optional": false}}},
        "returns": {"type": "null"},
    });
    let reached: Arc<Mutex<Vec<(usize, Instant)>>> = Arc::default();
    let seen = reached.clone();
    let mut project = manifest(&json!({"notes:list": list}));
    project.user = Some(project.main.clone());
    let own = Local::user(&project)
        .name("own")
        .function("notes:list", move |_, args| {
            let number = args.number("number").unwrap() as usize;
            seen.lock().unwrap().push((number, Instant::now()));
            Ok(())
        });
    let own = own.start().await.unwrap();
    let byod = process(&main.url(), &main, Seals::Old).build().unwrap();
    let (begun, is_over) = (Begun::default(), Arc::new(AtomicBool::new(false)));
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| {
            let pause = (number % 2 == 1).then_some(Duration::from_micros(300));
            tokio::spawn(call(byod.clone(), begun.clone(), is_over.clone(), pause))
        })
        .collect();
    // From the return of a disconnect to the next connect.
    let mut without = Vec::new();
    for round in 0..rounds(60) as u64 {
        let credentials = world::credentials(&own);
        byod.connect(USER, USER, &credentials).await.unwrap();
        let (tests, reads) = (byod.clone(), byod.clone());
        let others = (
            tokio::spawn(async move { tests.test_connection(USER).await.map(drop) }),
            tokio::spawn(async move { reads.status(USER).await.map(drop) }),
        );
        tokio::time::sleep(Duration::from_micros(round * 731 % 20_000)).await;
        byod.disconnect(USER).await.unwrap();
        let returned = Instant::now();
        others.0.await.unwrap().unwrap();
        others.1.await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        without.push((returned, Instant::now()));
    }
    is_over.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    let (begun, reached) = (begun.lock().unwrap(), reached.lock().unwrap());
    let wrong = reached.iter().filter(|(number, at)| {
        let mut windows = without.iter();
        windows.any(|(from, to)| begun[*number] >= *from && at <= to)
    });
    let wrong = wrong.count();
    println!(
        "disconnects amid calls {}, of {} calls reached the deployment {}, begun after one {wrong}",
        without.len(),
        begun.len(),
        reached.len()
    );
    assert!(reached.len() > without.len(), "nobody called");
    assert_eq!(wrong, 0);
}
