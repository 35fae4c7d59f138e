//! The states of the route cache, run in many orders that threads may take: users
//! call while their deployment is disconnected, rotated, blocked and their entry is
//! evicted, and while main fails.
//!
//! What is run is the very file that the library uses, with locks that know of the
//! model's threads.

mod sync {
    pub(crate) use shuttle::sync::{Mutex, MutexGuard};
}

#[path = "../src/routing/cache/read_once.rs"]
#[allow(dead_code, unreachable_pub, reason = "the model uses a part of it")]
mod read_once;

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures_util::future::select;
use read_once::{Aging, Found, ReadOnce};
use shuttle::future::{block_on, spawn, yield_now};
use shuttle::rand::{Rng, thread_rng};

/// What a user's record comes down to: the version of their credentials.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Route {
    Main,
    Own(u32),
    /// Own, but failing.
    Blocked(u32),
}

/// A route, and whether it is to be read again at once.
#[derive(Clone, Debug)]
struct Loaded {
    route: Route,
    due: bool,
}

impl Aging for Loaded {
    fn is_due(&self, _now: Instant) -> bool {
        self.due
    }
}

type Cache = ReadOnce<u8, Loaded, ()>;

/// A user's id.
const ID: u8 = 0;

/// One user: the record on main, and the cache. What is a lock here is one step of the
/// model; it takes others between the steps of the cache, and where something yields.
struct User {
    record: Mutex<Route>,
    cache: Cache,
    /// What calls may reach that begin now, in the order in which the records were
    /// changed: `[from..]` of all that the record ever was.
    history: Mutex<History>,
    /// Whether routes are to be read again at once, and main may fail.
    troubled: bool,
}

struct History {
    routes: Vec<Route>,
    /// Where those begin that calls may still reach.
    from: usize,
}

impl User {
    fn new(troubled: bool) -> Arc<Self> {
        Arc::new(Self {
            record: Mutex::new(Route::Own(0)),
            cache: ReadOnce::new(8),
            history: Mutex::new(History {
                routes: vec![Route::Own(0)],
                from: 0,
            }),
            troubled,
        })
    }

    /// The record, read over the network; or what was known, where main fails.
    async fn load(&self, previous: Option<Loaded>) -> Result<Loaded, ()> {
        let due = self.troubled;
        if self.troubled && thread_rng().gen_bool(0.3) {
            return previous.ok_or(());
        }
        yield_now().await;
        let route = *self.record.lock().unwrap();
        yield_now().await;
        Ok(Loaded { route, due })
    }

    /// A call of a user table: it must reach nothing that was given up before it
    /// began.
    async fn call(&self) {
        let from = self.history.lock().unwrap().from;
        let found = match self.cache.find(&ID, Instant::now()) {
            Found::Known(loaded) => Ok(loaded),
            Found::ToRead(reading) => reading.value(|previous| self.load(previous)).await,
        };
        let Ok(Loaded { route, .. }) = found else {
            return;
        };
        // Whoever left a deployment is not held up by it either.
        let route = match route {
            Route::Blocked(version) => Route::Own(version),
            route => route,
        };
        let history = self.history.lock().unwrap();
        let allowed = &history.routes[from..];
        assert!(
            allowed.contains(&route),
            "a call reached {route:?}, when only {allowed:?} were left"
        );
    }

    /// Changes the record, then drops the cached route, as disconnecting and
    /// rotating do. What was before is given up when this returns.
    async fn change(&self, route: Route) {
        yield_now().await;
        let index = {
            let mut record = self.record.lock().unwrap();
            *record = route;
            let mut history = self.history.lock().unwrap();
            history.routes.push(route);
            history.routes.len() - 1
        };
        yield_now().await;
        self.cache.clear(&ID);
        let mut history = self.history.lock().unwrap();
        history.from = history.from.max(index);
    }

    /// A call whose caller gives up at some point.
    async fn give_up(&self) {
        let call = pin!(self.call());
        let patience = pin!(async {
            for _ in 0..thread_rng().gen_range(0..6) {
                yield_now().await;
            }
        });
        select(call, patience).await;
    }

    /// The cache may need the place for somebody else.
    fn evict(&self) {
        if thread_rng().gen_bool(0.3) {
            self.cache.retain(|_| false);
        }
    }

    /// What a failing deployment leads to.
    fn block(&self, version: u32) {
        let blocked = Loaded {
            route: Route::Blocked(version),
            due: self.troubled,
        };
        let is_from = |loaded: &Loaded| loaded.route == Route::Own(version);
        self.cache.replace_if(&ID, is_from, blocked);
    }
}

/// Everything at once, for one user.
fn everything(troubled: bool) {
    let user = User::new(troubled);
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let user = user.clone();
        tasks.push(spawn(async move {
            for _ in 0..3 {
                user.call().await;
                yield_now().await;
            }
        }));
    }
    let changing = user.clone();
    tasks.push(spawn(async move {
        changing.change(Route::Own(1)).await;
        changing.call().await;
        changing.change(Route::Main).await;
        changing.call().await;
    }));
    let others = user.clone();
    tasks.push(spawn(async move {
        others.block(0);
        yield_now().await;
        others.evict();
        yield_now().await;
        others.block(1);
    }));
    let hurried = user.clone();
    tasks.push(spawn(async move {
        for _ in 0..3 {
            hurried.give_up().await;
        }
    }));
    block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(user.cache.reads(), 0, "nobody waits any more");
        // Whatever happened, it is over for good.
        let left = user.cache.peek(&ID);
        assert!(left.is_none_or(|left| left.route == Route::Main));
        user.call().await;
    });
}

#[test]
fn nothing_that_was_given_up_is_reached_again() {
    shuttle::check_random(|| everything(false), 4000);
}

#[test]
fn not_even_while_main_fails() {
    shuttle::check_random(|| everything(true), 4000);
}

#[test]
fn nor_in_orders_that_are_rarely_taken() {
    shuttle::check_pct(|| everything(true), 4000, 4);
}

/// Every order of two threads there is.
#[test]
fn a_disconnect_during_a_read_is_final_in_every_order() {
    shuttle::check_dfs(
        || {
            let user = User::new(false);
            let calling = user.clone();
            let call = spawn(async move { calling.call().await });
            block_on(async {
                user.change(Route::Main).await;
                user.call().await;
                call.await.unwrap();
            });
        },
        None,
    );
}

/// Callers that come at once read the record once, and a failure is not kept.
#[test]
fn one_reads_for_all_in_every_order() {
    shuttle::check_dfs(
        || {
            let cache = Arc::new(Cache::new(8));
            let reads = Arc::new(Mutex::new(0));
            let read = |result: Result<Loaded, ()>| {
                let (cache, reads) = (cache.clone(), reads.clone());
                spawn(async move {
                    let load = |_| async {
                        *reads.lock().unwrap() += 1;
                        yield_now().await;
                        result
                    };
                    let found = match cache.find(&ID, Instant::now()) {
                        Found::Known(loaded) => Ok(loaded),
                        Found::ToRead(reading) => reading.value(load).await,
                    };
                    found.map(|loaded| loaded.route)
                })
            };
            let loaded = |route| Loaded { route, due: false };
            let (one, two) = (read(Ok(loaded(Route::Main))), read(Ok(loaded(Route::Main))));
            block_on(async {
                assert_eq!(one.await.unwrap(), Ok(Route::Main));
                assert_eq!(two.await.unwrap(), Ok(Route::Main));
                assert_eq!(*reads.lock().unwrap(), 1);
            });
        },
        None,
    );
}
