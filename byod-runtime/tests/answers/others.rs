//! What attackers cost the other users of a service.

use std::time::{Duration, Instant};

use byod_runtime::{ConnectionStatus, Credentials, Error};

use crate::alone;
use crate::hostile::{DATA, END_HEADERS, END_STREAM, HEADERS, Hostile, Over, Sends, frame};
use crate::support::until;
use crate::support::world::{World, list};

const BODY: &[u8] = br#"{"status":"success","value":"ok","logLines":[]}"#;

/// How many attackers are tried, and how many times as long as without any the calls of
/// others may take then, in the middle; and what a busy machine may add.
const ATTACKERS: [usize; 3] = [0, 1, 10];
const MULTIPLE: u32 = 4;
const BUSY: Duration = Duration::from_millis(25);

/// The longest that a call of another user may take beside them.
const LONGEST: Duration = Duration::from_secs(2);

fn answer(over: Over) -> Vec<u8> {
    match over {
        Over::Http1 | Over::Tls => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", BODY.len());
            [head.as_bytes(), BODY].concat()
        }
        Over::Http2 => {
            let head = frame(HEADERS, END_HEADERS, 1, b"\x88");
            [head, frame(DATA, END_STREAM, 1, BODY)].concat()
        }
    }
}

/// Answers, and then floods.
fn answers_and_floods(over: Over) -> Hostile {
    let then = match over {
        Over::Http1 | Over::Tls => answer(over).repeat(200),
        Over::Http2 => frame(3, 0, 1, &[0, 0, 0, 8]).repeat(2000),
    };
    let first = answer(over);
    Hostile::start(over, Sends::After { first, then })
}

/// Floods instead of an answer.
fn floods(over: Over) -> Hostile {
    let (first, then) = match over {
        Over::Http1 | Over::Tls => (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
            b"1\r\n \r\n".repeat(5000),
        ),
        Over::Http2 => (
            frame(HEADERS, END_HEADERS, 1, b"\x88"),
            frame(DATA, 0, 1, &[]).repeat(2000),
        ),
    };
    Hostile::start(over, Sends::Flood { first, then })
}

/// A service, one good user, and one on each of the hostile deployments.
pub(crate) async fn world(hostile: &[Hostile]) -> World {
    let world = World::with(|byod| {
        let byod = byod
            .retries(0)
            .recovery_pauses(Duration::from_secs(600), Duration::from_secs(600));
        hostile
            .iter()
            .filter_map(|it| it.pem.as_deref())
            .fold(byod, |byod, pem| byod.root_certificate(pem))
    })
    .await;
    world
        .save("good", "prod:g|key", ConnectionStatus::Connected)
        .await;
    for (number, hostile) in hostile.iter().enumerate() {
        let credentials = Credentials {
            deployment_url: hostile.url.clone(),
            deploy_key: "prod:x|geheim".into(),
        };
        let user = format!("evil {number}");
        let saved = world
            .byod
            .save_credentials(&*user, &credentials, ConnectionStatus::Connected);
        saved.await.unwrap();
    }
    world
}

/// With no other test beside it.
fn run(test: impl Future<Output = ()>) {
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
}

const ALL: [Over; 3] = [Over::Http1, Over::Tls, Over::Http2];

#[test]
fn who_floods_is_blocked() {
    for over in ALL {
        run(floods_until_blocked(over, floods(over)));
        run(floods_until_blocked(over, answers_and_floods(over)));
    }
    // A byte is enough, where none is due.
    let first = answer(Over::Http1);
    let then = b" ".to_vec();
    let speaks = Hostile::start(Over::Http1, Sends::After { first, then });
    run(floods_until_blocked(Over::Http1, speaks));
}

/// So some servers end a connection that isn't used, and it is one like any other end.
#[test]
fn who_says_that_no_request_came_is_not_blocked() {
    run(async {
        let first = answer(Over::Http1);
        let then = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n".to_vec();
        let hostile = [Hostile::start(Over::Http1, Sends::After { first, then })];
        let world = world(&hostile).await;
        for _ in 0..12 {
            assert_eq!(list(&world.session("evil 0")).await.unwrap(), "ok");
            until(|| hostile[0].is_closed()).await;
        }
    });
}

#[test]
fn one_attacker_and_ten_cost_the_others_nothing() {
    for over in ALL {
        run(calls_beside_attackers(over, floods));
        run(calls_beside_attackers(over, answers_and_floods));
    }
}

async fn floods_until_blocked(over: Over, hostile: Hostile) {
    let hostile = [hostile];
    let world = world(&hostile).await;
    let session = world.session("evil 0");
    let mut calls = 0;
    let error = loop {
        // Each is answered on a connection of its own, as the one before is closed.
        match list(&session).await {
            Ok(value) => assert_eq!(value, "ok"),
            Err(error @ Error::Blocked { .. }) => break error,
            Err(error) => assert!(matches!(error, Error::Interrupted { .. }), "{error:?}"),
        }
        calls += 1;
        assert!(calls < 50, "{over:?}: never blocked");
        until(|| hostile[0].is_closed()).await;
    };
    let Error::Blocked { reason, .. } = &error else {
        panic!("{over:?}: {error:?}")
    };
    // By its floods, or by the calls that they cut off; HTTP/2's client sees some itself.
    let reasons = [
        "sends more than it is asked for",
        "sent more than it was asked for",
        "excessive load",
    ];
    assert!(
        reasons.iter().any(|it| reason.contains(it)),
        "{over:?}: {reason}"
    );
    until(|| world.field("evil 0", "connectionStatus") == "error").await;
    list(&world.session("good")).await.unwrap();
    println!("over {over:?}: blocked after {calls} calls");
}

/// What calls of another user take.
struct Took(Vec<Duration>);

impl Took {
    fn middle(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    fn worst(&self) -> Duration {
        self.0[self.0.len() - 1]
    }
}

async fn calls_beside_attackers(over: Over, attacker: fn(Over) -> Hostile) {
    let mut took = Vec::new();
    for attackers in ATTACKERS {
        took.push(calls_beside(attackers, over, attacker).await);
    }
    let [none, one, ten] = &took[..] else {
        panic!()
    };
    println!(
        "other users: over {over:?}, a call took {:?} with no attacker, {:?} beside one, {:?} beside ten (at worst {:?})",
        none.middle(),
        one.middle(),
        ten.middle(),
        ten.worst()
    );
    for took in [one, ten] {
        let most = none.middle() * MULTIPLE + BUSY;
        assert!(
            took.middle() < most && took.worst() < LONGEST,
            "{:?}",
            took.0
        );
    }
}

async fn calls_beside(attackers: usize, over: Over, attacker: fn(Over) -> Hostile) -> Took {
    let hostile: Vec<_> = (0..attackers).map(|_| attacker(over)).collect();
    let world = world(&hostile).await;
    list(&world.session("good")).await.unwrap();
    let end = Instant::now() + Duration::from_millis(1500);
    let attacks: Vec<_> = (0..attackers)
        .map(|number| {
            let session = world.session(&format!("evil {number}"));
            tokio::spawn(async move {
                while Instant::now() < end {
                    let _ = list(&session).await;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
        })
        .collect();
    let mut took = Vec::new();
    while Instant::now() < end {
        let begin = Instant::now();
        list(&world.session("good")).await.unwrap();
        took.push(begin.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for attack in attacks {
        attack.await.unwrap();
    }
    assert_eq!(world.field("good", "connectionStatus"), "connected");
    took.sort();
    Took(took)
}
