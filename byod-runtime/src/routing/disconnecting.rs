//! Disconnecting a user's deployment: what becomes of their record and their route.

use super::bringing::Disconnected;
use super::record_changes::Writer;
use super::service::Byod;
use crate::error::Error;
use crate::users::{Change, ConnectionStatus, UserId, to_the_end};

impl Byod {
    /// Marks the user's record as `disconnected` and drops the user's cached
    /// client: calls go to main from then on. Without a record nothing is to do.
    ///
    /// Once this has returned, no call of this process that begins reaches the user's
    /// deployment, the next page of a stream included. Calls that are under way may
    /// still reach it, with the retries that belong to them; a connect that is under way
    /// gives way, and stores nothing. Other processes of the service notice within
    /// a second, where main tells them (`byod export --main`), else when they
    /// read the record again, after [`cache_ttl`](crate::ByodBuilder::cache_ttl); what
    /// they were about to write into it, they don't, but for the first connect of a user
    /// who has no record yet. The deployment stays the user's: [`release`](Self::release).
    ///
    /// What the user has there stays there: [`Disconnected::left_behind`] says how much, and
    /// [`Disconnected::bring_back`] takes it to main. A move that is under way is called off.
    pub async fn disconnect(&self, user: impl Into<UserId>) -> Result<Disconnected, Error> {
        let (byod, user) = (self.clone(), user.into());
        let disconnected = Disconnected::new(self.clone(), user.clone());
        to_the_end(async move {
            let marked = byod.mark_disconnected(&user).await;
            byod.clear_user_client(&user);
            byod.inner().outbox.disconnected(&user);
            // Last: one that had seen the route before may be about to try it.
            byod.stop_recovery(&user);
            marked
        })
        .await?;
        Ok(disconnected)
    }

    async fn mark_disconnected(&self, user: &UserId) -> Result<(), Error> {
        let store = &self.inner().store;
        {
            let _writing = store.lock(user).await;
            // Who is being connected has stored their credentials by now, so that the
            // record has them, or doesn't any more.
            self.inner().connects_under_way.call_off(user);
            let Some(record) = store.get(user).await? else {
                return Ok(());
            };
            let status = ConnectionStatus::Disconnected;
            // Also where it is marked already: whoever saw that and is about to connect
            // began before.
            let change = Change::to(&status);
            self.change_locked(user, Some(record), Writer::Disconnect, &change)
                .await?;
        }
        self.tell_watchers(user).await;
        Ok(())
    }

    /// Drops the user's cached client. Every call that begins afterwards reads
    /// the user's record first, also if a read of it is under way now.
    pub fn clear_user_client(&self, user: impl Into<UserId>) {
        let user = user.into();
        self.inner().routes.clear(&user);
        self.inner().followers.tell(&user);
        tracing::debug!(?user, "dropped the client of the user's deployment");
    }

    /// The same for all users.
    pub(super) fn clear_all_user_clients(&self) {
        self.inner().routes.clear_all();
        self.inner().followers.tell_all();
        tracing::debug!("dropped the clients of all users' deployments");
    }
}
