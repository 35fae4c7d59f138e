//! Every fault between the service and either side, in the middle of a move: whoever asks for
//! it until it is done has all that was there, once.

use std::sync::Arc;
use std::time::Duration;

use byod_runtime::Byod;
use tokio::sync::Semaphore;

use crate::content::{everything_of, everything_there};
use crate::floods;
use crate::node::Node;
use crate::proxy::{Fault, Part, Spoiled};
use crate::service::{User, World};
use crate::{AT_ONCE, fill};

/// As they are tried for single calls.
const FAULTS: [(&str, Fault); 28] = [
    ("reset while connecting", Fault::ResetConnecting),
    ("nobody answers", Fault::HangConnecting),
    ("reset while sending", Fault::ResetSending),
    ("503 instead", Fault::Instead(unavailable)),
    ("429 instead", Fault::Instead(too_many)),
    ("401 instead", Fault::Instead(unauthorized)),
    ("another page instead", Fault::Instead(page)),
    ("reset", Fault::Answer(Spoiled::Reset(Part::Nothing))),
    (
        "reset in the head",
        Fault::Answer(Spoiled::Reset(Part::HalfOfHead)),
    ),
    (
        "reset after the head",
        Fault::Answer(Spoiled::Reset(Part::Head)),
    ),
    (
        "reset in the body",
        Fault::Answer(Spoiled::Reset(Part::HalfOfBody)),
    ),
    ("no answer", Fault::Answer(Spoiled::Hang(Part::Nothing))),
    (
        "half a head, and nothing",
        Fault::Answer(Spoiled::Hang(Part::HalfOfHead)),
    ),
    (
        "half a body, and nothing",
        Fault::Answer(Spoiled::Hang(Part::HalfOfBody)),
    ),
    ("a byte a second", Fault::Answer(Spoiled::Slow)),
    ("another answer", Fault::Answer(Spoiled::Changed(spoiled))),
    ("late", Fault::Answer(Spoiled::Late(Duration::from_secs(2)))),
    (
        "somewhere else",
        Fault::Instead(|| answer("301 Moved Permanently", "there")),
    ),
    (
        "400 instead",
        Fault::Instead(|| answer("400 Bad Request", "{}")),
    ),
    (
        "403 instead",
        Fault::Instead(|| answer("403 Forbidden", "")),
    ),
    (
        "404 instead",
        Fault::Instead(|| answer("404 Not Found", "no")),
    ),
    (
        "409 instead",
        Fault::Instead(|| answer("409 Conflict", "busy")),
    ),
    (
        "500 instead",
        Fault::Instead(|| answer("500 Internal Server Error", "oh")),
    ),
    (
        "502 instead",
        Fault::Instead(|| answer("502 Bad Gateway", "<html>")),
    ),
    ("nothing instead", Fault::Instead(|| answer("200 OK", ""))),
    (
        "other JSON instead",
        Fault::Instead(|| answer("200 OK", "{\"status\":\"success\",\"value\":\"x\"}")),
    ),
    (
        "an answer over the limit",
        Fault::Answer(Spoiled::Changed(|_| floods::huge(OVER_THE_LIMIT))),
    ),
    (
        "a bomb",
        Fault::Answer(Spoiled::Changed(|_| floods::bomb())),
    ),
];

/// More bytes than the runtime takes where nothing else is said.
const OVER_THE_LIMIT: usize = 17 << 20;

pub(crate) fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into()
}

fn unavailable() -> Vec<u8> {
    answer("503 Service Unavailable", "later")
}

fn too_many() -> Vec<u8> {
    answer("429 Too Many Requests", "later")
}

fn unauthorized() -> Vec<u8> {
    answer("401 Unauthorized", "who are you?")
}

fn page() -> Vec<u8> {
    answer("200 OK", "<html>a page</html>")
}

fn spoiled(_: &[u8]) -> Vec<u8> {
    answer("200 OK", "{\"status\":\"succ")
}

/// In front of which side, and how many calls.
const PLACES: [(bool, usize); 2] = [(true, 1), (false, 3)];

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_during_a_move_leaves_all_there_once() {
    let places = Arc::new(Semaphore::new(6));
    let mut cases = Vec::new();
    for (number, (name, fault)) in FAULTS.into_iter().enumerate() {
        for (of_main, times) in PLACES {
            let places = places.clone();
            let seed = 2 * number + usize::from(of_main);
            cases.push(tokio::spawn(async move {
                let _place = places.acquire().await.unwrap();
                let side = ["the user's deployment", "main"][usize::from(of_main)];
                in_and_out(&format!("{name}, of {side}"), fault, of_main, times, seed).await
            }));
        }
    }
    let mut struck = 0;
    for case in cases {
        struck += case.await.unwrap();
    }
    println!("{struck} faults in {} moves", 4 * FAULTS.len());
    // A few come after the end of a move that was quick.
    assert!(struck > 2 * FAULTS.len() || Node::get().is_none());
}

/// How many faults there were.
async fn in_and_out(name: &str, fault: Fault, of_main: bool, times: usize, seed: usize) -> usize {
    let Some(world) = World::start().await else {
        return 0;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 12, 0).await;
    let hers = everything_of(&world, &alice.id).await;
    alice.prepare(&world.byod).await;
    let mut struck = 0;
    for way_in in [true, false] {
        let proxy = match of_main {
            true => &world.proxy,
            false => &alice.proxy,
        };
        let from = proxy.calls() + 1 + (seed * 11 + usize::from(way_in) * 5) % 29;
        let strike = async {
            while proxy.calls() < from {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            proxy.strike_times(fault, times);
            struck += times;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = moved(name, &world.byod, &alice, way_in) => {}
            () = strike => {}
        }
        proxy.heal();
        let (here, there) = (
            everything_of(&world, &alice.id).await,
            everything_there(&alice).await,
        );
        let (full, empty) = match way_in {
            true => (there, here),
            false => (here, there),
        };
        assert_eq!(full, hers, "{name}, in: {way_in}");
        assert!(empty.is_empty(), "{name}, in: {way_in}: {empty:#?}");
        let status = world.byod.status(&*alice.id).await.unwrap();
        assert_eq!(status.record.unwrap().moving, None, "{name}");
    }
    struck
}

/// Asks for it until it is done.
pub(crate) async fn moved(name: &str, byod: &Byod, alice: &User, way_in: bool) {
    let mut said = Vec::new();
    while said.len() < 20 {
        let moved = match way_in {
            true => byod.move_in(&*alice.id, &*alice.subject),
            false => byod.move_out(&*alice.id, &*alice.subject),
        };
        match moved.keep(AT_ONCE).await {
            Ok(_) => return,
            Err(error) => said.push(error.to_string()),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{name}: {said:#?}");
}
