//! A client's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byod_sync::Timestamp;

/// By how much a client's time may be ahead of this machine's: it may have had it of another gateway.
const AHEAD: Duration = Duration::from_secs(3600);

/// The time of one client. Main's and the user's deployment's clocks know nothing of each other, so a client is told neither's
/// but this: it grows with every moment, and begins behind all that the client has been told by other gateways.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock(Arc<AtomicU64>);

impl Clock {
    /// The client has been told that time.
    pub(super) fn has_been(&self, observed: Timestamp) {
        self.0.fetch_max(observed.0, Ordering::SeqCst);
    }

    /// A moment after all before.
    pub(super) fn next(&self) -> Timestamp {
        let now = present();
        let after = |last: u64| now.max(last + 1);
        let last = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(after(last)));
        Timestamp(last.map_or(now, after))
    }

    /// The latest that a client can have been told.
    pub(super) fn latest() -> Timestamp {
        Timestamp(present() + AHEAD.as_nanos() as u64)
    }
}

fn present() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_and_begins_behind_what_other_gateways_said() {
        let clock = Clock::default();
        let first = clock.next();
        assert!(clock.next() > first && first < Clock::latest());
        let ahead = Timestamp(first.0 + 60_000_000_000);
        clock.has_been(ahead);
        assert_eq!(clock.next(), Timestamp(ahead.0 + 1));
        assert_eq!(clock.clone().next(), Timestamp(ahead.0 + 2));
    }
}
