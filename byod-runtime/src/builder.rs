//! Sets up a `Byod`.

mod addresses;
mod connections;
mod environment;
mod live;
mod moves;

use std::time::Duration;

use byod_schema::Location;

use crate::address::AddressSettings;
use crate::codec::FunctionInfo;
use crate::deployment::sockets::{SocketSettings, Sockets};
use crate::deployment::{
    Client, DeployKey, Deployments, HttpSettings, Limits, UrlText, operators_url,
};
use crate::error::Error;
use crate::routing::{
    Ages, Allowance, ConnectsUnderWay, Copies, Followers, KnownClaims, KnownTokens, Listening,
    LiveSettings, Outbox, Pauses, Pushing, RecoveryTasks, Rollout, Rollouts, RouteCache,
    RoutedClient, Router, TableInfo, Telling, Watched,
};
use crate::routing::{Byod, Inner};
use crate::users::{EncryptionKey, Keyring, Store};

/// Sets up a [`Byod`]. Main's URL, main's deploy key and the encryption key are
/// needed; everything else has a default.
///
/// ```
/// use byod_runtime::{Byod, EncryptionKey};
/// use std::time::Duration;
///
/// # fn run() -> Result<(), byod_runtime::Error> {
/// let byod = Byod::builder()
///     .main_url("https://happy-animal-123.convex.cloud")
///     .deploy_key("prod:happy-animal-123|secret")
///     .encryption_key(EncryptionKey::parse("correct horse battery staple")?)
///     .timeout(Duration::from_secs(10))
///     .build()?;
/// # Ok(()) }
/// # run().unwrap();
/// ```
#[derive(Debug)]
#[must_use]
pub struct ByodBuilder {
    /// With the name of the setting, for errors.
    main_url: Option<(&'static str, UrlText)>,
    deploy_key: Option<DeployKey>,
    encryption_key: Option<EncryptionKey>,
    former_encryption_keys: Vec<EncryptionKey>,
    bind_records: bool,
    require_bound_records: bool,
    main_over_http: bool,
    addresses: AddressSettings,
    http: HttpSettings,
    limits: Limits,
    concurrency: usize,
    router: Router,
    rollout: Rollout,
    cache_capacity: usize,
    cache_ttl: Duration,
    stale_while_error: Duration,
    mirror_max_age: Duration,
    failure_threshold: u32,
    minimum_schema_version: u64,
    recovery_pauses: Pauses,
    credentials_module: String,
    sockets: SocketSettings,
    subscriptions: usize,
    poll: Duration,
    listens: bool,
    most_moved_out: Allowance,
}

impl Default for ByodBuilder {
    fn default() -> Self {
        Self {
            main_url: None,
            deploy_key: None,
            encryption_key: None,
            former_encryption_keys: Vec::new(),
            bind_records: false,
            require_bound_records: false,
            main_over_http: false,
            addresses: AddressSettings::default(),
            http: HttpSettings::default(),
            limits: Limits::default(),
            concurrency: 64,
            router: Router::default(),
            rollout: Rollout::default(),
            cache_capacity: 10_000,
            cache_ttl: Duration::from_secs(60),
            stale_while_error: Duration::from_secs(15 * 60),
            mirror_max_age: Duration::from_secs(30),
            failure_threshold: 5,
            minimum_schema_version: 0,
            recovery_pauses: Pauses::default(),
            credentials_module: "byod/credentials".to_owned(),
            sockets: SocketSettings::default(),
            subscriptions: 1_000,
            poll: Duration::from_secs(2),
            listens: true,
            most_moved_out: Allowance::default(),
        }
    }
}

impl ByodBuilder {
    /// The main deployment's URL.
    pub fn main_url(mut self, url: impl Into<String>) -> Self {
        self.main_url = Some(("main_url", UrlText(url.into())));
        self
    }

    /// The main deployment's deploy key: users' records are read and written with it.
    pub fn deploy_key(mut self, key: impl Into<DeployKey>) -> Self {
        self.deploy_key = Some(key.into());
        self
    }

    /// The key that users' credentials are sealed with.
    pub fn encryption_key(mut self, key: EncryptionKey) -> Self {
        self.encryption_key = Some(key);
        self
    }

    /// A key that records were sealed with before, or will be: they open with it, and
    /// nothing is sealed with it. Can be called several times.
    pub fn former_encryption_key(mut self, key: EncryptionKey) -> Self {
        self.former_encryption_keys.push(key);
        self
    }

