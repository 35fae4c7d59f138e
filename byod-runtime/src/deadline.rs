use std::time::{Duration, Instant};

/// When a call must have its answer, retries and all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    begin: Instant,
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

    /// The time that is left; zero once it has passed.
    pub(crate) fn left(self) -> Duration {
        self.limit.saturating_sub(self.begin.elapsed())
    }
}
