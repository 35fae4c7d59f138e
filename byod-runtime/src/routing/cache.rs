use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::decision::Standing;
use crate::deployment::{Client, YEAR};
use crate::error::{Call, Claim, ConnectionProblem, Error};
use crate::telemetry::{self, RouteFound};
use crate::users::UserId;
pub(super) use read_once::{Aging, Found, ReadOnce};

mod read_once;
mod sync;

/// What a user's record comes down to. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    NotConnected {
        /// Whether the user's data is on its way, so that nothing may be written.
        frozen: bool,
    },
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
    /// Whether the user's data is on its way, so that nothing may be written.
    pub(crate) frozen: bool,
    /// The version of the schema that it runs, as the record says.
    pub(crate) schema_version: u64,
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
            Why::Failing(reason) if **reason == *ConnectionProblem::SomebodyElses.to_string() => {
                let claim = Claim::SomebodyElses;
                Error::Claim { call, claim }
            }
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
            Self::NotConnected { .. } => Standing::NotConnected,
            Self::Connected(_) => Standing::Connected,
            Self::Blocked(_) => Standing::Error,
        }
    }

    /// Whether nothing may be written of what the user has.
    pub(crate) fn is_frozen(&self) -> bool {
        match self {
            Self::NotConnected { frozen } => *frozen,
            Self::Connected(connected) => connected.frozen,
            Self::Blocked(_) => false,
        }
    }

    /// The host of the user's deployment.
    pub(crate) fn host(&self) -> Option<&str> {
        match self {
            Self::NotConnected { .. } => None,
            Self::Connected(connected) => Some(connected.client.host()),
            Self::Blocked(blocked) => Some(&blocked.deployment),
        }
    }
}

/// Users' routes, each read once for all that ask at the same time.
///
/// A route that is older than its time to live is read again; where main can't
/// be asked, it is used for some time more.
pub(crate) struct RouteCache {
    /// By the ids themselves, so that no user's id can name another's entry.
    routes: ReadOnce<UserId, Loaded, Error>,
    ages: Ages,
    /// When routes that can't be used any more were last dropped.
    swept: Mutex<Instant>,
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

impl Loaded {
    fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.read)
    }
}

impl Aging for Loaded {
    fn is_due(&self, now: Instant) -> bool {
        self.due <= now
    }
}

impl RouteCache {
    /// Holds about `capacity` users; those that are not used go first.
    pub(crate) fn new(capacity: usize, ages: Ages) -> Self {
        Self {
            routes: ReadOnce::new(capacity),
            ages,
            swept: Mutex::new(Instant::now()),
        }
    }

    /// The user's route, if it is known and not to be read again.
    pub(crate) fn hit(&self, user: &UserId, now: Instant) -> Option<Route> {
        let loaded = self.routes.hit(user, now)?;
        telemetry::route(RouteFound::Hit);
        Some(loaded.route)
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
        let now = Instant::now();
        let reading = match self.routes.find(user, now) {
            Found::Known(loaded) => {
                telemetry::route(RouteFound::Hit);
                return Ok(loaded.route);
            }
            Found::ToRead(reading) => reading,
        };
        telemetry::route(RouteFound::Miss);
        self.sweep(now);
        let load = |previous| self.load(previous, load());
        Ok(reading.value(load).await?.route)
    }

    /// Drops the routes, and the keys in them, that were not read for as long as one
    /// may be used, because nobody asked for them; looks for them once in that time.
    fn sweep(&self, now: Instant) {
        let kept = self.ages.kept().max(Duration::from_secs(1));
        {
            let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
            if now.saturating_duration_since(*swept) <= kept {
                return;
            }
            *swept = now;
        }
        self.routes.retain(|loaded| loaded.age(now) <= kept);
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
        let usable = |previous: &Loaded| previous.age(Instant::now()) < self.ages.kept();
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
        telemetry::route(RouteFound::Stale);
        tracing::warn!(%reason, "main fails: the user's route is used as it was");
        Ok(Loaded {
            due: Instant::now() + self.ages.pause,
            ..previous
        })
    }

    /// The user's route, if it is known and may still be used, without reading it;
    /// while it is read again, the one that was known before.
    pub(crate) fn peek(&self, user: &UserId) -> Option<Route> {
        let loaded = self.routes.peek(user)?;
        (loaded.age(Instant::now()) < self.ages.kept()).then_some(loaded.route)
    }

    /// Drops the user's route; a call that begins afterwards loads it anew.
    pub(crate) fn clear(&self, user: &UserId) {
        self.routes.clear(user);
    }

    /// Drops all routes.
    pub(crate) fn clear_all(&self) {
        self.routes.clear_all();
    }

    /// Blocks the user's route, unless it is another than `from` by now. Says
    /// whether it did.
    pub(crate) fn block(&self, user: &UserId, from: &Arc<Connected>, blocked: Blocked) -> bool {
        let route = Route::Blocked(Arc::new(blocked));
        let read = Instant::now();
        let due = read + self.ages.ttl;
        let is_from = |loaded: &Loaded| matches!(&loaded.route, Route::Connected(connected) if Arc::ptr_eq(connected, from));
        let blocked = Loaded { route, read, due };
        self.routes.replace_if(user, is_from, blocked)
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
