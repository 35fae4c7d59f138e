//! Measures the route cache, and prints what it finds as JSON. A program of its own,
//! because its allocator counts, which the other measurements should not pay for.
//!
//! `routes <program> <users>`: `program` is `byod-bench`, which is the deployment.

use std::alloc::System;
use std::cell::Cell;
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Instant;

use byod_bench::deployment::{DEPLOY_KEY, ELSEWHERE, ENCRYPTION_KEY, Process};
use byod_bench::route_figures::{Figures, Hit, Storm};
use byod_runtime::{Byod, EncryptionKey, FunctionType, UserId, internals};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Users whose records are read at the same time.
const CONCURRENCY: usize = 64;

/// Hits of one measurement, on each thread.
const HITS: usize = 1_000_000;

/// Users who are in use at the same time, of all that are cached.
const ACTIVE: usize = 1_000;

/// Users that the cache may hold while many more come.
const CAPACITY: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, users] = &*arguments else {
        return Err("usage: routes <byod-bench> <users>".into());
    };
    let users: usize = users.parse()?;
    let deployment = Process::start(Path::new(program), None)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);

    let (mut hits, mut bytes) = (Vec::new(), Vec::new());
    let byod = byod(&deployment, 2 * users)?;
    // Connections and all that is made once are no user's.
    runtime.block_on(load(&byod, 0..CONCURRENCY))?;
    byod_settled();
    let before = in_use();
    let mut loaded = 0;
    for count in [1, 1_000, users] {
        // Users that were there before the first reading have other names.
        runtime.block_on(load(&byod, FIRST + loaded..FIRST + count))?;
        loaded = count;
        byod_settled();
        bytes.push((count, (in_use() - before) / count as f64));
        let mut ways = vec![("any of them", count)];
        if count > ACTIVE {
            ways.insert(0, ("one of 1,000 of them", ACTIVE));
        }
        let byod = byod.clone();
        let finds_route = move |user: &UserId| internals::finds_route(&byod, user);
        let finds_in_map = map(count);
        for (asked, among) in ways {
            for threads in [1, threads] {
                hits.push(Hit {
                    users: count,
                    asked: asked.to_owned(),
                    threads,
                    nanoseconds: hit(&runtime, &finds_route, count, among, threads),
                    of_map: hit(&runtime, &finds_in_map, count, among, threads),
                    of_place: visit(&runtime, count, among, threads),
                });
            }
        }
    }
    drop(byod);
    let figures = Figures {
        hits,
        bytes,
        storm: storm(&runtime, &deployment, users)?,
    };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// The first user who is counted.
const FIRST: usize = 1_000_000_000;

fn byod(deployment: &Process, capacity: usize) -> Result<Byod, byod_runtime::Error> {
    Byod::builder()
        .main_url(deployment.url())
        .listen_to_main(false)
        .development(true)
        .deploy_key(DEPLOY_KEY)
        .encryption_key(EncryptionKey::parse(ENCRYPTION_KEY)?)
        .tables(byod_examples::TABLES)
        .cache_capacity(capacity)
        .cache_ttl(std::time::Duration::from_secs(24 * 3600))
        .build()
}

fn user(number: usize) -> UserId {
    format!("{ELSEWHERE}{number:010}").into()
}

/// Makes a call's way to the deployment of each user, as the first call does.
async fn load(byod: &Byod, users: std::ops::Range<usize>) -> Result<(), Box<dyn Error>> {
    let next = Arc::new(AtomicUsize::new(users.start));
    let tasks: Vec<_> = (0..CONCURRENCY)
        .map(|_| {
            let (byod, next, end) = (byod.clone(), next.clone(), users.end);
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        return Ok(());
                    }
                    route(&byod, user(number)).await?;
                }
            })
        })
        .collect();
    for task in tasks {
        let result: Result<(), byod_runtime::Error> = task.await?;
        result?;
    }
    Ok(())
}

