use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use byod_schema::{FunctionType, Location};

use crate::address::AddressPolicy;
use crate::auth::Token;
use crate::client::{Client, Limits};
use crate::config::ByodBuilder;
use crate::credentials::{ConnectionStatus, Credentials, Keyring, Store, UserDatabaseConfig};
use crate::deadline::Deadline;
use crate::deployment::{RoutedClient, Target, Wanted};
use crate::error::Error;
use crate::health::Deployments;
use crate::http::Http;
use crate::problem::ConnectionProblem;
use crate::recovery::Recoveries;
use crate::rollout::{Rollout, Rollouts};
use crate::route::{Decision, decide, needs_record};
use crate::route_cache::{Blocked, Connected, Route, RouteCache, Why};
use crate::router::Router;
use crate::session::{Session, Subject, UserId};
use crate::status::{UserStatus, Watched};
use crate::text::{EXPLANATION, one_line};

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
}

/// What calls that are made together need to know for routing, each read once: so
/// they agree, and a record that can't be read is asked for once.
#[derive(Default)]
pub(crate) struct Known {
    route: Option<Result<Route, Error>>,
    rollouts: Vec<(Box<str>, Rollout)>,
}

impl Known {
    fn rollout(&mut self, table: &str, rollouts: &Rollouts) -> Rollout {
        let mut known = self.rollouts.iter();
        if let Some((_, rollout)) = known.find(|(name, _)| **name == *table) {
            return *rollout;
        }
        let rollout = rollouts.get(table);
        self.rollouts.push((table.into(), rollout));
        rollout
    }
}

impl Byod {
    /// Reads `CONVEX_URL` (or `NEXT_PUBLIC_CONVEX_URL`), `CONVEX_DEPLOY_KEY`,
    /// `BYOD_ENCRYPTION_KEY` and, if there is one, `BYOD_FORMER_ENCRYPTION_KEYS`;
    /// everything else has its default.
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
    /// [`Error::Config`] if [`ByodBuilder::tables`] was not given the tables;
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

    /// Main, called with the user's token where there is one.
    fn main_with(&self, token: Option<&Token>) -> Target {
        let mut main = self.main().clone();
        if let Some(token) = token {
            main.client = main.client.with_token(token.clone());
        }
        Target::Main(main)
    }

    /// Where a call goes, if that is known without reading anything. `token` is the
    /// user's for main.
    pub(crate) fn known_target(
        &self,
        user: &UserId,
        token: Option<&Token>,
        wanted: Wanted<'_>,
        deadline: Deadline,
    ) -> Result<Option<Target>, Error> {
        user.check()?;
        // Main tables need neither the switch nor the record.
        if wanted.location == Location::Main {
            return Ok(Some(self.main_with(token)));
        }
        let rollout = self.0.rollouts.get(wanted.table);
        if !needs_record(wanted.location, rollout) {
            return Ok(Some(self.main_with(token)));
        }
        let Some(route) = self.0.routes.hit(user, deadline.begin) else {
            return Ok(None);
        };
        self.follow(route, rollout, token, wanted).map(Some)
    }

    /// Where a call goes. `known` is shared by calls that are made together.
    pub(crate) async fn target(
        &self,
        user: &UserId,
        token: Option<&Token>,
        wanted: Wanted<'_>,
        mut known: Option<&mut Known>,
        deadline: Deadline,
    ) -> Result<Target, Error> {
        user.check()?;
        if wanted.location == Location::Main {
            return Ok(self.main_with(token));
        }
        let rollout = match &mut known {
            Some(known) => known.rollout(wanted.table, &self.0.rollouts),
            None => self.0.rollouts.get(wanted.table),
        };
        if !needs_record(wanted.location, rollout) {
            return Ok(self.main_with(token));
        }
        let route = match known {
            None => self.user_route(user, deadline).await,
            Some(Known { route, .. }) => match route {
                Some(route) => route.clone(),
                None => route.insert(self.user_route(user, deadline).await).clone(),
            },
        };
        let route = route.map_err(|error| {
            // What is wrong with the record itself names the user.
            match error.call() {
                Some(_) => Error::Record {
                    call: wanted.context(self.0.main.client.host()).call(),
                    source: Box::new(error),
                },
                None => error,
            }
        })?;
        self.follow(route, rollout, token, wanted)
    }

