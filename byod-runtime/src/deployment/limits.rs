use std::time::Duration;

/// What a call may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// In all, retries and pauses included.
    pub(crate) timeout: Duration,
    /// Making a connection, with DNS and TLS.
    pub(crate) connect: Duration,
    /// In bytes.
    pub(crate) answer: usize,
    /// How many values an answer may hold.
    pub(crate) values: usize,
    /// How often it is sent again, at most.
    pub(crate) retries: u32,
}

impl Limits {
    /// Whether it allows less time.
    pub(crate) fn is_shorter_than(&self, other: &Self) -> bool {
        self.timeout < other.timeout || self.connect < other.connect
    }

    /// Allows what either of them does.
    pub(crate) fn widen(&mut self, other: Self) {
        self.timeout = self.timeout.max(other.timeout);
        self.connect = self.connect.max(other.connect);
        self.answer = self.answer.max(other.answer);
        self.values = self.values.max(other.values);
        self.retries = self.retries.max(other.retries);
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            connect: Duration::from_secs(5),
            answer: 16 * 1024 * 1024,
            values: 2_000_000,
            retries: 3,
        }
    }
}
