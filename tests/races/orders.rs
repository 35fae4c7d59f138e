//! Chosen orders of the steps of two processes, main's own `disconnect`, and
//! `rotate-key`: a step is a request to main.

use std::cell::Cell;
use std::time::Duration;

use byod_local::LocalDeployment;
use byod_runtime::{Byod, ConnectionStatus, Credentials, Error};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::gate::{Event, gate};
use super::rounds;
use super::world::{self, Record, Seals, process, record};

const USER: &str = "u";

/// What somebody does to the user's record.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Disconnect,
    Test,
    /// With credentials of a deployment of their own, which work or don't.
    Connect {
        works: bool,
    },
    Rotate {
        works: bool,
    },
    Save,
    /// `rotate-key`.
    Reseal,
    /// Main's own `disconnect`, which the user calls: one step.
    AtMain,
}

/// What there is before.
#[derive(Clone, Copy, Debug)]
struct Before {
    status: Option<&'static str>,
    works: bool,
}

#[derive(Clone, Debug)]
struct Case {
    before: Before,
    ops: Vec<Op>,
    /// Who takes the next step, among those who are not over.
    order: Vec<u8>,
}

fn cases() -> impl Strategy<Value = Case> {
    let status = prop::sample::select(vec![
        None,
        Some("pending"),
        Some("connected"),
        Some("error"),
        Some("disconnected"),
    ]);
    let before = (status, any::<bool>()).prop_map(|(status, works)| Before { status, works });
    let of_process = || {
        prop_oneof![
            Just(Op::Disconnect),
            Just(Op::Test),
            any::<bool>().prop_map(|works| Op::Connect { works }),
            any::<bool>().prop_map(|works| Op::Rotate { works }),
            Just(Op::Save),
        ]
    };
    let ops = (of_process(), of_process(), any::<bool>(), any::<bool>());
    let ops = ops.prop_map(|(one, other, at_main, reseal)| {
        let mut ops = vec![one, other];
        ops.extend(at_main.then_some(Op::AtMain));
        ops.extend(reseal.then_some(Op::Reseal));
        ops
    });
    let order = prop::collection::vec(any::<u8>(), 24);
    (before, ops, order).prop_map(|(before, ops, order)| Case { before, ops, order })
}

/// The users' deployments: that of before, and one for each of the others.
struct Deployments(Vec<LocalDeployment>);

impl Deployments {
    async fn start() -> Self {
        let mut deployments = Vec::new();
        for name in ["before", "one", "other"] {
            deployments.push(world::deployment(name).await);
        }
        Self(deployments)
    }

    fn credentials(&self, number: usize, works: bool) -> Credentials {
        let mut credentials = world::credentials(&self.0[number]);
        if !works {
            credentials.deploy_key = "local:wrong|wrong".into();
        }
        credentials
    }
}

/// What is known of an operation while others go on.
#[derive(Default)]
struct Running {
    pass: Option<oneshot::Sender<oneshot::Sender<()>>>,
    done: bool,
    /// The step before which it began, and the record then.
    began: Option<(usize, Option<Record>)>,
}

/// Gives the status that a connect whose deployment works says it has come to.
async fn run_op(
    byod: Byod,
    op: Op,
    credentials: Credentials,
) -> Result<Option<ConnectionStatus>, Error> {
    let done = match op {
        Op::Disconnect => byod.disconnect(USER).await.map(drop),
        Op::Test => byod.test_connection(USER).await.map(drop),
        Op::Connect { .. } => {
            let test = byod.connect(USER, USER, &credentials).await?;
            return Ok(test.problem.is_none().then_some(test.status));
        }
        Op::Rotate { .. } => {
            let rotated = byod.rotate_credentials(USER, USER, &credentials);
            rotated.await.map(drop)
        }
        Op::Save => {
            let status = ConnectionStatus::Connected;
            byod.save_credentials(USER, &credentials, status).await
        }
        Op::Reseal => match byod.user_record(USER).await? {
            Some(record) => byod.reseal(&record).await.map(drop),
            None => Ok(()),
        },
        Op::AtMain => Ok(()),
    };
    done.map(|()| None)
}

