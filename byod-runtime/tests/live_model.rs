//! Whatever happens to a user's route and to sockets, at rest the last value is the one that a query gives.

use std::time::Duration;

use crate::support::world::{World, list};
use byod_runtime::{ByodBuilder, Credentials, Live, Rollout};
use proptest::prelude::*;
use serde_json::json;

#[derive(Clone, Copy, Debug)]
enum Step {
    WriteAtMain,
    WriteAtUsers,
    Connect,
    Disconnect,
    Roll(Rollout),
    CutMain,
    CutUsers,
    Watch,
    Unwatch,
    Take,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::WriteAtMain),
        3 => Just(Step::WriteAtUsers),
        2 => Just(Step::Connect),
        2 => Just(Step::Disconnect),
        1 => Just(Step::Roll(Rollout::Off)),
        1 => Just(Step::Roll(Rollout::On)),
        1 => Just(Step::CutMain),
        1 => Just(Step::CutUsers),
        1 => Just(Step::Watch),
        1 => Just(Step::Unwatch),
        3 => Just(Step::Take),
        2 => (0..20u64).prop_map(Step::Wait),
    ]
}

fn quick(byod: ByodBuilder) -> ByodBuilder {
    byod.listen_to_main(false)
        .live_idle(Duration::from_millis(50))
}

/// Where values may be of.
#[derive(Clone, Copy)]
struct Truth {
    connected: bool,
    on: bool,
    at_main: u32,
    at_users: u32,
}

impl Truth {
    fn value(self) -> String {
        match self.connected && self.on {
            true => format!("users {}", self.at_users),
            false => format!("main {}", self.at_main),
        }
    }
}

async fn run(steps: Vec<Step>) {
    let world = World::with(quick).await;
    let credentials = Credentials {
        deployment_url: world.users.url.as_str().into(),
        deploy_key: "local|key".into(),
    };
    let mut truth = Truth {
        connected: false,
        on: true,
        at_main: 0,
        at_users: 0,
    };
    world.main.live.set("notes:list", json!("main 0"));
    world.users.live.set("notes:list", json!("users 0"));
    let session = world.session("a");
    let watch = || (list(&session).watch(), None);
    let mut lives: Vec<(Live<String>, Option<String>)> = vec![watch()];
    for step in steps {
        match step {
            Step::WriteAtMain => {
                truth.at_main += 1;
                let value = format!("main {}", truth.at_main);
                world.main.live.set("notes:list", json!(value));
            }
            Step::WriteAtUsers => {
                truth.at_users += 1;
                let value = format!("users {}", truth.at_users);
                world.users.live.set("notes:list", json!(value));
            }
            Step::Connect => {
                world.byod.connect("a", "a", &credentials).await.unwrap();
                truth.connected = true;
            }
            Step::Disconnect => {
                world.byod.disconnect("a").await.unwrap();
                truth.connected = false;
            }
            Step::Roll(rollout) => {
                world.byod.rollout().set_all(rollout);
                truth.on = rollout == Rollout::On;
            }
            Step::CutMain => world.main.live.cut(),
            Step::CutUsers => world.users.live.cut(),
            Step::Watch if lives.len() < 4 => lives.push(watch()),
            Step::Unwatch if lives.len() > 1 => drop(lives.remove(0)),
            Step::Watch | Step::Unwatch => {}
            Step::Take => {
                for (live, last) in &mut lives {
                    let next = tokio::time::timeout(Duration::from_millis(5), live.next());
                    if let Ok(next) = next.await {
                        let value = next.unwrap().unwrap();
                        // Whatever was there before, it is of where the data is now.
                        let place = truth.value();
                        let place = place.split(' ').next().unwrap();
                        assert!(value.starts_with(place), "{value}, on {place}");
                        *last = Some(value);
                    }
                }
            }
            Step::Wait(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
        }
    }
    let expected = truth.value();
    for (live, last) in &mut lives {
        let rest = async {
            while last.as_deref() != Some(&*expected) {
                *last = Some(live.next().await.unwrap().unwrap());
            }
        };
        let rest = tokio::time::timeout(Duration::from_secs(20), rest).await;
        assert!(rest.is_ok(), "{expected} never came; the last was {last:?}");
        let more = tokio::time::timeout(Duration::from_millis(20), live.next()).await;
        assert!(more.is_err(), "{more:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn at_rest_the_last_value_is_the_one_that_there_is(steps in prop::collection::vec(step(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
