//! Two hundred users on twenty deployments, all of which fail now and then, main
//! included: at the end every write that was acknowledged is there exactly once, seen by
//! its owner's stream and by nobody else's, and nothing is left behind.
//!
//! Ten seconds, or `BYOD_SOAK_SECONDS`. What fails and who does what follows from a
//! seed, which is printed: `BYOD_SOAK_SEED` repeats it.

#[path = "../support/proxy.rs"]
mod proxy;
mod service;
mod truth;
mod weather;
mod writes;

use std::alloc::System;
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::{Builder, Handle};

use service::Service;

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What may stay allocated when everything has been dropped, in bytes: what libraries
/// keep for the next time. A run makes thousands of calls.
const KEPT: isize = 2 << 20;

/// How long things may take to come to rest.
const REST: Duration = Duration::from_secs(60);

#[test]
fn what_was_acknowledged_is_there_once_and_nothing_else_remains() {
    let seconds = number("BYOD_SOAK_SECONDS").unwrap_or(10);
    let seed = number("BYOD_SOAK_SEED").unwrap_or_else(|| fastrand::u64(..1_000_000_000));
    println!("{seconds} s with BYOD_SOAK_SEED={seed}");
    let _seed = SeedOnPanic { seconds, seed };

    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    // What is set up once in a process is set up now.
    runtime.block_on(soak(seed, Duration::from_secs(1), 20));
    let before = (allocated(), alive(runtime.handle()));
    runtime.block_on(soak(seed, Duration::from_secs(seconds), 200));
    let after = (allocated(), alive(runtime.handle()));
    assert_eq!(after.1, before.1, "tasks are left");
    let left = after.0 - before.0;
    println!("{left} bytes are left of what was allocated");
    assert!(left < KEPT, "{left} bytes are left");
}

/// One whole life of a service.
async fn soak(seed: u64, time: Duration, users: usize) {
    let tasks = alive(&Handle::current());
    let service = Service::start(users).await;
    let end = Instant::now() + time;
    let weather = tokio::spawn(weather::change(service.proxies.clone(), seed, end));
    let watchers = service.watch();
    let log = service.work(seed, end).await;
    weather.await.unwrap();
    // Everything works again, and everybody comes back.
    service.all_work_again(REST).await;
    service.all_have_seen(watchers, REST).await;
    println!("{}", truth::check(&log, &service));
    until(REST, || {
        let alive = alive(&Handle::current());
        service.tasks_at_rest(tasks) >= alive
    })
    .await;

    let proxies = service.stop().await;
    until(REST, || {
        proxies.iter().all(|proxy| proxy.open_connections() == 0)
    })
    .await;
    drop(proxies);
    until(REST, || alive(&Handle::current()) <= tasks).await;
}

/// Waits until it is so.
async fn until(at_most: Duration, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < at_most, "it doesn't come to rest");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn alive(runtime: &Handle) -> usize {
    runtime.metrics().num_alive_tasks()
}

fn allocated() -> isize {
    let stats = MEMORY.stats();
    stats.bytes_allocated as isize - stats.bytes_deallocated as isize
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    let number = text.trim().parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is `{text}`, which is no number")))
}

/// Says how to repeat a run that failed.
struct SeedOnPanic {
    seconds: u64,
    seed: u64,
}

impl Drop for SeedOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { seconds, seed } = self;
            eprintln!("to repeat it: BYOD_SOAK_SECONDS={seconds} BYOD_SOAK_SEED={seed}");
        }
    }
}
