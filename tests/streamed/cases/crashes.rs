//! The service and main's actions are cut off between any two steps: what is counted on main
//! is what is on the user's deployment, to the unit.

use std::time::Duration;

use serde_json::{Value, json};

use crate::proxy::{Fault, Part, Proxy, Spoiled};
use crate::service::World;

/// How many runs, each of another seed.
const SEEDS: u64 = 10;

/// What becomes of a request or its answer.
fn fault(random: &mut fastrand::Rng) -> Fault {
    let faults = [
        Fault::ResetConnecting,
        Fault::ResetSending,
        Fault::Answer(Spoiled::Reset(Part::Nothing)),
        Fault::Answer(Spoiled::Reset(Part::HalfOfBody)),
    ];
    faults[random.usize(..faults.len())]
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_are_right_to_the_unit_whatever_is_cut_off() {
    let Some(world) = World::start().await else {
        return;
    };
    let chosen = std::env::var("BYOD_STREAMED_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seeds: Vec<u64> = chosen.map_or_else(|| (0..SEEDS).collect(), |seed| vec![seed]);
    let mut whole = 0;
    for seed in seeds {
        let mut random = fastrand::Rng::with_seed(seed);
        let alice = world.connected(&format!("alice{seed}")).await;
        let bob = world.connected(&format!("bob{seed}")).await;
        let other = world.another();
        let session = world.session(&other, &alice.id, &alice.subject);
        for turn in 0..random.usize(2..6) {
            let proxies: [&Proxy; 2] = [&world.proxy, &alice.proxy];
            if random.bool() {
                let struck = proxies[random.usize(..2)];
                struck.strike_times(fault(&mut random), random.usize(1..4));
            }
            let args = json!({"text": format!("{seed} {turn}")});
            // Whether it ran or not, main counts what is there.
            let _ = alice
                .session
                .mutation::<String>("chat:send", &args)
                .unwrap()
                .await;
            let after = |random: &mut fastrand::Rng| Duration::from_micros(random.u64(0..80_000));
            let (first, second) = (after(&mut random), after(&mut random));
            // Two processes at once, each killed after a step or none, while the action runs.
            let _ = tokio::join!(
                tokio::time::timeout(first, alice.session.apply_outbox()),
                tokio::time::timeout(second, session.apply_outbox()),
            );
            if random.bool() {
                alice.proxy.strike_times(fault(&mut random), 1);
            }
            tokio::time::sleep(after(&mut random)).await;
        }
        world.proxy.heal();
        alice.proxy.heal();
        bob.mutation::<String>("chat:send", json!({"text": "hello"}))
            .await;
        // What is applied has actions run, which leave more to be applied.
        for user in [&alice, &bob] {
            while user.session.apply_outbox().await.unwrap().more {}
            world.settled().await;
            while user.session.apply_outbox().await.unwrap().more {}
        }
        world.settled().await;

        let messages = alice.holds("messages").await;
        let (sent, answers): (Vec<&Value>, Vec<&Value>) = messages
            .iter()
            .partition(|message| message["role"] == "user");
        assert_eq!(sent.len(), answers.len(), "seed {seed}");
        let (mut complete, mut words) = (0, 0);
        for (sent, answer) in sent.iter().zip(&answers) {
            let text = answer["text"].as_str().unwrap();
            let all = format!("small: plain {} indeed", sent["text"].as_str().unwrap());
            // Each word once, in order, as far as the action came.
            assert!(all.starts_with(text), "seed {seed}: {text:?}");
            if answer["status"] == "complete" {
                assert_eq!(text, all, "seed {seed}");
                complete += 1;
                words += text.split(' ').count();
            }
        }
        whole += complete;
        let counted = world.counted(&alice).await;
        assert_eq!(counted, [sent.len(), complete, words], "seed {seed}");
        // Each model was asked once, though some had nobody left to tell.
        assert_eq!(
            world.of(&alice, "runs").await.len(),
            sent.len(),
            "seed {seed}"
        );
        assert_eq!(world.counted(&bob).await, [1, 1, 4], "seed {seed}");
        for user in [&alice, &bob] {
            assert!(user.holds("byodOutbox").await.is_empty(), "seed {seed}");
            assert!(
                world.of(user, "byodRefused").await.is_empty(),
                "seed {seed}"
            );
        }
        let on_main: Vec<Value> = world
            .on_main("peek:peek", &json!({"table": "messages"}))
            .await;
        assert_eq!(on_main, [Value::Null; 0], "seed {seed}");
    }
    assert!(whole > 0, "nothing was ever answered");
}
