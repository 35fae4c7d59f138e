//! What a service does with its two kinds of deployment.

#[cfg(feature = "axum")]
mod extract;
mod global;

#[cfg(feature = "axum")]
pub use extract::bearer_token;

use byod_schema::{FunctionType, Location, Refusal};

use crate::calls::Session;
use crate::codec::Runs;
use crate::deployment::{Client, Token};
use crate::error::{Endpoint, Error};
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

    /// The session of whoever a token belongs to, with that token: what a service does with
    /// the `Authorization` of a request.
    ///
    /// Main says who that is, by the query `byod/credentials:whoAmI`, which `byod export
    /// --main` writes: it checks the token as for any other call. What it said is kept until
    /// the token runs out, five minutes at most, by a digest of the token; so long may who
    /// was signed out go on, on their own deployment. Calls on main have the token with them.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] where main refuses the token, or knows no user by it; what
    /// kept main from answering; [`Error::Config`] where it hasn't the query.
    ///
    /// ```
    /// # use byod_runtime::{Byod, Error, Session};
    /// async fn session(byod: &Byod, authorization: &str) -> Result<Session, Error> {
    ///     let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
    ///     byod.session_for(token).await
    /// }
    /// ```
    pub async fn session_for(&self, token: impl Into<Token>) -> Result<Session, Error> {
        let token = token.into();
        let (user, subject) = self.signed_in(&token).await?;
        Ok(self.session(user, subject).with_token(token))
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
    /// A table that isn't known is main's, for everybody, with a warning in the log. Where
    /// names come from elsewhere, ask [`Router::table`] first: a misspelt name of a user's
    /// table is none of them.
    ///
    /// It sends what it is given: what `[user.inject]` names, the owner among it, is the
    /// caller's to give, nobody looks whose documents are asked for
    /// ([`Error::WrongOwner`]), and a deployment that is nobody's is [`Error::Claim`]
    /// instead of being claimed. Nor are copies of main's documents brought there before.
    /// Calls of a session do all that, also those by path ([`Session::query`]).
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
        let runs = match self.inner().router.location(table) {
            Location::User => Runs::User,
            Location::Main => Runs::Main {
                sees_no_connected: false,
            },
        };
        let wanted = Wanted {
            runs,
            switches: &[table],
            table,
            endpoint: kind.into(),
            path: table,
        };
        self.routed_client(&user, wanted).await
    }

    /// The client for calls of a function of main whose path is known only at run time,
    /// as [`client_for_table`](Self::client_for_table) gives it. Wrappers of the function
    /// are routed alike.
    ///
    /// [`Router::function`] says what the function takes on the user's deployment
    /// ([`FunctionInfo::inject`](crate::FunctionInfo::inject)). A path that `functions!()`
    /// doesn't have is refused to connected users, for it may touch their tables; for
    /// everybody else main says what it knows of it.
    ///
    /// [`Error::Config`] if [`ByodBuilder::functions`](crate::ByodBuilder::functions) was not
    /// given the functions; [`Error::NotServed`], [`Error::Blocked`] and
    /// [`Error::RolloutRefused`] as for a session's calls.
    pub async fn client_for_function(
        &self,
        path: &str,
        user: impl Into<UserId>,
    ) -> Result<RoutedClient, Error> {
        let router = self.inner().router;
        if router.functions().is_empty() {
            return Err(Error::no_functions());
        }
        let wanted = match router.function(path) {
            Some(function) => Wanted {
                runs: function.runs,
                switches: function.switches,
                table: function.table,
                endpoint: function.kind.into(),
                path: function.path,
            },
            None => Wanted {
                runs: Runs::Refused {
                    refusal: Refusal::NotJudged,
                    reason: "is no public function of main in this build, so which tables it touches isn't known: build again with main as it is",
                },
                switches: &[],
                table: path,
                endpoint: Endpoint::Function,
                path,
            },
        };
        self.routed_client(&user.into(), wanted).await
    }

    async fn routed_client(
        &self,
        user: &UserId,
        wanted: Wanted<'_>,
    ) -> Result<RoutedClient, Error> {
        let deadline = self.main().client.deadline();
        let target = match self.known_target(user, None, wanted, deadline)? {
            Some(target) => target,
            None => self.target(user, None, wanted, None, deadline).await?,
        };
        Ok(target.into_routed(self, user))
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

    /// Says that what a user has on main has changed, for a service that watches main or
    /// writes there past its sessions: the next call that reads copies of the user's
    /// documents brings them up to date first, however young they are.
    pub fn mirror_outdated(&self, user: impl Into<UserId>) {
        let user = user.into();
        drop(self.inner().copies.writing(user.as_str()));
    }

    /// Where tables live and functions run.
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
