//! Sockets that misbehave: whatever happens to what is sent, the last value comes, and never another's.

use std::sync::Mutex;
use std::time::Duration;

use crate::support::live::{Sent, Watchable};
use crate::support::world::{World, count_as, list};
use crate::support::{success, until};
use byod_runtime::{ByodBuilder, ConnectionStatus, Error, Live};
use byod_sync::ServerMessage;
use serde_json::json;

fn quick(byod: ByodBuilder) -> ByodBuilder {
    byod.retries(0)
        .listen_to_main(false)
        .live_silence(Duration::from_millis(800))
        .live_poll(Duration::from_millis(50))
}

/// Waits for the value; any other must be one that there was.
async fn wait_for(live: &mut Live<String>, value: &str, before: &[&str]) {
    let wait = async {
        loop {
            match live.next().await.unwrap() {
                Ok(seen) if seen == value => return,
                Ok(seen) => assert!(before.contains(&&*seen), "{seen}"),
                // What asking by HTTP gave meanwhile.
                Err(error) => assert!(matches!(error, Error::Interrupted { .. }), "{error}"),
            }
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), wait);
    waited
        .await
        .unwrap_or_else(|_| panic!("`{value}` never came"));
}

fn text(text: String) -> Vec<Sent> {
    vec![Sent::Text(text)]
}

/// A transition in so many pieces.
fn pieces(whole: &str, count: usize) -> Vec<Sent> {
    let size = whole.len().div_ceil(count).max(1);
    let chunks: Vec<&[u8]> = whole.as_bytes().chunks(size).collect();
    let parts = chunks.len();
    let pieces = chunks.into_iter().enumerate().map(|(part, chunk)| {
        let chunk = ServerMessage::TransitionChunk {
            chunk: str::from_utf8(chunk).unwrap().to_owned(),
            part: part as u32,
            parts: parts as u32,
            transition: "1".to_owned(),
        };
        Sent::Text(chunk.to_text())
    });
    pieces.collect()
}

/// What becomes of messages, by their number.
type Fault = fn(usize, String) -> Vec<Sent>;

const FAULTS: &[(&str, Fault)] = &[
    ("cut at the first", |at, sent| {
        if at == 0 { vec![Sent::Cut] } else { text(sent) }
    }),
    ("cut at the second", |at, sent| {
        if at == 1 { vec![Sent::Cut] } else { text(sent) }
    }),
    ("cut at the third", |at, sent| {
        if at == 2 { vec![Sent::Cut] } else { text(sent) }
    }),
    ("cut after each", |_, sent| {
        vec![Sent::Text(sent), Sent::Cut]
    }),
    ("each twice", |_, sent| {
        vec![Sent::Text(sent.clone()), Sent::Text(sent)]
    }),
    ("every other one is lost", |at, sent| {
        if at % 2 == 1 { vec![] } else { text(sent) }
    }),
    ("the second comes before the first", {
        static FIRST: Mutex<Option<String>> = Mutex::new(None);
        |at, sent| match at {
            0 => {
                *FIRST.lock().unwrap() = Some(sent);
                vec![]
            }
            1 => {
                let first = FIRST.lock().unwrap().take();
                std::iter::once(sent).chain(first).map(Sent::Text).collect()
            }
            _ => text(sent),
        }
    }),
    ("a frame at a time", |_, sent| {
        vec![Sent::Frames(sent, 4, Duration::from_millis(100))]
    }),
    (
        "a message takes longer than nothing may come",
        |at, sent| match at {
            1 => vec![Sent::Frames(sent, 6, Duration::from_millis(200))],
            _ => text(sent),
        },
    ),
    ("in pieces", |_, sent| pieces(&sent, 7)),
    ("in pieces, slowly", |_, sent| {
        let pieces = pieces(&sent, 4).into_iter();
        pieces
            .flat_map(|piece| [piece, Sent::Wait(Duration::from_millis(100))])
            .collect()
    }),
    ("a piece is lost", |at, sent| {
        let mut pieces = pieces(&sent, 3);
        if at == 1 {
            pieces.remove(1);
        }
        pieces
    }),
    ("pieces the wrong way round", |at, sent| {
        let mut pieces = pieces(&sent, 3);
        if at == 1 {
            pieces.reverse();
        }
        pieces
    }),
    ("something else between pieces", |at, sent| {
        let mut pieces = pieces(&sent, 3);
        if at == 1 {
            pieces.insert(1, Sent::Text(sent));
        }
        pieces
    }),
    (
        "a value, and that it was never asked for",
        |at, sent| match at {
            1 => {
                let mut sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
                let changes = sent["modifications"].as_array_mut().unwrap();
                changes.push(json!({"type": "QueryRemoved", "queryId": 0}));
                text(sent.to_string())
            }
            _ => text(sent),
        },
    ),
    ("results that nobody asked for", |_, sent| {
        let mut sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
        let changes = sent["modifications"].as_array_mut().unwrap();
        for id in 100..1000 {
            changes.push(json!({"type": "QueryUpdated", "queryId": id, "value": "another's", "logLines": [], "journal": null}));
        }
        text(sent.to_string())
    }),
    ("what is no message", |at, sent| match at {
        1 => text("{\"type\": 7}".to_owned()),
        _ => text(sent),
    }),
    ("what is not known", |_, sent| {
        vec![
            Sent::Text("{\"type\": \"Later\"}".to_owned()),
            Sent::Text(sent),
        ]
    }),
    ("a fatal error", |at, sent| match at {
        1 => text("{\"type\": \"FatalError\", \"error\": \"no\"}".to_owned()),
        _ => text(sent),
    }),
    ("nothing but that it is there", |_, _| {
        let ping = || Sent::Text("{\"type\": \"Ping\"}".to_owned());
        let wait = || Sent::Wait(Duration::from_millis(100));
        (0..40).flat_map(|_| [ping(), wait()]).collect()
    }),
    ("silence after the first", |at, sent| match at {
        0 => vec![Sent::Text(sent), Sent::Silence],
        _ => text(sent),
    }),
    ("a flood", |at, sent| match at {
        1 => (0..30_000).map(|_| Sent::Ping).collect(),
        _ => text(sent),
    }),
];