    /// Whether records are bound to their user when they are written, so that a
    /// record, or one of its two parts, opens for no other user. Default: no, because
    /// other services would have to know.
    ///
    /// What is bound is read either way. Who can write into main's database could
    /// still give a user an old record that is not bound, until
    /// [`require_bound_records`](Self::require_bound_records) refuses those.
    pub fn bind_records(mut self, bind: bool) -> Self {
        self.bind_records = bind;
        self
    }

    /// Whether records that are not bound to their user are refused; then records
    /// are bound when they are written, too. Default: no. `byod rotate-key --bind`
    /// binds all that are there.
    pub fn require_bound_records(mut self, require: bool) -> Self {
        self.require_bound_records = require;
        self
    }

    /// The service's tables, `tables!()`; needed to route names that are known
    /// only at run time. Default: none.
    pub fn tables(mut self, tables: &'static [TableInfo]) -> Self {
        self.router = Router::new(tables).with_functions(self.router.functions());
        self
    }

    /// Main's functions, `functions!()`; needed to route paths that are known only at run
    /// time. Default: none.
    pub fn functions(mut self, functions: &'static [FunctionInfo]) -> Self {
        self.router = self.router.with_functions(functions);
        self
    }

    /// How far users' deployments are in use at the start. Default: [`Rollout::On`].
    pub fn rollout(mut self, rollout: Rollout) -> Self {
        self.rollout = rollout;
        self
    }

    /// How long making a connection may take, with DNS and TLS. Default: 5 s. A call
    /// can have its own. Several addresses of a name share it.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.limits.connect = timeout;
        self
    }

