//! What can be set.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::callers::Resolve;

/// What a gateway allows, and how much of it. Each limit has a default.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) origins: BTreeSet<String>,
    pub(crate) body_limit: usize,
    pub(crate) connects_per_minute: NonZeroU32,
    pub(crate) events_per_user: usize,
    pub(crate) resolve: Option<Arc<dyn Resolve>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            origins: BTreeSet::new(),
            // Convex's own limit: 16 MiB of arguments, and what is around them.
            body_limit: (16 << 20) + 2000,
            connects_per_minute: const { NonZeroU32::new(10).unwrap() },
            events_per_user: 16,
            resolve: None,
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

    /// How often in a minute one user may connect, test, rotate or disconnect; each may make requests elsewhere. Default:
    /// 10. Above it the answer is the HTTP status 429.
    #[must_use]
    pub fn connects_per_minute(mut self, times: NonZeroU32) -> Self {
        self.connects_per_minute = times;
        self
    }

    /// How many streams of `/byod/events` one user may have open at this gateway. Default: 16. Above it the answer is the
    /// HTTP status 429.
    #[must_use]
    pub fn events_per_user(mut self, streams: usize) -> Self {
        self.events_per_user = streams;
        self
    }

    /// Says who a token belongs to, in the place of main's `byod/credentials:whoAmI`.
    #[must_use]
    pub fn resolve_with(mut self, resolve: impl Resolve) -> Self {
        self.resolve = Some(Arc::new(resolve));
        self
    }
}