/// Runs the case, and says what was wrong.
async fn run(case: &Case, main: LocalDeployment, deployments: &Deployments) -> Result<(), String> {
    if let Some(status) = case.before.status {
        let before = deployments.credentials(0, case.before.works);
        let service = process(&main.url(), &main, Seals::Old).build().unwrap();
        let status = ConnectionStatus::from(status.to_owned());
        service
            .save_credentials(USER, &before, status)
            .await
            .unwrap();
    }
    let (send, mut events) = mpsc::unbounded_channel();
    let mut running: Vec<Running> = Vec::new();
    let mut results = Vec::new();
    for (number, op) in case.ops.iter().copied().enumerate() {
        running.push(Running::default());
        if op == Op::AtMain {
            results.push(None);
            continue;
        }
        let url = gate(number, main.address(), send.clone()).await;
        let seals = match op {
            Op::Reseal => Seals::New,
            _ => Seals::Old,
        };
        let byod = process(&url, &main, seals).build().unwrap();
        let works = !matches!(
            op,
            Op::Connect { works: false } | Op::Rotate { works: false }
        );
        let credentials = deployments.credentials(1 + number.min(1), works);
        let send = send.clone();
        results.push(Some(tokio::spawn(async move {
            let result = run_op(byod, op, credentials).await;
            let _ = send.send(Event::Done { process: number });
            result
        })));
    }

    let mut last_disconnect = None;
    let mut order = case.order.iter().copied().chain(std::iter::repeat(0));
    for step in 0.. {
        let is_ready = |(number, it): (usize, &Running)| {
            it.done || it.pass.is_some() || case.ops[number] == Op::AtMain
        };
        while !running.iter().enumerate().all(is_ready) {
            let event = tokio::time::timeout(Duration::from_secs(60), events.recv());
            match event.await.unwrap().unwrap() {
                Event::Held { process, pass } => running[process].pass = Some(pass),
                Event::Done { process } => running[process].done = true,
            }
        }
        let live: Vec<usize> = (0..running.len()).filter(|it| !running[*it].done).collect();
        if live.is_empty() {
            break;
        }
        let who = live[usize::from(order.next().unwrap()) % live.len()];
        let op = case.ops[who];
        let before = record(&main, USER);
        let began = running[who]
            .began
            .get_or_insert((step, before.clone()))
            .clone();
        match running[who].pass.take() {
            Some(pass) => {
                let (answered, answer) = oneshot::channel();
                pass.send(answered).unwrap();
                answer.await.unwrap();
            }
            None => {
                main.run_as(USER, "byod/credentials:disconnect", json!({}))
                    .unwrap();
                running[who].done = true;
            }
        }
        let after = record(&main, USER);
        if after == before {
            continue;
        }
        let at = format!("step {step} of {op:?}: {before:?} became {after:?}");
        judge(op, &before, &after, &began, last_disconnect)
            .map_err(|why| format!("{why}: {at}"))?;
        if matches!(op, Op::Disconnect | Op::AtMain) {
            last_disconnect = Some(step);
        }
    }

    let mut settled = false;
    for (number, (op, result)) in case.ops.iter().zip(results).enumerate() {
        let result = match result {
            Some(result) => result.await.unwrap(),
            None => Ok(None),
        };
        let began = running[number].began.as_ref().map(|(step, _)| *step);
        if matches!(result, Ok(Some(ConnectionStatus::Disconnected))) && last_disconnect < began {
            return Err(format!("{op:?} gave way, and nobody had disconnected"));
        }
        settled |= result.is_ok() && !matches!(op, Op::Reseal | Op::Rotate { .. });
        match result {
            Ok(_) | Err(Error::RecordChanged { .. }) => {}
            // There is no record to be tested or changed.
            Err(Error::NoRecord { .. }) if case.before.status.is_none() => {}
            Err(error) => return Err(format!("{op:?}: {error}")),
        }
    }
    let left = record(&main, USER);
    if settled && left.as_ref().is_some_and(|left| left.status == "pending") {
        return Err("left pending".to_owned());
    }
    Ok(())
}

/// Whether what a step did to the record may be.
fn judge(
    op: Op,
    before: &Option<Record>,
    after: &Option<Record>,
    began: &(usize, Option<Record>),
    last_disconnect: Option<usize>,
) -> Result<(), &'static str> {
    let Some(after) = after else {
        return Err("the record is gone");
    };
    let (began_at, seen) = began;
    let stores = matches!(op, Op::Connect { .. } | Op::Rotate { .. } | Op::Save);
    let is_undone = after.status != "disconnected"
        && last_disconnect.is_some_and(|disconnect| *began_at <= disconnect);
    let was_disconnected = before
        .as_ref()
        .is_some_and(|it| it.status == "disconnected");
    if was_disconnected && after.status != "disconnected" && (is_undone || !stores) {
        return Err("a disconnect was undone");
    }
    let of = |record: &Option<Record>| record.as_ref().map(|it| it.credentials.clone());
    if of(before) != Some(after.credentials.clone()) {
        if !stores {
            return Err("other credentials by who has none");
        }
        if of(before) != of(seen) {
            return Err("newer credentials were replaced");
        }
    }
    if after.status == "pending" && before.as_ref().is_none_or(|it| it.status != "pending") {
        return Err("pending again");
    }
    Ok(())
}

/// Tries orders until one goes wrong; says how many were tried, and what went wrong.
fn try_orders(count: usize, older: bool) -> (usize, Option<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let deployments = runtime.block_on(Deployments::start());
    let config = Config {
        cases: u32::try_from(count).unwrap(),
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let tried = Cell::new(0);
    let failed = TestRunner::new(config).run(&cases(), |case| {
        tried.set(tried.get() + 1);
        let ran = runtime.block_on(async {
            let main = if older {
                world::older_main().await
            } else {
                world::main().await
            };
            run(&case, main, &deployments).await
        });
        ran.map_err(TestCaseError::fail)
    });
    let wrong = match failed {
        Ok(()) => None,
        Err(TestError::Fail(why, case)) => Some(format!("{why}\n{case:#?}")),
        Err(error) => Some(error.to_string()),
    };
    (tried.get(), wrong)
}

#[test]
fn no_order_of_steps_loses_anything() {
    let (tried, wrong) = try_orders(3 * rounds(60), false);
    println!(
        "orders of steps tried {tried}, wrong {}",
        usize::from(wrong.is_some())
    );
    assert_eq!(wrong, None);
}

/// What SECURITY.md says is not promised there; and that the search finds what is wrong.
#[test]
fn a_main_that_compares_nothing_loses_some() {
    let (tried, wrong) = try_orders(3_000, true);
    let wrong = wrong.unwrap();
    println!("a main of before: wrong after {tried} orders: {wrong}");
    assert!(
        wrong.contains("was undone") || wrong.contains("were replaced"),
        "{wrong}"
    );
}