async fn route(byod: &Byod, user: UserId) -> Result<(), byod_runtime::Error> {
    let routed = byod
        .client_for_table("conversations", user, FunctionType::Query)
        .await?;
    assert!(routed.deployment.is_user());
    Ok(())
}

/// What a hit costs at least: the same ids in a map of the standard library behind a
/// lock, each with something that callers share, as a client is.
fn map(users: usize) -> impl Fn(&UserId) -> bool + Clone + Send + 'static {
    let users = FIRST..FIRST + users;
    let map: HashMap<UserId, Arc<usize>> = users.map(|at| (user(at), Arc::new(at))).collect();
    let map = Arc::new(RwLock::new(map));
    move |user| {
        let found = map.read().ok().and_then(|map| map.get(user).cloned());
        found.is_some_and(|number| *number >= FIRST)
    }
}

/// The number of the user whose turn it is: a stride that meets all of them in an
/// order that no processor foresees.
fn turn(at: usize, cached: usize) -> usize {
    at.wrapping_mul(7_368_787) % cached
}

/// The nanoseconds of a hit, while that many threads ask.
fn hit(
    runtime: &Runtime,
    finds: &(impl Fn(&UserId) -> bool + Clone + Send + 'static),
    cached: usize,
    among: usize,
    threads: usize,
) -> f64 {
    let users: Arc<[UserId]> = (0..among)
        .map(|at| user(FIRST + turn(at, cached)))
        .collect();
    let finds = finds.clone();
    nanoseconds(runtime, threads, move |at| {
        assert!(finds(&users[at % users.len()]));
    })
}

/// As much as a processor takes from memory at once: the least that a user can have.
#[derive(Clone)]
#[repr(align(64))]
struct Place([usize; 8]);

/// The nanoseconds of going from one user's place in memory to the next one's, which
/// stands in it: what a lookup costs at least that reads one place.
fn visit(runtime: &Runtime, cached: usize, among: usize, threads: usize) -> f64 {
    let mut places = vec![Place([0; 8]); cached];
    for at in 0..among {
        places[turn(at, cached)].0[0] = turn((at + 1) % among, cached);
    }
    let places: Arc<[Place]> = places.into();
    let at = Cell::new(0);
    nanoseconds(runtime, threads, move |_| at.set(places[at.get()].0[0]))
}

/// The nanoseconds that each of the threads takes to do it once.
fn nanoseconds(
    runtime: &Runtime,
    threads: usize,
    each: impl Fn(usize) + Clone + Send + 'static,
) -> f64 {
    let run = |thread: usize| {
        let each = each.clone();
        runtime.spawn(async move {
            let first = thread * 7919;
            let start = Instant::now();
            for at in first..first + HITS {
                each(at);
            }
            start.elapsed().as_secs_f64() * 1e9 / HITS as f64
        })
    };
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..3 {
        let tasks: Vec<_> = (0..threads).map(run).collect();
        let each = tasks.into_iter().map(|task| runtime.block_on(task));
        let sum: f64 = each.map(|time| time.unwrap_or(f64::NAN)).sum();
        times.push(sum / threads as f64);
    }
    times.sort_by(f64::total_cmp);
    times[1]
}

fn storm(runtime: &Runtime, deployment: &Process, users: usize) -> Result<Storm, Box<dyn Error>> {
    let byod = byod(deployment, CAPACITY)?;
    runtime.block_on(load(&byod, 0..CONCURRENCY))?;
    let before = in_use();
    let mut most: f64 = 0.0;
    const STEP: usize = 1_000;
    for first in (0..users).step_by(STEP) {
        runtime.block_on(load(&byod, FIRST + first..FIRST + first + STEP))?;
        most = most.max(in_use() - before);
    }
    Ok(Storm {
        users,
        capacity: CAPACITY,
        most,
    })
}

/// Waits until the cache has done what it puts off.
fn byod_settled() {
    std::thread::sleep(std::time::Duration::from_millis(500));
}

/// Bytes that are allocated now.
fn in_use() -> f64 {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated as f64 - stats.bytes_deallocated as f64
}
