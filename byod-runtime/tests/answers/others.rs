//! What attackers cost the other users of a service.

use std::time::{Duration, Instant};

use byod_runtime::{ConnectionStatus, Credentials, Error};

use crate::alone;
use crate::hostile::{DATA, END_HEADERS, END_STREAM, HEADERS, Hostile, Over, Sends, frame};
use crate::support::until;
use crate::support::world::{World, list};

const BODY: &[u8] = br#"{"status":"success","value":"ok","logLines":[]}"#;

fn answer() -> Vec<u8> {
    let head = frame(HEADERS, END_HEADERS, 1, b"\x88");
    [head, frame(DATA, END_STREAM, 1, BODY)].concat()
}

/// Answers, and then floods.
fn answers_and_floods() -> Hostile {
    let then = frame(3, 0, 1, &[0, 0, 0, 8]).repeat(2000);
    Hostile::start(
        Over::Http2,
        Sends::After {
            first: answer(),
            then,
        },
    )
}

async fn world(hostile: &[Hostile]) -> World {
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

#[test]
fn who_answers_and_then_floods_is_blocked() {
    run(floods_until_blocked());
}

#[test]
fn one_attacker_and_ten_cost_the_others_nothing() {
    run(calls_beside_attackers());
}

async fn floods_until_blocked() {
    let hostile = [answers_and_floods()];
    let world = world(&hostile).await;
    let session = world.session("evil 0");
    let mut calls = 0;
    let error = loop {
        // Each is answered on a connection of its own, as the one before is closed.
        match list(&session).await {
            Ok(value) => assert_eq!(value, "ok"),
            Err(error) => break error,
        }
        calls += 1;
        assert!(calls < 50, "never blocked");
        until(|| hostile[0].is_closed()).await;
    };
    let Error::Blocked { reason, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(
        reason.contains("sends more than it is asked for"),
        "{reason}"
    );
    until(|| world.field("evil 0", "connectionStatus") == "error").await;
    list(&world.session("good")).await.unwrap();
    println!("blocked after {calls} calls");
}

async fn calls_beside_attackers() {
    for attackers in [0, 1, 10] {
        let hostile: Vec<_> = (0..attackers).map(|_| answers_and_floods()).collect();
        let world = world(&hostile).await;
        list(&world.session("good")).await.unwrap();
        let end = Instant::now() + Duration::from_secs(2);
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
        took.sort();
        println!(
            "{attackers} attackers: {} calls of another user, in the middle {:?}, at worst {:?}",
            took.len(),
            took[took.len() / 2],
            took[took.len() - 1]
        );
    }
}
