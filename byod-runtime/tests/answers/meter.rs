//! What something costs: the most memory that is held at once, and processor time.

use std::alloc::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often memory is looked at.
const EVERY: Duration = Duration::from_micros(200);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// The most that was held beyond what was held before, in bytes.
    pub(crate) memory: usize,
    /// Of the thread that measures.
    pub(crate) processor: Duration,
}

/// Does it in this thread, on a runtime of its own.
pub(crate) fn measure<T>(what: impl Future<Output = T>) -> (T, Cost) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let ended = over.clone();
    let before = held();
    let watch = thread::spawn(move || {
        let mut most = before;
        while !ended.load(Ordering::Relaxed) {
            most = most.max(held());
            thread::sleep(EVERY);
        }
        most
    });
    let begin = processor();
    let result = runtime.block_on(what);
    let processor = processor().saturating_sub(begin);
    over.store(true, Ordering::Relaxed);
    let memory = watch.join().unwrap().saturating_sub(before);
    (result, Cost { memory, processor })
}

fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats
        .bytes_allocated
        .saturating_sub(stats.bytes_deallocated)
}

/// What this thread has used so far; nothing where the system doesn't say.
pub(crate) fn processor() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}
