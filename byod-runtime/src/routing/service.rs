use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::allowance::Allowance;
use super::cache::{Connected, RouteCache};
use super::changed_users::Telling;
use super::connects_under_way::ConnectsUnderWay;
use super::copies::Copies;
use super::deliveries::Outbox;
use super::followers::Followers;
use super::known_claims::KnownClaims;
use super::known_tokens::KnownTokens;
use super::listening::Listening;
use super::pushing::Pushing;
use super::recovery_tasks::RecoveryTasks;
use super::rollout::Rollouts;
use super::tables::Router;
use super::target::RoutedClient;
use super::watched::Watched;
use crate::address::AddressPolicy;
use crate::deployment::sockets::Sockets;
use crate::deployment::{Client, Deployments, Http, Limits};
use crate::error::Error;
use crate::users::{Credentials, Keyring, Store, UserDatabaseConfig, UserId, is_quoted};

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
    /// How much of one user's is taken to main at the most.
    pub(crate) most_moved_out: Allowance,
    /// How often the status of a user is read that somebody watches.
    pub(crate) refresh_every: Duration,
    pub(crate) watched: Watched,
    pub(crate) recovery_tasks: RecoveryTasks,
    pub(crate) tokens: KnownTokens,
    pub(crate) claims: KnownClaims,
    pub(crate) copies: Copies,
    pub(crate) connects_under_way: ConnectsUnderWay,
    pub(crate) pushing: Pushing,
    pub(crate) outbox: Outbox,
    /// Those who follow users' routes.
    pub(crate) followers: Followers,
    pub(crate) listening: Listening,
    /// Those who hear whose records change.
    pub(crate) telling: Telling,
    /// What is watched, on which sockets.
    pub(crate) sockets: Sockets,
    pub(crate) live: LiveSettings,
}

/// How what is watched is kept up to date.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveSettings {
    /// How often it is asked for where there is no socket.
    pub(crate) poll: Duration,
    /// How long a route is used until it is looked at again, whoever says that it changed.
    pub(crate) route: Duration,
    /// How old copies of main's documents may be.
    pub(crate) copies: Duration,
}

impl Byod {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
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

    /// Tells the record's credentials from others, however they are sealed; `None`
    /// where no key opens them.
    pub(crate) fn fingerprint(&self, user: &UserId, record: &UserDatabaseConfig) -> Option<u64> {
        let opened = self.open(user, record).ok()?;
        Some(opened.fingerprint())
    }

    /// The deployment of a record that says it is in use.
    pub(crate) fn connected(
        &self,
        user: &UserId,
        record: &UserDatabaseConfig,
    ) -> Result<Connected, Error> {
        let credentials = self.open(user, record)?;
        Ok(Connected {
            client: self.client_of_record(user, &credentials)?,
            fingerprint: credentials.fingerprint(),
            frozen: record.is_frozen(),
            schema_version: record.schema_version as u64,
        })
    }

    pub(crate) fn client(
        &self,
        user: &UserId,
        record: &UserDatabaseConfig,
    ) -> Result<Client, Error> {
        let credentials = self.open(user, record)?;
        self.client_of_record(user, &credentials)
    }

    fn client_of_record(&self, user: &UserId, credentials: &Credentials) -> Result<Client, Error> {
        self.client_of(credentials)
            .map_err(|error| Error::Credentials {
                user: Some(user.as_str().into()),
                field: "encryptedDeploymentUrl",
                reason: format!("the record decrypts, but not to a deployment: {error}").into(),
            })
    }

    pub(crate) fn client_of(&self, credentials: &Credentials) -> Result<Client, Error> {
        if credentials.deploy_key.is_empty() {
            return Err(Error::entered(
                "the deploy key is empty; make one in the deployment's settings in the Convex dashboard",
            ));
        }
        if is_quoted(credentials.deploy_key.expose_secret()) {
            return Err(Error::entered(
                "the deploy key stands in quotes; enter it without them",
            ));
        }
        let url = self.0.addresses.check(&credentials.deployment_url);
        let url = url.map_err(|problem| {
            Error::entered(format!(
                "the deployment's URL {problem}; enter the one from its settings in the Convex dashboard, such as https://happy-animal-123.convex.cloud"
            ))
        })?;
        Client::with_http(&url, self.0.users_http.clone(), self.0.limits)
            .known_to(&self.0.deployments)
            .with_deploy_key(&credentials.deploy_key)
            .usable()
            .map_err(|error| match error {
                Error::Config { message } => Error::Entered { message },
                other => other,
            })
    }
}

impl fmt::Debug for Byod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Byod")
            .field("main", &self.0.main.client)
            .field("rollouts", &self.0.rollouts)
            .finish_non_exhaustive()
    }
}
