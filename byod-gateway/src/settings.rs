//! What can be set.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::callers::{OperatorToken, Resolve};
use crate::open_streams::Ending;

/// What a gateway allows, and how much of it. Each limit has a default.
///
/// ```
/// use std::num::NonZeroU32;
///
/// use byod_gateway::Settings;
///
/// /// For an app whose pages are on another host, on a machine with little memory.
/// fn settings() -> Settings {
///     Settings::default()
///         .origin("https://app.example")
///         .connects_per_minute(NonZeroU32::MIN)
///         .sockets(500)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) origins: BTreeSet<String>,
    pub(crate) body_limit: usize,
    pub(crate) body_time: Duration,
    pub(crate) connects_per_minute: NonZeroU32,
    pub(crate) connects_at_once: usize,
    pub(crate) connects_per_user: usize,
    pub(crate) events_per_user: usize,
    pub(crate) listed_users: usize,
    pub(crate) sockets: usize,
    pub(crate) sockets_per_user: usize,
    /// `None`: half of all.
    pub(crate) sockets_of_nobody: Option<usize>,
    pub(crate) queries_per_socket: usize,
    pub(crate) mutations_per_socket: usize,
    pub(crate) actions_per_socket: usize,
    pub(crate) mutation_time: Duration,
    pub(crate) request_bytes: usize,
    pub(crate) message_bytes: usize,
    pub(crate) messages: (u32, u32),
    pub(crate) tokens: (u32, u32),
    pub(crate) calls_at_once: usize,
    pub(crate) calls_per_user: usize,
    /// `None`: half of all.
    pub(crate) calls_of_nobody: Option<usize>,
    pub(crate) waiting_bytes: usize,
    pub(crate) send_time: Duration,
    pub(crate) authentication_time: Duration,
    pub(crate) silence: Duration,
    pub(crate) operator: Option<OperatorToken>,
    pub(crate) resolve: Option<Arc<dyn Resolve>>,
    pub(crate) ending: Ending,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            origins: BTreeSet::new(),
            // Convex's own limit: 16 MiB of arguments, and what is around them.
            body_limit: (16 << 20) + 2000,
            body_time: Duration::from_secs(30),
            connects_per_minute: const { NonZeroU32::new(10).unwrap() },
            connects_at_once: 200,
            connects_per_user: 16,
            events_per_user: 16,
            // Some 100 MB.
            listed_users: 200_000,
            sockets: 10_000,
            sockets_per_user: 32,
            sockets_of_nobody: None,
            queries_per_socket: 1000,
            mutations_per_socket: 1000,
            actions_per_socket: 1000,
            mutation_time: Duration::from_secs(60),
            request_bytes: 64 << 20,
            // Arguments of 16 MiB, in whichever encoding, and what is around them.
            message_bytes: 32 << 20,
            messages: (2000, 100),
            tokens: (20, 1),
            calls_at_once: 1000,
            calls_per_user: 100,
            calls_of_nobody: None,
            waiting_bytes: 16 << 20,
            send_time: Duration::from_secs(30),
            authentication_time: Duration::from_secs(10),
            silence: Duration::from_secs(120),
            operator: None,
            resolve: None,
            ending: Ending::default(),
        }
    }
}

