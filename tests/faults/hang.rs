//! A deployment that hangs holds up nobody but its user.

use std::sync::Arc;
use std::time::{Duration, Instant};

use byod_runtime::Error;

use super::rows::Place;
use super::world::{Kind, TIMEOUT, User, World};
use crate::support::proxy::Fault::HangConnecting;
use crate::support::way::Way;

/// Far beyond what the calls take, and far below what waiting in a line would.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn one_deployment_of_ten_hangs() {
    for way in Way::ALL {
        one_deployment_of_ten_hangs_over(way).await;
    }
}

async fn one_deployment_of_ten_hangs_over(way: Way) {
    let world = Arc::new(World::start(way).await);
    let mut others = Vec::new();
    for number in 0..9 {
        let user = world.user(&format!("works {number}"), Place::Sound).await;
        others.push(Arc::new(user));
    }
    let stuck = world.user("hangs", Place::Proxy(HangConnecting)).await;
    let stuck = Arc::new(stuck);

    let call = |user: &Arc<User>| {
        let (world, user) = (world.clone(), user.clone());
        tokio::spawn(async move { world.call(&user, Kind::Query).await })
    };
    // Of these, 64 are under way and 64 wait: the defaults.
    let held: Vec<_> = (0..200).map(|_| call(&stuck)).collect();
    let begin = Instant::now();
    while stuck.sent() < Some(64) {
        assert!(begin.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let begin = Instant::now();
    for _ in 0..10 {
        let calls: Vec<_> = others.iter().map(call).collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
    }
    assert!(begin.elapsed() < LONG, "{:?}", begin.elapsed());
    // Those that have ended may not have been noticed yet.
    assert!(stuck.open_connections() <= 128);

    let begin = Instant::now();
    let mut busy = 0;
    for call in held {
        match call.await.unwrap().unwrap_err() {
            Error::Busy { limit: 64, .. } => busy += 1,
            Error::Timeout { .. } | Error::Blocked { .. } => {}
            error => panic!("{error:?}"),
        }
    }
    assert!(begin.elapsed() < TIMEOUT + LONG);
    assert!(busy >= 72, "only {busy} were turned away");
}
