use std::fmt;
use std::sync::Arc;

use byod_schema::{FunctionType, Location};

use crate::client::{CallContext, Client};
use crate::config::ByodBuilder;
use crate::credentials::{ConnectionStatus, Credentials, EncryptionKey, Store, UserDatabaseConfig};
use crate::deployment::RoutedClient;
use crate::error::Error;
use crate::http::Http;
use crate::rollout::Rollouts;
use crate::route::{Decision, decide, needs_record};
use crate::route_cache::{Route, RouteCache};
use crate::router::Router;
use crate::session::{Session, Subject, UserId};

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
    pub(crate) encryption_key: EncryptionKey,
    pub(crate) http: Http,
    pub(crate) allow_http: bool,
    pub(crate) router: Router,
    pub(crate) rollouts: Rollouts,
    pub(crate) routes: RouteCache,
}

impl Byod {
    /// Reads `CONVEX_URL` (or `NEXT_PUBLIC_CONVEX_URL`), `CONVEX_DEPLOY_KEY` and
    /// `BYOD_ENCRYPTION_KEY`; everything else has its default.
    ///
    /// [`Error::Config`] names the variable that is missing or can't be used.
    pub fn from_env() -> Result<Self, Error> {
        ByodBuilder::from_env()?.build()
    }

    /// For everything that can be set.
    pub fn builder() -> ByodBuilder {
        ByodBuilder::default()
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// A session of one user: `user_id` is the user's id in main, `subject` the
    /// user's subject at the auth provider.
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
    /// [`Error::Blocked`] and [`Error::RolloutRefused`] as for a session's calls.
    pub async fn client_for_table(
        &self,
        table: &str,
        user: impl Into<UserId>,
        kind: FunctionType,
    ) -> Result<RoutedClient, Error> {
        let location = self.0.router.location(table);
        self.route(&user.into(), self.main(), table, location, kind, table)
            .await
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

    /// Encrypts and stores a user's credentials in main, with the status given,
    /// and drops the user's cached client. Nothing is tested.
    ///
    /// [`Error::Config`] if they can't be those of a deployment.
    pub async fn save_credentials(
        &self,
        user: impl Into<UserId>,
        credentials: &Credentials,
        status: ConnectionStatus,
    ) -> Result<(), Error> {
        let user = user.into();
        self.client_of(credentials)?;
        let sealed = self.0.encryption_key.seal(credentials)?;
        let stored = self.0.store.put(&user, &sealed, &status).await;
        self.clear_user_client(user);
        stored
    }

    /// Marks the user's record as `disconnected` and drops the user's cached
    /// client: calls go to main from then on. Without a record nothing is to do.
    pub async fn disconnect(&self, user: impl Into<UserId>) -> Result<(), Error> {
        let user = user.into();
        let marked = self.mark_disconnected(&user).await;
        self.clear_user_client(user);
        marked
    }

    async fn mark_disconnected(&self, user: &UserId) -> Result<(), Error> {
        let Some(record) = self.0.store.get(user).await? else {
            return Ok(());
        };
        let status = ConnectionStatus::Disconnected;
        self.0.store.update(&record, &status, None).await
    }

    /// Drops the user's cached client. Every call that begins afterwards reads
    /// the user's record first, also if a read of it is under way now.
    pub fn clear_user_client(&self, user: impl Into<UserId>) {
        let user = user.into();
        self.0.routes.clear(&user);
        tracing::debug!(%user, "dropped the client of the user's deployment");
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

    /// Where a call goes. `main` is the session's client of main.
    pub(crate) async fn route(
        &self,
        user: &UserId,
        main: &RoutedClient,
        table: &str,
        location: Location,
        kind: FunctionType,
        path: &str,
    ) -> Result<RoutedClient, Error> {
        // Main tables need neither the switch nor the record.
        if location == Location::Main {
            return Ok(main.clone());
        }
        let rollout = self.0.rollouts.get(table);
        let route = if needs_record(location, rollout) {
            self.0.routes.get(user, || self.load(user)).await?
        } else {
            Route::NotConnected
        };
        let refused = |deployment| CallContext {
            deployment,
            endpoint: kind.into(),
            path,
        };
        match (decide(location, rollout, route.standing(), kind), route) {
            (Decision::User, Route::Connected(client)) => {
                Ok(RoutedClient::new(Location::User, client))
            }
            (Decision::Refused, Route::Connected(client)) => Err(Error::RolloutRefused {
                call: refused(client.host()).call(),
                table: table.into(),
            }),
            (Decision::Blocked, Route::Error { deployment, reason }) => Err(Error::Blocked {
                call: refused(&deployment).call(),
                reason: (&*reason).into(),
            }),
            _ => Ok(main.clone()),
        }
    }

    /// Reads the user's record and makes of it what calls need.
    async fn load(&self, user: &UserId) -> Result<Route, Error> {
        let Some(record) = self.0.store.get(user).await? else {
            tracing::debug!(%user, "the user has no record of an own deployment");
            return Ok(Route::NotConnected);
        };
        tracing::debug!(%user, status = %record.connection_status, "read the user's record");
        let reason = match &record.connection_status {
            ConnectionStatus::Pending | ConnectionStatus::Disconnected => {
                return Ok(Route::NotConnected);
            }
            ConnectionStatus::Connected => {
                return self.client(user, &record).map(Route::Connected);
            }
            ConnectionStatus::Error => match record.connection_error.as_deref() {
                None | Some("") => "no reason is stored".into(),
                Some(reason) => reason.into(),
            },
            ConnectionStatus::Unknown(status) => {
                format!("its connectionStatus `{status}` is not known to this version").into()
            }
        };
        // The host makes the error clearer; the record may be too broken to tell it.
        let deployment = match self.client(user, &record) {
            Ok(client) => client.host().clone(),
            Err(_) => "the user's deployment".into(),
        };
        Ok(Route::Error { deployment, reason })
    }

    fn open(&self, user: &UserId, record: &UserDatabaseConfig) -> Result<Credentials, Error> {
        let opened = self.0.encryption_key.open(&record.credentials);
        opened.map_err(|error| error.of_user(user.as_str()))
    }

    fn client(&self, user: &UserId, record: &UserDatabaseConfig) -> Result<Client, Error> {
        let credentials = self.open(user, record)?;
        self.client_of(&credentials)
            .map_err(|error| Error::Credentials {
                user: Some(user.as_str().into()),
                field: "encryptedDeploymentUrl",
                reason: format!("the record decrypts, but not to a deployment: {error}").into(),
            })
    }

    fn client_of(&self, credentials: &Credentials) -> Result<Client, Error> {
        let http = self.0.http.clone();
        Client::with_http(&credentials.deployment_url, self.0.allow_http, http)?
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