#[tokio::test]
async fn whatever_happens_to_messages_the_last_value_comes() {
    let all = FAULTS.iter().map(|(name, fault)| async move {
        let world = World::with(quick).await;
        let mut at = 0;
        world.main.live.spoil(move |sent| {
            at += 1;
            fault(at - 1, sent)
        });
        // What is asked for by HTTP is the same.
        let live: Watchable = world.main.live.clone();
        world.at_main.set(move |request| {
            let is_it = request.path() == "notes:list";
            is_it.then(|| success(live.value("notes:list")))
        });
        let mut stream = list(&world.session("a")).watch();
        let values: Vec<String> = (0..6).map(|count| format!("{name} {count}")).collect();
        let mut before = vec!["main's"];
        for value in &values {
            world.main.live.set("notes:list", json!(value));
            wait_for(&mut stream, value, &before).await;
            before.push(value);
        }
        let next = tokio::time::timeout(Duration::from_millis(100), stream.next());
        assert!(next.await.is_err(), "{name}: nothing is given twice");
    });
    futures_util::future::join_all(all).await;
}

#[tokio::test]
async fn a_large_value_comes_and_one_that_is_too_large_is_an_error() {
    let world = World::with(quick).await;
    let mut live = list(&world.session("a")).watch();
    wait_for(&mut live, "main's", &[]).await;
    let large = "x".repeat((16 << 20) - 2);
    world.main.live.set("notes:list", json!(large));
    assert_eq!(live.next().await.unwrap().unwrap().len(), large.len());
    world.main.live.set("notes:list", json!(large + "y"));
    let error = live.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    world.main.live.set("notes:list", json!("small"));
    wait_for(&mut live, "small", &[]).await;
}

#[tokio::test]
async fn messages_are_no_larger_than_they_may_be() {
    let world = World::with(|byod| quick(byod).live_message_limit(10_000)).await;
    world.main.live.set("notes:list", json!("x".repeat(20_000)));
    let mut live = list(&world.session("a")).watch();
    // Asked for by HTTP, where each value has a limit of its own.
    wait_for(&mut live, "main's", &[]).await;
    until(|| world.main.live.lock().opened >= 3).await;
    world.main.live.set("notes:list", json!("small"));
    wait_for(&mut live, "small", &["main's"]).await;
}

#[tokio::test]
async fn results_of_a_users_deployment_are_no_larger_together_than_a_message() {
    let world = World::with(|byod| {
        // A socket that began anew would have all of them in one message.
        let byod = quick(byod).live_silence(Duration::from_secs(60));
        byod.live_message_limit(10_000)
    });
    let world = world.await;
    let connected = ConnectionStatus::Connected;
    world.save("a", "local|key", connected).await;
    for (user, at, by_http) in [
        ("a", &world.users, "the user's"),
        ("b", &world.main, "main's"),
    ] {
        let session = world.session(user);
        let (first, second) = ("x".repeat(6000), "y".repeat(6000));
        at.live.set("notes:list", json!(first));
        at.live.set("notes:count", json!(second));
        let mut one = list(&session).watch();
        wait_for(&mut one, &first, &[]).await;
        let mut other = count_as::<String>(&session).watch();
        match user {
            // Asked for by HTTP.
            "a" => {
                wait_for(&mut other, by_http, &[&second]).await;
                wait_for(&mut one, by_http, &[]).await;
            }
            _ => wait_for(&mut other, &second, &[]).await,
        }
        // There is room for what is left.
        drop(other);
        at.live.set("notes:list", json!("small"));
        wait_for(&mut one, "small", &[by_http]).await;
    }
}

#[tokio::test]
async fn whose_deployment_floods_is_blocked() {
    let world = World::with(|byod| quick(byod).failure_threshold(1)).await;
    let connected = ConnectionStatus::Connected;
    world.save("a", "local|key", connected).await;
    world.users.live.spoil(|sent| {
        // On a slow machine they don't come all at once.
        let flood = (0..100_000).map(|_| Sent::Ping);
        std::iter::once(Sent::Text(sent)).chain(flood).collect()
    });
    let mut live = list(&world.session("a")).watch();
    let blocked = async {
        loop {
            match live.next().await.unwrap() {
                Ok(value) => assert_eq!(value, "the user's"),
                Err(error) => return error,
            }
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(30), blocked).await;
    let error = error.unwrap();
    assert!(matches!(error, Error::Blocked { .. }), "{error}");
    let mut others = list(&world.session("b")).watch();
    wait_for(&mut others, "main's", &[]).await;
}
