use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use byod_schema::FunctionType;

use crate::address::AddressPolicy;
use crate::calls::Session;
use crate::deployment::{Client, Deployments, Http, Limits};
use crate::error::Error;
use crate::routing::{
    KnownClaims, Recoveries, Rollouts, RouteCache, RoutedClient, Router, Wanted, Watched,
};
use crate::users::{Credentials, Keyring, Store, Subject, UserDatabaseConfig, UserId};

/// The service's two kinds of deployment: main, and one of each user who brought
/// their own. Made once; cheap to clone.
///
/// ```no_run
/// # fn run() -> Result<(), byod_runtime::Error> {
/// use byod_runtime::Byod;
///
/// let byod = Byod::from_env()?;                                        // once
/// let session = byod.session("users-id", "subject").with_token("jwt"); // per request
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Byod(Arc<Inner>);

pub(crate) struct Inner {
    /// Without authorization; a session adds the user's token.
    pub(crate) main: RoutedClient,
    pub(crate) store: Store,
    pub(crate) keys: Keyring,
    /// Not main's: it makes connections only to where users' deployments may be.
    pub(crate) users_http: Http,
    pub(crate) addresses: Arc<AddressPolicy>,
    pub(crate) limits: Limits,
    pub(crate) deployments: Deployments,
    pub(crate) router: Router,
    pub(crate) rollouts: Rollouts,
    pub(crate) routes: RouteCache,
    /// How often in a row a deployment fails before it is blocked.
    pub(crate) failure_threshold: u32,
    pub(crate) minimum_schema_version: u64,
    /// How often the status of a user is read that somebody watches.
    pub(crate) refresh_every: Duration,
    pub(crate) watched: Watched,
    pub(crate) recoveries: Recoveries,
    pub(crate) claims: KnownClaims,
}

impl Byod {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

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
        &self.0.main.client
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
        if self.0.router.tables().is_empty() {
            return Err(Error::config(
                "no tables are known, so a name says nothing about where its data is; \
                 call `.tables(tables!())` on the `ByodBuilder`",
            ));
        }
        let user = user.into();
        let wanted = Wanted {
            table,
            location: self.0.router.location(table),
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
        self.0.store.get(&user.into()).await
    }

    /// The user's credentials, read and decrypted now, whatever the record's
    /// status; `None` where there is no record.
    pub async fn user_credentials(
        &self,
        user: impl Into<UserId>,
    ) -> Result<Option<Credentials>, Error> {
        let user = user.into();
        let record = self.0.store.get(&user).await?;
        record.map(|record| self.open(&user, &record)).transpose()
    }

    /// Drops the user's cached client. Every call that begins afterwards reads
    /// the user's record first, also if a read of it is under way now.
    pub fn clear_user_client(&self, user: impl Into<UserId>) {
        let user = user.into();
        self.0.routes.clear(&user);
        tracing::debug!(?user, "dropped the client of the user's deployment");
    }

    /// Where tables live.
    pub fn router(&self) -> Router {
        self.0.router
    }

    /// The rollout switches.
    pub fn rollout(&self) -> &Rollouts {
        &self.0.rollouts
    }

    pub(crate) fn main(&self) -> &RoutedClient {
        &self.0.main
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn weak(&self) -> Weak<Inner> {
        Arc::downgrade(&self.0)
    }

    pub(crate) fn upgrade(weak: &Weak<Inner>) -> Option<Self> {
        weak.upgrade().map(Self)
    }

    pub(crate) fn open(
        &self,
        user: &UserId,
        record: &UserDatabaseConfig,
    ) -> Result<Credentials, Error> {
        Ok(self.0.keys.open(user, &record.credentials)?.credentials)
    }

    pub(crate) fn client(
        &self,
        user: &UserId,
        record: &UserDatabaseConfig,
    ) -> Result<Client, Error> {
        let credentials = self.open(user, record)?;
        self.client_of(&credentials)
            .map_err(|error| Error::Credentials {
                user: Some(user.as_str().into()),
                field: "encryptedDeploymentUrl",
                reason: format!("the record decrypts, but not to a deployment: {error}").into(),
            })
    }

    pub(crate) fn client_of(&self, credentials: &Credentials) -> Result<Client, Error> {
        if credentials.deploy_key.is_empty() {
            return Err(Error::config(
                "the deploy key is empty; make one in the deployment's settings in the Convex dashboard",
            ));
        }
        let url = self.0.addresses.check(&credentials.deployment_url);
        let url = url.map_err(|problem| {
            Error::config(format!(
                "the deployment's URL {problem}; enter the one from its settings in the Convex dashboard, such as https://happy-animal-123.convex.cloud"
            ))
        })?;
        Client::with_http(&url, self.0.users_http.clone(), self.0.limits)
            .known_to(&self.0.deployments)
            .with_deploy_key(&credentials.deploy_key)
            .usable()
    }
}

impl fmt::Debug for Byod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Byod")
            .field("main", &self.main_client())
            .field("rollouts", self.rollout())
            .finish_non_exhaustive()
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
