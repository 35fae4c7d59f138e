//! What every contender is put through, and how the outcome is told. Used by the
//! contenders in processes of their own too; those on Node have it in `load.mjs`.

use std::error::Error;
use std::future::Future;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// One run of one contender.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    /// Calls under way at once.
    pub(crate) concurrency: usize,
    /// Documents in each answer.
    pub(crate) documents: usize,
    /// For how long calls are begun.
    pub(crate) milliseconds: u64,
}

/// How it went.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Calls per second.
    pub(crate) throughput: f64,
    /// The median time of a call, in microseconds.
    pub(crate) p50: f64,
    /// What 99 of 100 calls take at most, in microseconds.
    pub(crate) p99: f64,
}

/// Why a contender can't go on.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// A way to query a user's table.
pub(crate) trait Contender: Clone + Send + 'static {
    /// Makes one query for that many documents, and says how many came.
    fn call(&self, documents: usize) -> impl Future<Output = Result<usize, Failure>> + Send;
}

/// Runs a contender: as many tasks as calls are to be under way, each making one
/// call after the other.
pub(crate) async fn run<C: Contender>(contender: C, order: Order) -> Result<Outcome, Failure> {
    let start = Instant::now();
    let end = start + Duration::from_millis(order.milliseconds);
    let tasks: Vec<_> = (0..order.concurrency)
        .map(|_| {
            let contender = contender.clone();
            tokio::spawn(async move {
                let mut times = Vec::with_capacity(4096);
                let mut before = Instant::now();
                while before < end {
                    let found = contender.call(order.documents).await?;
                    if found != order.documents {
                        return Err("another answer than asked for".into());
                    }
                    let after = Instant::now();
                    times.push(after - before);
                    before = after;
                }
                Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        let of_one: Result<Vec<Duration>, Failure> = task.await?;
        times.extend(of_one?);
    }
    let seconds = start.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |part: f64| {
        let index = (times.len() as f64 * part) as usize;
        let time = times.get(index.min(times.len() - 1));
        time.map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    Ok(Outcome {
        throughput: times.len() as f64 / seconds,
        p50: at(0.5),
        p99: at(0.99),
    })
}
