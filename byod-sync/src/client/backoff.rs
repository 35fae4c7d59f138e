//! How long to wait before the next socket.

use std::time::Duration;

/// How long to wait before the next socket: a random time up to a bound that doubles, as Convex's own clients do it,
/// though over the whole range, so that clients which lost their sockets together don't come back together.
///
/// ```
/// use byod_sync::Backoff;
/// use std::time::Duration;
///
/// let mut backoff = Backoff::default();
/// assert_eq!(backoff.pause(u32::MAX), Duration::from_millis(100));
/// assert_eq!(backoff.pause(u32::MAX), Duration::from_millis(200));
/// backoff.reset();
/// assert_eq!(backoff.pause(0), Duration::ZERO);
/// ```
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    bound: Duration,
}

impl Default for Backoff {
    /// 100 ms at first, 15 s at most.
    fn default() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(15))
    }
}

impl Backoff {
    /// With these bounds of the first and of the longest pause.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            bound: first,
        }
    }

    /// The next pause; `random` is any number, all as likely as each other.
    pub fn pause(&mut self, random: u32) -> Duration {
        let bound = self.bound.min(self.longest);
        self.bound = bound.saturating_mul(2);
        bound.mul_f64(f64::from(random) / f64::from(u32::MAX))
    }

    /// Begins anew: the last socket was good.
    pub fn reset(&mut self) {
        self.bound = self.first;
    }

    /// The next one is as long as any: the deployment refuses, and will again.
    pub fn slow_down(&mut self) {
        self.bound = self.longest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let bounds = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000];
        for bound in bounds.map(Duration::from_millis) {
            let before = backoff.clone();
            assert_eq!(backoff.pause(u32::MAX), bound);
            assert!(before.clone().pause(u32::MAX / 4) < bound / 2);
            assert_eq!(before.clone().pause(0), Duration::ZERO);
        }
        backoff.reset();
        assert_eq!(backoff.pause(u32::MAX), Duration::from_millis(100));
        backoff.slow_down();
        assert_eq!(backoff.pause(u32::MAX), Duration::from_secs(15));
    }
}