    /// Where a call goes whose user has that route.
    fn follow(
        &self,
        route: Route,
        rollout: Rollout,
        token: Option<&Token>,
        wanted: Wanted<'_>,
    ) -> Result<Target, Error> {
        let Wanted {
            table,
            location,
            kind,
            ..
        } = wanted;
        let call = |deployment| wanted.context(deployment).call();
        match (decide(location, rollout, route.standing(), kind), route) {
            (Decision::User, Route::Connected(connected)) => Ok(Target::User(connected)),
            (Decision::Refused, Route::Connected(connected)) => Err(Error::RolloutRefused {
                call: call(connected.client.host()),
                table: table.into(),
            }),
            (Decision::Blocked, Route::Blocked(blocked)) => {
                let call = call(&blocked.deployment);
                Err(blocked.error(call, self.0.minimum_schema_version))
            }
            _ => Ok(self.main_with(token)),
        }
    }

    async fn user_route(&self, user: &UserId, deadline: Deadline) -> Result<Route, Error> {
        let route = self.0.routes.get(user, || self.load(user));
        match tokio::time::timeout(deadline.left(), route).await {
            Ok(route) => route,
            Err(_) => Err(Error::Timeout {
                call: self.0.store.reading().call(),
                limit: deadline.limit,
                connecting: false,
            }),
        }
    }

    /// Reads the user's record and makes of it what calls need.
    async fn load(&self, user: &UserId) -> Result<Route, Error> {
        let record = self.0.store.get(user).await?;
        let minimum = self.0.minimum_schema_version;
        self.publish(user, || UserStatus::of(record.as_ref(), minimum));
        let Some(record) = record else {
            tracing::debug!(?user, "the user has no record of an own deployment");
            return Ok(Route::NotConnected);
        };
        tracing::debug!(?user, status = ?record.connection_status, "read the user's record");
        let outdated = outdated(&record, minimum).map(Why::Outdated);
        let why = match (outdated, &record.connection_status) {
            (Some(outdated), _) => outdated,
            (_, ConnectionStatus::Pending | ConnectionStatus::Disconnected) => {
                return Ok(Route::NotConnected);
            }
            (_, ConnectionStatus::Connected) => {
                let connected = Connected {
                    client: self.client(user, &record)?,
                    fingerprint: record.credentials.fingerprint(),
                };
                return Ok(Route::Connected(Arc::new(connected)));
            }
            (_, ConnectionStatus::Error) => {
                Why::Failing(match record.connection_error.as_deref() {
                    None | Some("") => "no reason is stored".into(),
                    Some(reason) => one_line(reason, 2 * EXPLANATION).into(),
                })
            }
            (_, ConnectionStatus::Unknown(status)) => {
                let status = one_line(status, EXPLANATION);
                let reason =
                    format!("its connectionStatus `{status}` is not known to this version");
                Why::Failing(reason.into())
            }
        };
        // The host makes the error clearer; the record may be too broken to tell it.
        let deployment = match self.client(user, &record) {
            Ok(client) => client.host().into(),
            Err(_) => "the user's deployment".into(),
        };
        // Whether it works again says nothing about a status that isn't known.
        if !matches!(record.connection_status, ConnectionStatus::Unknown(_)) {
            self.recover(user, None);
        }
        Ok(Route::Blocked(Arc::new(Blocked { deployment, why })))
    }

    fn open(&self, user: &UserId, record: &UserDatabaseConfig) -> Result<Credentials, Error> {
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

/// The version of the schema on the user's deployment, if that is what keeps it from
/// being used: it is connected, or the record's error is this one.
pub(crate) fn outdated(record: &UserDatabaseConfig, minimum: u64) -> Option<u64> {
    let found = record.schema_version as u64;
    let reason = || ConnectionProblem::SchemaOutdated { found, minimum }.to_string();
    let reason_is_this = match &record.connection_status {
        ConnectionStatus::Connected => true,
        ConnectionStatus::Error => record.connection_error == Some(reason()),
        _ => false,
    };
    (found < minimum && reason_is_this).then_some(found)
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
    use crate::credentials::EncryptionKey;

    #[test]
    fn calls_made_together_see_one_switch() {
        let (mut known, rollouts) = (Known::default(), Rollouts::default());
        assert_eq!(known.rollout("notes", &rollouts), Rollout::On);
        rollouts.set_all(Rollout::Off);
        assert_eq!(known.rollout("notes", &rollouts), Rollout::On);
        assert_eq!(known.rollout("tasks", &rollouts), Rollout::Off);
    }

    #[test]
    fn a_users_id_forges_no_line_of_a_log() {
        let byod = Byod::builder()
            .main_url("https://happy-animal-123.convex.cloud")
            .deploy_key("prod:happy-animal-123|secret")
            .encryption_key(EncryptionKey::parse("key").unwrap())
            .build()
            .unwrap();
        let lines = crate::test_log::record(|| byod.clear_user_client("u\nERROR forged"));
        let [line] = &*lines else { panic!("{lines:?}") };
        assert!(line.ends_with(r#"user="u\nERROR forged""#), "{line}");
    }
}
