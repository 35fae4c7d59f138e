use std::time::Duration;

/// What sockets may cost, and how patient they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SocketSettings {
    /// How many there may be at once.
    pub(crate) sockets: usize,
    /// The largest message, in bytes.
    pub(crate) message: usize,
    /// How long one is kept that nothing is watched on.
    pub(crate) idle: Duration,
    /// How long nothing may come.
    pub(crate) silence: Duration,
    /// The bound of the first pause before another one, and of the longest.
    pub(crate) pause: (Duration, Duration),
}

impl Default for SocketSettings {
    fn default() -> Self {
        Self {
            sockets: 10_000,
            message: 64 << 20,
            idle: Duration::from_secs(30),
            silence: Duration::from_secs(60),
            pause: (Duration::from_millis(100), Duration::from_secs(15)),
        }
    }
}
