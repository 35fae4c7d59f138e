//! The service is killed between any two steps, main and the user's deployment fail now and
//! then, and several processes do the same at once: what was left is done once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::proxy::{Fault, Part, Proxy, Spoiled};
use crate::service::World;

/// How many runs, each of another seed.
const SEEDS: u64 = 12;

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
async fn counters_are_right_to_the_unit_after_crashes_between_any_two_steps() {
    let Some(world) = World::start().await else {
        return;
    };
    let chosen = std::env::var("BYOD_OUTBOX_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seeds: Vec<u64> = chosen.map_or_else(|| (0..SEEDS).collect(), |seed| vec![seed]);
    for seed in seeds {
        let mut random = fastrand::Rng::with_seed(seed);
        let alice = world.connected(&format!("alice{seed}")).await;
        let other = world.another();
        let session = world.session(&other, &alice.id, &alice.subject);
        for turn in 0..random.usize(3..8) {
            let proxies: [&Proxy; 2] = [&world.proxy, &alice.proxy];
            if random.bool() {
                let struck = proxies[random.usize(..2)];
                struck.strike_times(fault(&mut random), random.usize(1..4));
            }
            let args = json!({"title": format!("{seed} {turn}")});
            // Whether it ran or not, main counts what is there.
            let _ = alice
                .session
                .mutation::<String>("notes:create", &args)
                .unwrap()
                .await;
            // Two processes at once, each killed after a step or none.
            let after = |random: &mut fastrand::Rng| Duration::from_micros(random.u64(0..60_000));
            let (first, second) = (after(&mut random), after(&mut random));
            let _ = tokio::join!(
                tokio::time::timeout(first, alice.session.apply_outbox()),
                tokio::time::timeout(second, session.apply_outbox()),
            );
        }
        world.proxy.heal();
        alice.proxy.heal();
        while alice.session.apply_outbox().await.unwrap().more {}
        let notes = alice.holds("notes").await;
        assert_eq!(
            world.counted(&alice).await,
            notes.len() as i64,
            "seed {seed}"
        );
        // In the order in which they were written, each once.
        let told = world.of(&alice, "activityEvents").await;
        let told: Vec<&Value> = told.iter().map(|event| &event["summary"]).collect();
        let written: Vec<&Value> = notes.iter().map(|note| &note["title"]).collect();
        assert_eq!(told, written, "seed {seed}");
        assert!(alice.holds("byodOutbox").await.is_empty(), "seed {seed}");
        assert!(
            world.of(&alice, "byodRefused").await.is_empty(),
            "seed {seed}"
        );
    }
}
