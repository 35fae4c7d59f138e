//! A disconnect while credentials are about to be stored by the same process, at each
//! of the steps that this takes: also the first ones of a user who has no record yet.

use byod_local::LocalDeployment;
use byod_runtime::{Byod, ConnectionStatus, Credentials, Error, FunctionType};
use tokio::sync::mpsc;

use super::gate::{Event, Waiting, gate};
use super::world::{self, Seals, process, record};

const USER: &str = "u";

/// What stores credentials.
#[derive(Clone, Copy, Debug)]
enum Op {
    Connect { works: bool },
    Rotate,
    Save,
}

const OPS: [Op; 4] = [
    Op::Connect { works: true },
    Op::Connect { works: false },
    Op::Rotate,
    Op::Save,
];

const BEFORE: [Option<&str>; 5] = [
    None,
    Some("pending"),
    Some("connected"),
    Some("error"),
    Some("disconnected"),
];

/// More than the requests to main that one of them makes.
const STEPS: usize = 6;

async fn store(byod: &Byod, op: Op, credentials: &Credentials) -> Result<(), Error> {
    match op {
        Op::Connect { .. } => byod.connect(USER, USER, credentials).await.map(drop),
        Op::Rotate => byod
            .rotate_credentials(USER, USER, credentials)
            .await
            .map(drop),
        Op::Save => {
            let status = ConnectionStatus::Connected;
            byod.save_credentials(USER, credentials, status).await
        }
    }
}

/// Lets `steps` of the first one's requests through before the user disconnects.
async fn run(
    before: Option<&'static str>,
    op: Op,
    steps: usize,
    users: &LocalDeployment,
) -> Result<(), String> {
    let main = world::main().await;
    if let Some(status) = before {
        let service = process(&main.url(), &main, Seals::Old).build().unwrap();
        let status = ConnectionStatus::from(status.to_owned());
        let former = world::credentials(users);
        let saved = service.save_credentials(USER, &former, status);
        saved.await.unwrap();
    }
    let own = world::deployment("own").await;
    let mut credentials = world::credentials(&own);
    if matches!(op, Op::Connect { works: false }) {
        credentials.deploy_key = "local:wrong|wrong".into();
    }
    let (send, events) = mpsc::unbounded_channel();
    let url = gate(0, main.address(), send.clone()).await;
    let byod = process(&url, &main, Seals::Old).build().unwrap();
    let mut waiting = Waiting::new(events);
    let (service, told) = (byod.clone(), send.clone());
    let stores = tokio::spawn(async move {
        let stored = store(&service, op, &credentials).await;
        told.send(Event::Done { process: 0 }).unwrap();
        stored
    });
    waiting.settle().await;
    for _ in 0..steps {
        if waiting.is_empty() {
            break;
        }
        waiting.pass(0).await;
        waiting.settle().await;
    }
    let (service, told) = (byod.clone(), send);
    let disconnects = tokio::spawn(async move {
        let disconnected = service.disconnect(USER).await;
        told.send(Event::Done { process: 0 }).unwrap();
        disconnected
    });
    waiting.settle().await;
    while waiting.done() < 2 {
        if !waiting.is_empty() {
            waiting.pass(fastrand::usize(..)).await;
        }
        waiting.settle().await;
    }
    disconnects.await.unwrap().unwrap();
    match stores.await.unwrap() {
        Ok(()) | Err(Error::RecordChanged { .. }) => {}
        // There is no record whose credentials could be changed.
        Err(Error::NoRecord { .. }) if before.is_none() && matches!(op, Op::Rotate) => {}
        Err(error) => return Err(error.to_string()),
    }
    let left = record(&main, USER).map(|record| record.status);
    if !matches!(left.as_deref(), None | Some("disconnected")) {
        return Err(format!("a disconnect was outlived: the record is {left:?}"));
    }
    let service = process(&main.url(), &main, Seals::Old).build().unwrap();
    let routed = service.client_for_table("notes", USER, FunctionType::Query);
    if routed.await.unwrap().deployment.is_user() {
        return Err("calls go to the user's deployment".to_owned());
    }
    // What was claimed for nothing is given up.
    let is_stored = left.is_some() && before.is_none();
    if !is_stored && before.is_none() && own.count("byodOwner") != 0 {
        return Err("it is claimed, and connected to nobody".to_owned());
    }
    Ok(())
}

#[tokio::test]
async fn a_disconnect_calls_off_what_its_process_has_under_way() {
    let users = world::deployment("before").await;
    let (mut tried, mut wrong) = (0, Vec::new());
    for before in BEFORE {
        for op in OPS {
            for steps in 0..STEPS {
                tried += 1;
                if let Err(why) = run(before, op, steps, &users).await {
                    wrong.push(format!("{before:?}, {op:?}, after {steps}: {why}"));
                }
            }
        }
    }
    println!(
        "disconnects in one process tried {tried}, outlived {}",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
