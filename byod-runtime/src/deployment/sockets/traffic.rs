//! Bounds how many frames may come on a socket: each costs something, however small it is.

use std::time::{Duration, Instant};

/// How many may come at once, and how many a second over a longer time.
const AT_ONCE: f64 = 20_000.0;
const A_SECOND: f64 = 2_000.0;

/// An allowance of frames, which fills up again.
#[derive(Debug)]
pub(super) struct Traffic {
    left: f64,
    since: Instant,
}

impl Traffic {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            left: AT_ONCE,
            since: now,
        }
    }

    /// A frame came; says whether it is one too many.
    pub(super) fn frame(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.since);
        // Not for every frame: there may be many in no time.
        if passed > Duration::from_millis(50) {
            self.left = (self.left + passed.as_secs_f64() * A_SECOND).min(AT_ONCE);
            self.since = now;
        }
        self.left -= 1.0;
        self.left < 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_told_from_a_busy_socket() {
        let begin = Instant::now();
        let mut traffic = Traffic::new(begin);
        // A thousand frames a second, for an hour.
        let mut busy = (0..3_600_000u64).map(|ms| begin + Duration::from_millis(ms));
        assert!(!busy.any(|now| traffic.frame(now)));
        let mut traffic = Traffic::new(begin);
        let flood = (0..30_000u64).map(|tens| begin + Duration::from_micros(tens * 10));
        assert!(flood.into_iter().any(|now| traffic.frame(now)));
    }
}
