use std::time::Duration;

use super::ByodBuilder;
#[cfg(doc)]
use crate::error::Error;

/// What is watched, and on which sockets.
impl ByodBuilder {
    /// Whether this process listens to main on a socket, so that it knows within a second what
    /// others write into users' records; it does from the first user on whose record it reads.
    /// Where main has no function for it, which `byod export --main` writes, nothing is
    /// heard, and [`cache_ttl`](Self::cache_ttl) is how long it takes. Default: yes.
    pub fn listen_to_main(mut self, listen: bool) -> Self {
        self.listens = listen;
        self
    }

    /// How many queries of one user may be watched at once, each of those that are watched
    /// together and each page of one; one more is [`Error::Busy`]. Default: 1,000.
    pub fn live_subscriptions(mut self, queries: usize) -> Self {
        self.subscriptions = queries;
        self
    }

    /// How many sockets there may be at once, each to one deployment for one caller. What is
    /// watched beyond that is asked for every [`live_poll`](Self::live_poll). Default: 10,000.
    pub fn live_sockets(mut self, sockets: usize) -> Self {
        self.sockets.sockets = sockets;
        self
    }

    /// The largest message that is read of a socket, in bytes: it holds the values of all
    /// that changed at once. Each value has [`answer_limit`](Self::answer_limit), too. Default:
    /// 64 MiB.
    pub fn live_message_limit(mut self, bytes: usize) -> Self {
        self.sockets.message = bytes;
        self
    }

    /// How often a query that is watched is asked for by HTTP, where there can be no socket.
    /// Default: 2 s.
    pub fn live_poll(mut self, every: Duration) -> Self {
        self.poll = every;
        self
    }

    /// How long nothing may come on a socket until another one is opened. Deployments say
    /// something every 15 s. Default: 60 s.
    pub fn live_silence(mut self, time: Duration) -> Self {
        self.sockets.silence = time;
        self
    }

    /// How long a socket is kept that nothing is watched on. Default: 30 s.
    pub fn live_idle(mut self, time: Duration) -> Self {
        self.sockets.idle = time;
        self
    }
}