    /// How long a call may take in all: routing, retries and the pauses between
    /// them included. Default: 30 s. A call can have its own.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.limits.timeout = timeout;
        self
    }

    /// The largest answer that is read, in bytes. Default: 16 MiB. A call can have
    /// its own.
    pub fn answer_limit(mut self, bytes: usize) -> Self {
        self.limits.answer = bytes;
        self
    }

    /// How many values an answer may hold; an object counts as eight and its members.
    /// Default: 2,000,000. A call can have its own.
    ///
    /// What an answer takes in memory depends on this more than on its size: read as
    /// [`Value`](crate::Value), about 50 bytes a value at most, as `serde_json::Value`
    /// up to ten times the bytes of an object in a type of your own.
    pub fn value_limit(mut self, values: usize) -> Self {
        self.limits.values = values;
        self
    }

    /// How often a call is sent again at most, where [`Error::is_retryable`] says
    /// that it may. Default: 3; 0 switches retries off. A call can have its own.
    ///
    /// The pauses are random up to a bound that doubles, from 100 ms to 5 s, beside
    /// what the deployment asks for with `Retry-After`. A deployment that fails
    /// for long gets few retries: each costs what ten good calls earn.
    pub fn retries(mut self, retries: u32) -> Self {
        self.limits.retries = retries;
        self
    }

    /// How many calls to one user's deployment may be under way at once, at least
    /// 1. As many more wait; any other is [`Error::Busy`]. Default: 64.
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// For about how many users the route is kept; about 1 kB each. Default: 10,000.
    pub fn cache_capacity(mut self, users: usize) -> Self {
        self.cache_capacity = users;
        self
    }

    /// How long a user's route is kept: what another process changes in the record
    /// is noticed after this time at the latest, and within a second where main tells of it
    /// (`byod export --main`). Default: 60 s.
    pub fn cache_ttl(mut self, ttl: Duration) -> Self {
        self.cache_ttl = ttl;
        self
    }

    /// How long a user's route is used beyond that, where main can't be asked.
    /// Default: 15 minutes.
    pub fn stale_while_error(mut self, time: Duration) -> Self {
        self.stale_while_error = time;
        self
    }

    /// How old the copies of main's documents on a user's deployment (`mirror` in
    /// `byod.toml`) may be when a function is called that reads them; older ones are
    /// brought up to date first. Default: 30 s; zero does it before each such call. What
    /// this process's own calls change on main is seen by the next call whatever this says.
    ///
    /// Where main can't be asked, calls go on with the copies that are there:
    /// [`Routed::mirror_age`](crate::Routed::mirror_age) says how old they are.
    pub fn mirror_max_age(mut self, age: Duration) -> Self {
        self.mirror_max_age = age;
        self
    }

    /// How often in a row the connection to a user's deployment fails, retries
    /// counted, before its user is blocked; at least 1. Default: 5. A key that the
    /// deployment refuses blocks at once.
    pub fn failure_threshold(mut self, failures: u32) -> Self {
        self.failure_threshold = failures.max(1);
        self
    }

    /// The oldest version of the schema that users' deployments may run. Default:
    /// 0, any. Where a user's is older, all calls are [`Error::SchemaOutdated`]; else only
    /// those of functions or with arguments that aren't there yet.
    pub fn minimum_schema_version(mut self, version: u64) -> Self {
        self.minimum_schema_version = version;
        self
    }

    /// How long to wait before a blocked deployment is tried for the first time,
    /// which doubles, and at most. For tests, which have no minutes to wait.
    #[doc(hidden)]
    pub fn recovery_pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.recovery_pauses = Pauses { first, longest };
        self
    }

    /// Whether main may be reached without TLS, as in a private network; on this
    /// machine it always may. Default: no.
    pub fn main_over_http(mut self, allow: bool) -> Self {
        self.main_over_http = allow;
        self
    }

    /// The module of main that holds the functions for users' records. Default:
    /// `byod/credentials`.
    pub fn credentials_module(mut self, module: impl Into<String>) -> Self {
        self.credentials_module = module.into();
        self
    }

    /// Checks the settings; connects to nothing yet.
    ///
    /// [`Error::Config`] names the setting that is missing or can't be used.
    pub fn build(self) -> Result<Byod, Error> {
        let missing = |name| {
            let text = format!("{name} is not set; call `ByodBuilder::{name}` or `from_env`");
            Error::config(text)
        };
        let (setting, UrlText(url)) = self.main_url.ok_or_else(|| missing("main_url"))?;
        let deploy_key = self.deploy_key.filter(|key| !key.is_empty());
        let deploy_key = deploy_key.ok_or_else(|| missing("deploy_key"))?;
        let encryption_key = self
            .encryption_key
            .ok_or_else(|| missing("encryption_key"))?;
        let former = self.former_encryption_keys.into_iter();
        let keys = former
            .fold(Keyring::new(encryption_key), Keyring::with_former)
            .bind_records(self.bind_records)
            .require_bound_records(self.require_bound_records);
        let url = operators_url(&url, self.main_over_http)
            .map_err(|error| Error::config(format!("{setting}: {}", bare(&error))))?;
        let (addresses, resolver) = self.addresses.build()?;
        let (main_http, users_http) = self.http.build(resolver, self.limits.connect)?;
        let main = Client::with_http(&url, main_http, self.limits);
        let admin = main.with_deploy_key(&deploy_key).usable()?;
        Ok(Byod::new(Inner {
            main: RoutedClient::new(Location::Main, main),
            copies: Copies::new(admin.clone(), self.mirror_max_age, self.cache_capacity),
            store: Store::new(admin, &self.credentials_module),
            keys,
            users_http,
            addresses,
            limits: self.limits,
            deployments: Deployments::new(self.concurrency),
            router: self.router,
            rollouts: Rollouts::new(self.rollout),
            routes: RouteCache::new(
                self.cache_capacity,
                Ages::new(self.cache_ttl, self.stale_while_error),
            ),
            failure_threshold: self.failure_threshold,
            most_moved_out: self.most_moved_out,
            minimum_schema_version: self.minimum_schema_version,
            // Not without any pause, where nothing is cached.
            refresh_every: self.cache_ttl.max(Duration::from_secs(1)),
            watched: Watched::default(),
            tokens: KnownTokens::new(self.cache_capacity),
            claims: KnownClaims::new(self.cache_capacity),
            connects_under_way: ConnectsUnderWay::default(),
            pushing: Pushing::default(),
            outbox: Outbox::new(self.cache_capacity),
            recovery_tasks: RecoveryTasks::new(self.recovery_pauses),
            listening: Listening::new(self.listens, self.cache_capacity),
            telling: Telling::default(),
            followers: Followers::new(self.subscriptions),
            sockets: Sockets::new(self.sockets),
            live: LiveSettings {
                poll: self.poll,
                // Not without any pause, where nothing is cached.
                route: self.cache_ttl.max(Duration::from_secs(1)),
                copies: self.mirror_max_age.max(Duration::from_secs(1)),
            },
        }))
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
}

/// The message of a configuration error without its prefix.
fn bare(error: &Error) -> String {
    match error {
        Error::Config { message } => message.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
