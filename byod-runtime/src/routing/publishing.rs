//! How users' deployments are doing, for those who ask and those who watch.

use std::sync::Weak;

use tokio::sync::watch;

use super::service::{Byod, Inner};
use super::status::UserStatus;
use super::watched::Watch;
use crate::error::Error;
use crate::users::UserId;

impl Byod {
    /// How the user's own deployment is doing: their record, read now, and
    /// whether this process blocks it.
    ///
    /// Asks the deployment whose it is, for two seconds at most, where this process
    /// has not heard it yet.
    ///
    /// The errors are those of main.
    pub async fn status(&self, user: impl Into<UserId>) -> Result<UserStatus, Error> {
        let user = user.into();
        let record = self.inner().store.get(&user).await?;
        let mut status = UserStatus::of(record.as_ref(), self.inner().minimum_schema_version);
        if let Some(record) = record.as_ref().filter(|_| status.enabled) {
            status.claim = self.known_claim(&user, record).await;
        }
        let status = match self.blocked_reason(&user) {
            Some(reason) if status.enabled => status.failing(&reason),
            _ => status,
        };
        self.publish(&user, || status.clone());
        Ok(status)
    }

    /// How the user's own deployment is doing, now and whenever it changes.
    ///
    /// `loading` until the record has been read. What this process does or finds
    /// shows at once; what others write into the record, within a second where main has the
    /// function that tells of it (`byod export --main`), else after at most the time
    /// that routes are kept ([`ByodBuilder::cache_ttl`](crate::ByodBuilder::cache_ttl)).
    /// Costs one query of main per that time, until all receivers are dropped.
    ///
    /// As often, the copies of main's documents on the user's deployment are brought up to
    /// date, if this process has brought them there before and they are older than
    /// [`mirror_max_age`](crate::ByodBuilder::mirror_max_age): so calls need not wait for it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn watch_status(&self, user: impl Into<UserId>) -> watch::Receiver<UserStatus> {
        let user = user.into();
        self.listen();
        let mut watched = self.inner().watched.lock();
        let refreshing = |sender: &watch::Sender<UserStatus>| {
            let refresh = refresh(self.weak(), user.clone(), sender.clone());
            tokio::spawn(refresh).abort_handle()
        };
        if let Some(known) = watched.get_mut(&user) {
            // The runtime that it was of has ended.
            if known.task.is_finished() {
                known.task = refreshing(&known.sender);
            }
            return known.sender.subscribe();
        }
        let (sender, receiver) = watch::channel(UserStatus::LOADING);
        let task = refreshing(&sender);
        watched.insert(user, Watch { sender, task });
        receiver
    }

    /// Tells those who watch the user.
    pub(crate) fn publish(&self, user: &UserId, status: impl FnOnce() -> UserStatus) {
        self.publish_change(user, |_| status());
    }

    /// Tells those who watch the user that the deployment can't be used now.
    pub(crate) fn publish_failure(&self, user: &UserId, reason: &str) {
        self.publish_change(user, |known| known.failing(reason));
    }

    fn publish_change(&self, user: &UserId, change: impl FnOnce(UserStatus) -> UserStatus) {
        if let Some(watch) = self.inner().watched.lock().get(user) {
            watch.sender.send_if_modified(|known| {
                let status = change(known.clone());
                let changed = *known != status;
                *known = status;
                changed
            });
        }
    }

    /// Reads the record for those who watch the user. What was done is done, whether it
    /// can be read again or not.
    pub(crate) async fn tell_watchers(&self, user: &UserId) {
        if !self.inner().watched.lock().contains_key(user) {
            return;
        }
        if let Err(error) = self.status(user).await {
            let reason = error.to_string();
            self.publish_change(user, |known| known.unread(&reason));
        }
    }
}

/// Reads the record again and again, while somebody watches.
async fn refresh(weak: Weak<Inner>, user: UserId, watchers: watch::Sender<UserStatus>) {
    while let Some(byod) = Byod::upgrade(&weak) {
        if byod.inner().watched.remove_unwatched(&user) {
            return;
        }
        match byod.status(&user).await {
            Ok(status) if status.enabled => byod.keep_copies(&user).await,
            Ok(_) => {}
            Err(error) => {
                let reason = error.to_string();
                byod.publish_change(&user, |known| known.unread(&reason));
            }
        }
        let pause = byod.inner().refresh_every;
        drop(byod);
        // Whether it is time, or nobody watches any more.
        let _ = tokio::time::timeout(pause, watchers.closed()).await;
    }
}
