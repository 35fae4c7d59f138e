//! Who follows users' routes, and is told when one may be another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::rollout::Rollouts;
use crate::users::UserId;

type Users = Mutex<HashMap<UserId, watch::Sender<()>>>;

/// Those who follow users' routes; at most so many of one user.
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

    /// Follows the user's route; `None` where as many do as may.
    pub(crate) fn follow(&self, user: &UserId, rollouts: &Rollouts) -> Option<Following> {
        let mut users = lock(&self.users);
        let route = match users.get(user) {
            Some(known) if known.receiver_count() >= self.limit => return None,
            Some(known) => known.subscribe(),
            None if self.limit == 0 => return None,
            None => {
                let (sender, route) = watch::channel(());
                users.insert(user.clone(), sender);
                route
            }
        };
        Some(Following {
            users: self.users.clone(),
            user: user.clone(),
            route: Some(route),
            rollouts: rollouts.changes(),
        })
    }

    /// Tells those who follow the user's route that it may be another now.
    pub(super) fn tell(&self, user: &UserId) {
        if let Some(route) = lock(&self.users).get(user) {
            route.send_replace(());
        }
    }

    /// Tells those who follow any user's.
    pub(super) fn tell_all(&self) {
        for route in lock(&self.users).values() {
            route.send_replace(());
        }
    }
}

impl Following {
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
        let known = users.get(&self.user);
        if known.is_some_and(|route| route.receiver_count() == 0) {
            users.remove(&self.user);
        }
    }
}

fn lock(users: &Users) -> MutexGuard<'_, HashMap<UserId, watch::Sender<()>>> {
    users.lock().unwrap_or_else(PoisonError::into_inner)
}
