use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::client::Client;
use crate::deadline::YEAR;
use crate::error::{Call, Error};
use crate::problem::ConnectionProblem;
use crate::route::Standing;
use crate::session::UserId;
use crate::telemetry;
use entry::{Aging, Entry};

mod entry;

/// What the entries are locked with.
mod sync {
    pub(super) use std::sync::{Mutex, MutexGuard};
}

/// What a user's record comes down to. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    NotConnected,
    Connected(Arc<Connected>),
    Blocked(Arc<Blocked>),
}

/// A user's deployment that is in use.
#[derive(Debug)]
pub(crate) struct Connected {
    /// With the deploy key.
    pub(crate) client: Client,
    /// Tells the record's credentials from others; see `SealedCredentials`.
    pub(crate) fingerprint: u64,
}

/// A user's deployment that must not be called.
#[derive(Debug)]
pub(crate) struct Blocked {
    /// Its host, as far as the record could be decrypted.
    pub(crate) deployment: Arc<str>,
    pub(crate) why: Why,
}

impl Blocked {
    pub(crate) fn reason(&self, minimum: u64) -> Arc<str> {
        match &self.why {
            Why::Failing(reason) => reason.clone(),
            Why::Outdated(found) => {
                let found = *found;
                let problem = ConnectionProblem::SchemaOutdated { found, minimum };
                problem.to_string().into()
            }
        }
    }

    pub(crate) fn error(&self, call: Box<Call>, minimum: u64) -> Error {
        match &self.why {
            Why::Failing(reason) => Error::Blocked {
                call,
                reason: (&**reason).into(),
            },
            Why::Outdated(found) => Error::SchemaOutdated {
                call,
                found: *found,
                minimum,
            },
        }
    }
}

/// Why a deployment must not be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It fails, or its record says so.
    Failing(Arc<str>),
    /// It has this version of the schema, which is too old.
    Outdated(u64),
}

impl Route {
    pub(crate) fn standing(&self) -> Standing {
        match self {
            Self::NotConnected => Standing::NotConnected,
            Self::Connected(_) => Standing::Connected,
            Self::Blocked(_) => Standing::Error,
        }
    }
}

/// Users' routes, each read once for all that ask at the same time.
///
/// A route that is older than its time to live is read again; where main can't
/// be asked, it is used for some time more.
pub(crate) struct RouteCache {
    /// By the ids themselves, so that no user's id can name another's entry.
    entries: Cache<UserId, Arc<Entry<Loaded, Error>>>,
    ages: Ages,
}

/// How long routes are used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ages {
    /// Until it is read again.
    pub(crate) ttl: Duration,
    /// After that, where it can't be read.
    pub(crate) stale: Duration,
    /// How long a caller waits for a route to be read again, where there is one
    /// to go on with.
    pub(crate) patience: Duration,
    /// Until the next try to read one that could not be read.
    pub(crate) pause: Duration,
}

impl Ages {
    pub(crate) fn new(ttl: Duration, stale: Duration) -> Self {
        // What is longer can't be added to a time.
        let (ttl, stale) = (ttl.min(YEAR), stale.min(YEAR));
        Self {
            ttl,
            stale,
            patience: Duration::from_secs(2),
            pause: Duration::from_secs(5).min(ttl),
        }
    }

    /// How long a route may be used at all.
    fn kept(&self) -> Duration {
        self.ttl + self.stale
    }
}

#[derive(Clone, Debug)]
struct Loaded {
    route: Route,
    /// When the record was read.
    read: Instant,
    /// When it is to be read again.
    due: Instant,
}

impl Aging for Loaded {
    fn is_due(&self) -> bool {
        self.due <= Instant::now()
    }
}

impl RouteCache {
    /// Holds at most `capacity` users, the least recently used going first.
    pub(crate) fn new(capacity: u64, ages: Ages) -> Self {
        let entries = Cache::builder()
            .max_capacity(capacity)
            .time_to_idle(ages.kept().max(Duration::from_secs(1)))
            // The default policy may turn a new user away at once.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { entries, ages }
    }

    /// The user's route; runs `load` if it is neither there nor being loaded. A
    /// failure goes to all who wait for it, and to nobody after them.
    pub(crate) async fn get<F>(
        &self,
        user: &UserId,
        load: impl FnOnce() -> F,
    ) -> Result<Route, Error>
    where
        F: Future<Output = Result<Route, Error>>,
    {
        let entry = self.entries.get_with_by_ref(user, Arc::default);
        let slot = entry.slot();
        if let Some(loaded) = slot.ready() {
            telemetry::route("hit");
            return Ok(loaded.route.clone());
        }
        telemetry::route("miss");
        let load = |previous| self.load(previous, load());
        Ok(entry.fill(&slot, load).await?.route)
    }

    async fn load(
        &self,
        previous: Option<Loaded>,
        load: impl Future<Output = Result<Route, Error>>,
    ) -> Result<Loaded, Error> {
        let loaded = |route| {
            let read = Instant::now();
            let due = read + self.ages.ttl;
            Loaded { route, read, due }
        };
        let usable = |previous: &Loaded| previous.read.elapsed() < self.ages.kept();
        let Some(previous) = previous.filter(usable) else {
            return load.await.map(loaded);
        };
        let result = match tokio::time::timeout(self.ages.patience, load).await {
            Ok(Ok(route)) => return Ok(loaded(route)),
            Ok(Err(error)) if is_mains(&error) => Some(error),
            Ok(Err(error)) => return Err(error),
            Err(_) => None,
        };
        let reason = result.map_or("no answer in time".to_owned(), |error| error.to_string());
        telemetry::route("stale");
        tracing::warn!(%reason, "main fails: the user's route is used as it was");
        Ok(Loaded {
            due: Instant::now() + self.ages.pause,
            ..previous
        })
    }

    /// The user's route, if it is known and was asked for lately, without reading
    /// it; while it is read again, the one that was known before.
    pub(crate) fn peek(&self, user: &UserId) -> Option<Route> {
        let entry = self.entries.get(user)?;
        Some(entry.peek(self.ages.kept())?.route)
    }

    /// Drops the user's route; a call that begins afterwards loads it anew.
    pub(crate) fn clear(&self, user: &UserId) {
        if let Some(entry) = self.entries.get(user) {
            entry.clear();
        }
    }

    /// Blocks the user's route, unless it is another than `from` by now. Says
    /// whether it did.
    pub(crate) fn block(&self, user: &UserId, from: &Arc<Connected>, blocked: Blocked) -> bool {
        let route = Route::Blocked(Arc::new(blocked));
        let read = Instant::now();
        let due = read + self.ages.ttl;
        let is_from = |loaded: &Loaded| matches!(&loaded.route, Route::Connected(connected) if Arc::ptr_eq(connected, from));
        let entry = self.entries.get(user);
        entry.is_some_and(|entry| entry.replace_if(is_from, Loaded { route, read, due }))
    }
}

/// Whether main could not be asked, as opposed to having given something that is
/// no good.
fn is_mains(error: &Error) -> bool {
    let unusable = matches!(error, Error::Answer { executed: true, .. });
    error.call().is_some() && !unusable
}

#[cfg(test)]
mod tests;
