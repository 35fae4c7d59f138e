use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::OnceCell;

use crate::client::Client;
use crate::error::Error;
use crate::route::Standing;
use crate::session::UserId;

/// What a user's record comes down to. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    NotConnected,
    /// The client of the user's deployment, with its deploy key.
    Connected(Client),
    Error {
        /// The deployment's host, as far as the record could be decrypted.
        deployment: Arc<str>,
        reason: Arc<str>,
    },
}

impl Route {
    pub(crate) fn standing(&self) -> Standing {
        match self {
            Self::NotConnected => Standing::NotConnected,
            Self::Connected(_) => Standing::Connected,
            Self::Error { .. } => Standing::Error,
        }
    }
}

/// Users' routes, each read once for all that ask at the same time.
///
/// A user has a slot, and the slot is filled by whoever comes first. Clearing
/// takes the slot out, so a read that is under way then fills a slot that no
/// later call can find.
pub(crate) struct RouteCache(Cache<UserId, Arc<Slot>>);

type Slot = OnceCell<Result<Route, Error>>;

impl RouteCache {
    /// Holds at most `capacity` users, the least recently used going first, each
    /// for at most `ttl`.
    pub(crate) fn new(capacity: u64, ttl: Duration) -> Self {
        Self(
            Cache::builder()
                .max_capacity(capacity)
                .time_to_live(ttl)
                // The default policy may turn a new user away at once.
                .eviction_policy(EvictionPolicy::lru())
                .build(),
        )
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
        let slot = self.0.get_with_by_ref(user, Arc::default);
        let fill = || async {
            let route = load().await;
            if route.is_err() {
                self.forget(user, &slot);
            }
            route
        };
        slot.get_or_init(fill).await.clone()
    }

    /// Drops the user's route; a call that begins afterwards loads it anew.
    pub(crate) fn clear(&self, user: &UserId) {
        self.0.invalidate(user);
    }

    /// Drops this slot, but not one that has taken its place.
    fn forget(&self, user: &UserId, slot: &Arc<Slot>) {
        self.0
            .entry_by_ref(user)
            .and_compute_with(|entry| match entry {
                Some(entry) if Arc::ptr_eq(entry.value(), slot) => Op::Remove,
                _ => Op::Nop,
            });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    fn cache() -> RouteCache {
        RouteCache::new(100, Duration::from_secs(60))
    }

    fn failure() -> Error {
        Error::config("no")
    }

    /// A route that can be told from others by its reason.
    fn route(reason: &str) -> Route {
        Route::Error {
            deployment: "x".into(),
            reason: reason.into(),
        }
    }

    fn reason(route: Result<Route, Error>) -> String {
        match route {
            Ok(Route::Error { reason, .. }) => reason.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_thousand_cold_calls_load_once() {
        let (cache, loads) = (Arc::new(cache()), Arc::new(AtomicUsize::new(0)));
        let calls: Vec<_> = (0..1000)
            .map(|_| {
                let (cache, loads) = (cache.clone(), loads.clone());
                tokio::spawn(async move {
                    let load = || async {
                        loads.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        Ok(route("once"))
                    };
                    reason(cache.get(&"a".into(), load).await)
                })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), "once");
        }
        assert_eq!(loads.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_failure_is_shared_by_those_who_wait_and_not_kept() {
        let (cache, user) = (cache(), UserId::from("a"));
        let fails = || async {
            tokio::task::yield_now().await;
            Err(failure())
        };
        let unused = || async { panic!("the first one loads for both") };
        let (first, second) = tokio::join!(cache.get(&user, fails), cache.get(&user, unused));
        assert!(first.is_err() && second.is_err());
        let again = cache.get(&user, || async { Ok(route("again")) }).await;
        assert_eq!(reason(again), "again");
    }

    #[tokio::test]
    async fn a_cancelled_caller_strands_nobody() {
        let cache = Arc::new(cache());
        let (waiting, user) = (cache.clone(), UserId::from("a"));
        let first = tokio::spawn(async move {
            let user = "a".into();
            waiting
                .get(&user, std::future::pending::<Result<Route, Error>>)
                .await
        });
        tokio::task::yield_now().await;
        let second = cache.get(&user, || async { Ok(route("second")) });
        tokio::pin!(second);
        let early = tokio::time::timeout(Duration::from_millis(10), &mut second).await;
        assert!(early.is_err(), "the second one waits for the first");
        first.abort();
        assert_eq!(reason(second.await), "second");
    }

    #[tokio::test]
    async fn clearing_is_final_even_while_a_load_is_under_way() {
        let (cache, user, go) = (cache(), UserId::from("a"), Notify::new());
        let slow = cache.get(&user, || async {
            go.notified().await;
            Ok(route("old"))
        });
        tokio::pin!(slow);
        let early = tokio::time::timeout(Duration::from_millis(10), &mut slow).await;
        assert!(early.is_err());

        cache.clear(&user);
        go.notify_one();
        assert_eq!(reason(slow.await), "old", "it began before");
        let after = cache.get(&user, || async { Ok(route("new")) }).await;
        assert_eq!(reason(after), "new");
    }

    #[tokio::test]
    async fn a_late_failure_leaves_the_slot_that_took_its_place() {
        let (cache, user, go) = (cache(), UserId::from("a"), Notify::new());
        let slow = cache.get(&user, || async {
            go.notified().await;
            Err(failure())
        });
        tokio::pin!(slow);
        let early = tokio::time::timeout(Duration::from_millis(10), &mut slow).await;
        assert!(early.is_err());
        cache.clear(&user);
        let second = cache.get(&user, || async { Ok(route("new")) });
        let second = tokio::time::timeout(Duration::from_secs(1), second).await;
        assert_eq!(reason(second.unwrap()), "new", "it waits for no old load");
        go.notify_one();
        assert!(slow.await.is_err());
        let kept = cache.get(&user, || async { panic!("it is cached") }).await;
        assert_eq!(reason(kept), "new");
    }

    #[tokio::test]
    async fn clearing_one_user_leaves_the_others() {
        let cache = cache();
        for user in ["a", "a:b", "b"] {
            let user = user.into();
            cache
                .get(&user, || async { Ok(route("old")) })
                .await
                .unwrap();
        }
        cache.clear(&"a".into());
        for (user, expected) in [("a", "new"), ("a:b", "old"), ("b", "old")] {
            let user = user.into();
            let found = cache.get(&user, || async { Ok(route("new")) }).await;
            assert_eq!(reason(found), expected, "{user}");
        }
    }

    #[tokio::test]
    async fn a_route_is_kept_for_its_time_to_live() {
        let (cache, user) = (
            RouteCache::new(100, Duration::from_millis(50)),
            UserId::from("a"),
        );
        cache
            .get(&user, || async { Ok(route("old")) })
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
        let found = cache.get(&user, || async { Ok(route("new")) }).await;
        assert_eq!(reason(found), "new");
    }

    #[tokio::test]
    async fn it_holds_no_more_than_its_capacity() {
        let cache = RouteCache::new(3, Duration::from_secs(60));
        for user in 0..50 {
            let user = user.to_string().as_str().into();
            cache
                .get(&user, || async { Ok(route("old")) })
                .await
                .unwrap();
        }
        cache.0.run_pending_tasks();
        assert_eq!(cache.0.entry_count(), 3);
        let newest = cache.get(&"49".into(), || async { Ok(route("new")) }).await;
        assert_eq!(reason(newest), "old", "the least recently used go first");
    }
}
