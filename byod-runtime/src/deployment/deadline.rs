use std::time::{Duration, Instant};

/// What is added where a limit is too long to be added to a time.
pub(crate) const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// When a call must have its answer, retries and all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub(crate) begin: Instant,
    /// What is allowed in all.
    pub(crate) limit: Duration,
}

impl Deadline {
    /// For a call that begins now.
    pub(crate) fn after(limit: Duration) -> Self {
        Self {
            begin: Instant::now(),
            limit,
        }
    }

    /// The same beginning with another limit.
    pub(crate) fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// For a step of the call with a limit of its own, which begins with that much
    /// time left: the earlier of both.
    pub(crate) fn of_step(self, limit: Duration, left: Duration) -> Self {
        if limit < left {
            let begin = self.begin + self.limit.saturating_sub(left);
            Self { begin, limit }
        } else {
            self
        }
    }

    pub(crate) fn at(self) -> tokio::time::Instant {
        let at = self.begin.checked_add(self.limit);
        at.unwrap_or_else(|| self.begin + YEAR).into()
    }

    /// The time that is left; zero once it has passed.
    pub(crate) fn left(self) -> Duration {
        self.limit.saturating_sub(self.begin.elapsed())
    }
}