impl Settings {
    /// Pages of this origin (`https://app.example`) may connect and disconnect deployments. Those of the gateway's own
    /// origin always may; calls of functions are taken from every origin, as by Convex.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origins
            .insert(origin.into().trim_end_matches('/').to_owned());
        self
    }

    /// The largest body that is read, in bytes. Default: 16 MiB and 2,000 bytes, which is Convex's.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How long the body of a call over HTTP may take to come. Default: 30 s. After it the answer is the HTTP status 408.
    #[must_use]
    pub fn body_time(mut self, time: Duration) -> Self {
        self.body_time = time;
        self
    }

    /// How often in a minute one user may connect, test, rotate or disconnect; each may make requests elsewhere. Default:
    /// 10. Above it the answer is the HTTP status 429.
    #[must_use]
    pub fn connects_per_minute(mut self, times: NonZeroU32) -> Self {
        self.connects_per_minute = times;
        self
    }

    /// How many requests under `/byod/` are answered at a time: status, connect, test and the like; a stream of events counts
    /// until it begins. Default: 200. One more is the HTTP status 503 at once.
    #[must_use]
    pub fn connects_at_once(mut self, requests: usize) -> Self {
        self.connects_at_once = requests.min(tokio::sync::Semaphore::MAX_PERMITS);
        self
    }

    /// How many of them may be one user's. Default: 16. One more is the HTTP status 429.
    #[must_use]
    pub fn connects_per_user(mut self, requests: usize) -> Self {
        self.connects_per_user = requests;
        self
    }

    /// How many streams of `/byod/events` one user may have open at this gateway. Default: 16. Above it the answer is the
    /// HTTP status 429.
    #[must_use]
    pub fn events_per_user(mut self, streams: usize) -> Self {
        self.events_per_user = streams;
        self
    }

    /// How many sockets there may be at once. Default: 10,000. Above it the answer is the HTTP status 503, and clients try
    /// again. Each has a socket to main as well, so main must allow as many.
    #[must_use]
    pub fn sockets(mut self, sockets: usize) -> Self {
        self.sockets = sockets.min(tokio::sync::Semaphore::MAX_PERMITS);
        self
    }

    /// How many sockets one user may have open at this gateway: each tab has one. Default: 32. One more is closed with 1013.
    #[must_use]
    pub fn sockets_per_user(mut self, sockets: usize) -> Self {
        self.sockets_per_user = sockets;
        self
    }

    /// How many sockets there may be of who is nobody, or whom main knows no user of, once they have had
    /// [`authentication_time`](Self::authentication_time) to say who they are. Default: half of [`sockets`](Self::sockets).
    /// One more is closed with 1013.
    #[must_use]
    pub fn sockets_of_nobody(mut self, sockets: usize) -> Self {
        self.sockets_of_nobody = Some(sockets.min(tokio::sync::Semaphore::MAX_PERMITS));
        self
    }

    /// How many queries are watched on one socket. Default: 1,000. One more is a `FatalError`.
    #[must_use]
    pub fn queries_per_socket(mut self, queries: usize) -> Self {
        self.queries_per_socket = queries;
        self
    }

    /// How many mutations of one socket wait, each for the end of the one before, with those whose answers wait. Default: 1,000.
    /// One more closes it with 1013.
    #[must_use]
    pub fn mutations_per_socket(mut self, mutations: usize) -> Self {
        self.mutations_per_socket = mutations;
        self
    }

    /// How many actions of one socket run at a time. Default: 1,000. One more closes it with 1013.
    #[must_use]
    pub fn actions_per_socket(mut self, actions: usize) -> Self {
        self.actions_per_socket = actions;
        self
    }

    /// How long one mutation may run on a socket. Default: 60 s. After it the socket is closed with 1013, and the client asks
    /// again.
    #[must_use]
    pub fn mutation_time(mut self, time: Duration) -> Self {
        self.mutation_time = time;
        self
    }

    /// How many bytes the mutations and actions of one socket may have together that wait or run, and how many its queries.
    /// Default: 64 MiB. One more of the former closes it with 1013, one more of the latter with a `FatalError`; one alone may
    /// have as many as a message.
    #[must_use]
    pub fn request_limit(mut self, bytes: usize) -> Self {
        self.request_bytes = bytes;
        self
    }

    /// The largest message that is taken on a socket, in bytes. Default: 32 MiB. One that is larger closes it with 1009.
    #[must_use]
    pub fn message_limit(mut self, bytes: usize) -> Self {
        self.message_bytes = bytes;
        self
    }

    /// How many messages a client may send on a socket at once, and how many a second for long. Default: 2,000 and 100. One
    /// more closes it with 1013.
    #[must_use]
    pub fn message_rate(mut self, at_once: u32, a_second: u32) -> Self {
        self.messages = (at_once, a_second);
        self
    }

    /// How many tokens a client may give on a socket at once, and how many a second for long: each makes a socket to main.
    /// Default: 20 and 1. One more closes it with 1013.
    #[must_use]
    pub fn token_rate(mut self, at_once: u32, a_second: u32) -> Self {
        self.tokens = (at_once, a_second);
        self
    }

    /// How many calls over HTTP of one user are answered at a time by this gateway. Default: 100. One more is the HTTP status
    /// 429.
    #[must_use]
    pub fn calls_per_user(mut self, calls: usize) -> Self {
        self.calls_per_user = calls;
        self
    }

    /// How many calls over HTTP are answered at a time of who is nobody, or whom main knows no user of. Default: half of
    /// [`calls_at_once`](Self::calls_at_once). One more is the HTTP status 503.
    #[must_use]
    pub fn calls_of_nobody(mut self, calls: usize) -> Self {
        self.calls_of_nobody = Some(calls.min(tokio::sync::Semaphore::MAX_PERMITS));
        self
    }

    /// How many calls over HTTP are answered at a time. Default: 1,000. One more is the HTTP status 503 at once.
    #[must_use]
    pub fn calls_at_once(mut self, calls: usize) -> Self {
        self.calls_at_once = calls.min(tokio::sync::Semaphore::MAX_PERMITS);
        self
    }

    /// How many bytes of answers may wait for a client that takes them slowly; changes of what it watches become one in the
    /// meantime. Default: 16 MiB. Above it the socket is closed with 1013.
    #[must_use]
    pub fn waiting_limit(mut self, bytes: usize) -> Self {
        self.waiting_bytes = bytes;
        self
    }

    /// How long a client may take to receive one message. Default: 30 s. After it the connection is dropped.
    #[must_use]
    pub fn send_time(mut self, time: Duration) -> Self {
        self.send_time = time;
        self
    }

    /// How long it may take until a client has said that it is there, and then, to find out who it is. Default: 10 s. After it
    /// the socket is closed with 1013.
    #[must_use]
    pub fn authentication_time(mut self, time: Duration) -> Self {
        self.authentication_time = time;
        self
    }

    /// How long nothing may come from a client, which answers a ping every 5 s. Default: 120 s. After it the socket is closed.
    #[must_use]
    pub fn silence(mut self, time: Duration) -> Self {
        self.silence = time;
        self
    }

    /// Serves a page about all users' deployments under `/byod/admin`, to whoever has this token. Default: none, and there is
    /// no such page.
    #[must_use]
    pub fn operator_token(mut self, token: OperatorToken) -> Self {
        self.operator = Some(token);
        self
    }

    /// How many users the operator's page lists, each of which takes some 500 bytes while somebody looks. Default: 200,000. The
    /// rest are counted.
    #[must_use]
    pub fn listed_users(mut self, users: usize) -> Self {
        self.listed_users = users;
        self
    }

    /// Sockets and streams of events are handed over when this begins.
    #[must_use]
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Says who a token belongs to, in the place of main's `byod/credentials:whoAmI`. Main has to take the token as well:
    /// calls and sockets there go with it.
    #[must_use]
    pub fn resolve_with(mut self, resolve: impl Resolve) -> Self {
        self.resolve = Some(Arc::new(resolve));
        self
    }
}
