//! Which users are being connected in this process, and who disconnected meanwhile.
//!
//! A user who has no record yet has nothing on main that a disconnect could mark, so
//! this process keeps in mind what it calls off.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::users::UserId;

/// Users whose credentials are about to be stored; holds nobody else.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConnectsUnderWay(Arc<Mutex<HashMap<UserId, UnderWay>>>);

/// What has begun for one user since they last disconnected.
#[derive(Debug, Default)]
struct UnderWay {
    /// How many there are. Counted under the lock: what an `Arc` counts goes down after it.
    count: usize,
    called_off: Arc<AtomicBool>,
}

impl ConnectsUnderWay {
    /// To be kept from before the user's record is read until it is written.
    pub(crate) fn begin(&self, user: &UserId) -> Connecting {
        let mut users = self.lock();
        let under_way = users.entry(user.clone()).or_default();
        under_way.count += 1;
        Connecting {
            connects_under_way: self.clone(),
            user: user.clone(),
            called_off: under_way.called_off.clone(),
        }
    }

    /// The user disconnects: whatever has begun for them gives way.
    pub(crate) fn call_off(&self, user: &UserId) {
        if let Some(under_way) = self.lock().remove(user) {
            under_way.called_off.store(true, Ordering::Release);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, UnderWay>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A user whose credentials are about to be stored.
#[derive(Debug)]
pub(crate) struct Connecting {
    connects_under_way: ConnectsUnderWay,
    user: UserId,
    /// Shared by all that began after the same disconnect.
    called_off: Arc<AtomicBool>,
}

impl Connecting {
    /// Whether the user has disconnected since it began.
    pub(crate) fn is_called_off(&self) -> bool {
        self.called_off.load(Ordering::Acquire)
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        let mut users = self.connects_under_way.lock();
        let Some(under_way) = users.get_mut(&self.user) else {
            return;
        };
        // Others may have begun after a disconnect that called this one off.
        if !Arc::ptr_eq(&under_way.called_off, &self.called_off) {
            return;
        }
        under_way.count -= 1;
        if under_way.count == 0 {
            users.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disconnect_calls_off_what_began_before_it_for_that_user() {
        let connects = ConnectsUnderWay::default();
        let (one, two) = (connects.begin(&"a".into()), connects.begin(&"a".into()));
        let other = connects.begin(&"b".into());
        connects.call_off(&"a".into());
        let later = connects.begin(&"a".into());
        assert!(one.is_called_off() && two.is_called_off());
        assert!(!other.is_called_off() && !later.is_called_off());
        drop((one, two));
        connects.call_off(&"a".into());
        assert!(later.is_called_off());
    }

    #[test]
    fn only_those_under_way_are_kept() {
        let connects = ConnectsUnderWay::default();
        let (one, two) = (connects.begin(&"a".into()), connects.begin(&"a".into()));
        drop(one);
        assert_eq!(connects.lock().len(), 1);
        drop(two);
        connects.call_off(&"nobody".into());
        assert!(connects.lock().is_empty());
    }

    #[test]
    fn two_that_end_at_once_leave_nothing_behind() {
        let connects = ConnectsUnderWay::default();
        let together = std::sync::Barrier::new(2);
        for round in 0..2_000 {
            let user = UserId::from(round.to_string());
            std::thread::scope(|scope| {
                for connecting in [connects.begin(&user), connects.begin(&user)] {
                    let together = &together;
                    scope.spawn(move || {
                        together.wait();
                        drop(connecting);
                    });
                }
            });
        }
        assert_eq!(connects.lock().len(), 0);
    }
}
