//! What a client's requests and its queries have in common.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use byod_runtime::relay::{MainLine, OwnMoments, WeakMainLine};
use byod_sync::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::clock::Clock;

/// What a client's requests and its queries have in common.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    state: Mutex<State>,
    /// That the client may have changed main.
    main_changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// The moments of what is watched on the user's deployment.
    moments: Option<OwnMoments>,
    /// What the client's queries on main are watched on; nothing is kept open for it.
    main: Option<WeakMainLine>,
    /// Since when a mutation runs on the user's deployment.
    under_way: Option<Instant>,
    /// The last moment by which the results of main must have a mutation's writes.
    main_owes: Timestamp,
}

/// A mutation that runs on the user's deployment.
pub(super) struct UnderWay(Arc<Shared>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn watches_own(&self, moments: Option<OwnMoments>) {
        self.lock().moments = moments;
    }

    pub(super) fn moments(&self) -> Option<OwnMoments> {
        self.lock().moments.clone()
    }

    /// The client's queries on main are watched on that line from now on.
    pub(super) fn has_main(&self, line: &MainLine) {
        self.lock().main = Some(line.downgrade());
    }

    /// The line that the client's queries on main are watched on, if it is another than that.
    pub(super) fn main_instead(&self, of: &MainLine) -> Option<MainLine> {
        let main = self.lock().main.as_ref()?.upgrade()?;
        (!main.is_same(of)).then_some(main)
    }

    pub(super) fn under_way(self: &Arc<Self>) -> UnderWay {
        self.lock().under_way = Some(Instant::now());
        UnderWay(self.clone())
    }

    pub(super) fn under_way_since(&self) -> Option<Instant> {
        self.lock().under_way
    }

    /// A moment at which the client must see what a mutation wrote on main.
    pub(super) fn main_owes(&self) -> Timestamp {
        let ts = self.clock.next();
        self.lock().main_owes = ts;
        self.may_have_changed_main();
        ts
    }

    /// What the client did may have changed main, and who it is there.
    pub(super) fn may_have_changed_main(&self) {
        self.main_changed.notify_one();
    }

    /// Waits until the client may have changed main, since it was waited for last.
    pub(super) async fn main_changed(&self) {
        self.main_changed.notified().await;
    }

    pub(super) fn owed_of_main(&self) -> Timestamp {
        self.lock().main_owes
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.lock().under_way = None;
    }
}
