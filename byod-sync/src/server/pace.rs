//! How fast a client may speak.

use std::time::Duration;

use tokio::time::Instant;

/// An allowance of messages, which fills up again.
pub(super) struct Pace {
    most: f64,
    a_second: f64,
    left: f64,
    since: Instant,
}

impl Pace {
    pub(super) fn new((at_once, a_second): (u32, u32)) -> Self {
        let most = f64::from(at_once);
        Self {
            most,
            a_second: f64::from(a_second),
            left: most,
            since: Instant::now(),
        }
    }

    /// A message came; says whether it is one too many.
    pub(super) fn is_exceeded(&mut self) -> bool {
        let passed = self.since.elapsed();
        if passed > Duration::from_millis(10) {
            self.left = (self.left + passed.as_secs_f64() * self.a_second).min(self.most);
            self.since = Instant::now();
        }
        self.left -= 1.0;
        self.left < 0.0
    }
}
