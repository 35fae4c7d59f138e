//! What a service does with its two kinds of deployment.

mod global;

use byod_schema::FunctionType;

use crate::calls::Session;
use crate::deployment::Client;
use crate::error::Error;
use crate::routing::{Byod, Rollouts, RoutedClient, Router, Wanted};
use crate::users::{Credentials, Subject, UserDatabaseConfig, UserId};

impl Byod {
    /// A session of one user: `user_id` is the user's id in main, `subject` the
    /// user's subject at the auth provider.
    ///
    /// Two plain texts can be swapped without anybody noticing; a service that has
    /// both at hand in many places does well to keep them as [`UserId`] and
    /// [`Subject`], which can't.
    pub fn session(&self, user_id: impl Into<UserId>, subject: impl Into<Subject>) -> Session {
        Session::new(self.clone(), user_id.into(), subject.into())
    }

    /// The client of main, without authorization; see [`Client::with_token`].
    pub fn main_client(&self) -> &Client {
        &self.inner().main.client
    }

    /// The client for calls of `kind` on a table whose name is known only at run
    /// time. Main's is without authorization, the user's has its deploy key.
    ///
    /// Ask anew for every call: a client that is kept goes on calling where it did,
    /// also after the user has disconnected.
    ///
    /// [`Error::Config`] if [`ByodBuilder::tables`](crate::ByodBuilder::tables) was not given the tables;
    /// [`Error::Blocked`] and [`Error::RolloutRefused`] as for a session's calls.
    pub async fn client_for_table(
        &self,
        table: &str,
        user: impl Into<UserId>,
        kind: FunctionType,
    ) -> Result<RoutedClient, Error> {
        // Else every table would be an unknown one, and its data go to main.
        if self.inner().router.tables().is_empty() {
            return Err(Error::config(
                "no tables are known, so a name says nothing about where its data is; \
                 call `.tables(tables!())` on the `ByodBuilder`",
            ));
        }
        let user = user.into();
        let wanted = Wanted {
            table,
            location: self.inner().router.location(table),
            kind,
            path: table,
        };
        let deadline = self.main().client.deadline();
        let target = match self.known_target(&user, None, wanted, deadline)? {
            Some(target) => target,
            None => self.target(&user, None, wanted, None, deadline).await?,
        };
        Ok(target.into_routed(self, &user))
    }

    /// The user's record, read now, past the cache; `None` where there is none.
    pub async fn user_record(
        &self,
        user: impl Into<UserId>,
    ) -> Result<Option<UserDatabaseConfig>, Error> {
        self.inner().store.get(&user.into()).await
    }

    /// The user's credentials, read and decrypted now, whatever the record's
    /// status; `None` where there is no record.
    pub async fn user_credentials(
        &self,
        user: impl Into<UserId>,
    ) -> Result<Option<Credentials>, Error> {
        let user = user.into();
        let record = self.inner().store.get(&user).await?;
        record.map(|record| self.open(&user, &record)).transpose()
    }

    /// Drops the user's cached client. Every call that begins afterwards reads
    /// the user's record first, also if a read of it is under way now.
    pub fn clear_user_client(&self, user: impl Into<UserId>) {
        let user = user.into();
        self.inner().routes.clear(&user);
        tracing::debug!(?user, "dropped the client of the user's deployment");
    }

    /// Where tables live.
    pub fn router(&self) -> Router {
        self.inner().router
    }

    /// The rollout switches.
    pub fn rollout(&self) -> &Rollouts {
        &self.inner().rollouts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::EncryptionKey;

    #[test]
    fn a_users_id_forges_no_line_of_a_log() {
        let byod = Byod::builder()
            .main_url("https://happy-animal-123.convex.cloud")
            .deploy_key("prod:happy-animal-123|secret")
            .encryption_key(EncryptionKey::parse("key").unwrap())
            .build()
            .unwrap();
        let lines =
            crate::telemetry::test_log::record(|| byod.clear_user_client("u\nERROR forged"));
        let [line] = &*lines else { panic!("{lines:?}") };
        assert!(line.ends_with(r#"user="u\nERROR forged""#), "{line}");
    }
}
