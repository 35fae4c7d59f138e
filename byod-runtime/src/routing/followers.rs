//! Who follows users' routes, and is told when one may be another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::rollout::Rollouts;
use crate::users::UserId;

type Users = Mutex<HashMap<UserId, OfUser>>;

/// Those who follow one user's route.
#[derive(Debug)]
struct OfUser {
    route: watch::Sender<()>,
    /// How many queries they watch together.
    queries: usize,
}

/// Those who follow users' routes, for at most so many queries of one user.
#[derive(Debug)]
pub(crate) struct Followers {
    users: Arc<Users>,
    /// How many there may be of one user.
    pub(crate) limit: usize,
}

/// One who follows a user's route.
#[derive(Debug)]
pub(crate) struct Following {
    users: Arc<Users>,
    user: UserId,
    /// For so many queries, and how many there may be of the user.
    queries: usize,
    limit: usize,
    /// Only taken when it is dropped.
    route: Option<watch::Receiver<()>>,
    rollouts: watch::Receiver<()>,
}

impl Followers {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            users: Arc::default(),
            limit,
        }
    }

    /// Follows the user's route for that many queries; `None` where as many are watched as may.
    pub(crate) fn follow(
        &self,
        user: &UserId,
        queries: usize,
        rollouts: &Rollouts,
    ) -> Option<Following> {
        let mut users = lock(&self.users);
        let known = users.get(user).map_or(0, |known| known.queries);
        if known + queries > self.limit {
            return None;
        }
        let known = users.entry(user.clone()).or_insert_with(|| OfUser {
            route: watch::Sender::new(()),
            queries: 0,
        });
        known.queries += queries;
        Some(Following {
            users: self.users.clone(),
            user: user.clone(),
            queries,
            limit: self.limit,
            route: Some(known.route.subscribe()),
            rollouts: rollouts.changes(),
        })
    }

    /// Tells those who follow the user's route that it may be another now.
    pub(super) fn tell(&self, user: &UserId) {
        if let Some(known) = lock(&self.users).get(user) {
            known.route.send_replace(());
        }
    }

    /// Tells those who follow any user's.
    pub(super) fn tell_all(&self) {
        for known in lock(&self.users).values() {
            known.route.send_replace(());
        }
    }
}

impl Following {
    /// Follows it for that many queries from now on; says whether there may be so many. Fewer there may always be.
    pub(crate) fn follow_for(&mut self, queries: usize) -> bool {
        let mut users = lock(&self.users);
        let Some(known) = users.get_mut(&self.user) else {
            return false;
        };
        let others = known.queries - self.queries;
        let fits = queries <= self.queries || others + queries <= self.limit;
        if fits {
            (known.queries, self.queries) = (others + queries, queries);
        }
        fits
    }

    /// What is found of the route from now on is of now.
    pub(crate) fn look(&mut self) {
        if let Some(route) = &mut self.route {
            route.mark_unchanged();
        }
        self.rollouts.mark_unchanged();
    }

    /// Whether the route may be another since it was looked at.
    pub(crate) fn may_have_changed(&self) -> bool {
        let changed = |receiver: &watch::Receiver<()>| receiver.has_changed().unwrap_or(true);
        self.route.as_ref().is_some_and(changed) || changed(&self.rollouts)
    }

    /// Waits until the route may be another since it was looked at.
    pub(crate) async fn changed(&mut self) {
        let Some(route) = &mut self.route else {
            return;
        };
        // Both live on: one with the user's followers, one with the `Byod`.
        tokio::select! {
            _ = route.changed() => route.mark_changed(),
            _ = self.rollouts.changed() => self.rollouts.mark_changed(),
        }
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut users = lock(&self.users);
        self.route = None;
        let Some(known) = users.get_mut(&self.user) else {
            return;
        };
        known.queries -= self.queries;
        if known.route.receiver_count() == 0 {
            users.remove(&self.user);
        }
    }
}

fn lock(users: &Users) -> MutexGuard<'_, HashMap<UserId, OfUser>> {
    users.lock().unwrap_or_else(PoisonError::into_inner)
}
