//! A connect that a disconnect calls off gives up what it claimed, while the user connects
//! the same deployment again.

use std::future::Future;

use byod_local::LocalDeployment;
use byod_runtime::{Byod, Error};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::gate::{Event, Waiting, gate};
use super::rounds;
use super::world::{self, Seals, process, record};

const USER: &str = "u";

/// In which order, as chance has it: of three things that begin one after the other, each
/// request to main and to the user's deployment.
async fn run(in_two_processes: bool) -> Result<(), String> {
    let main = world::main().await;
    let own = world::deployment("own").await;
    let (send, events) = mpsc::unbounded_channel();
    let mut credentials = world::credentials(&own);
    credentials.deployment_url = gate(0, own.address(), send.clone()).await;
    let url = gate(0, main.address(), send.clone()).await;
    let service = || process(&url, &main, Seals::Old).build().unwrap();
    let byod = service();
    let again = if in_two_processes {
        service()
    } else {
        byod.clone()
    };
    let mut waiting = Waiting::new(events);

    let connect = |byod: Byod| {
        let credentials = credentials.clone();
        async move { byod.connect(USER, USER, &credentials).await.map(drop) }
    };
    let told = || send.clone();
    let mut begun = vec![begin(connect(byod.clone()), told())];
    while waiting.done() < 3 {
        waiting.settle().await;
        let may_begin = begun.len() < 3;
        if may_begin && (waiting.is_empty() || fastrand::u8(..4) == 0) {
            let byod = byod.clone();
            begun.push(match begun.len() {
                1 => begin(async move { byod.disconnect(USER).await.map(drop) }, told()),
                _ => begin(connect(again.clone()), told()),
            });
        } else if !waiting.is_empty() {
            waiting.pass(fastrand::usize(..)).await;
        }
    }
    for operation in begun {
        match operation.await.unwrap() {
            Ok(()) | Err(Error::RecordChanged { .. }) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    judge(&main, &own)
}

fn begin(
    operation: impl Future<Output = Result<(), Error>> + Send + 'static,
    told: mpsc::UnboundedSender<Event>,
) -> JoinHandle<Result<(), Error>> {
    tokio::spawn(async move {
        let result = operation.await;
        told.send(Event::Done { process: 0 }).unwrap();
        result
    })
}

fn judge(main: &LocalDeployment, own: &LocalDeployment) -> Result<(), String> {
    let status = record(main, USER).map(|record| record.status);
    match (status.as_deref(), own.count("byodOwner")) {
        (Some("connected"), 1) | (None, 0) => Ok(()),
        // It stays theirs.
        (Some("disconnected"), 1) => Ok(()),
        (status, claims) => Err(format!("the record is {status:?}, with {claims} claims")),
    }
}

#[tokio::test]
async fn who_connects_again_while_a_claim_is_given_up_has_it() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for in_two_processes in [false, true] {
        for _ in 0..rounds(30).min(100) {
            tried += 1;
            if let Err(why) = run(in_two_processes).await {
                wrong.push(format!("two processes: {in_two_processes}: {why}"));
            }
        }
    }
    println!(
        "claims given up and made again {tried}, lost {}",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}
