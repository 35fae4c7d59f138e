use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};
use tracing::Instrument as _;

use super::ids::UserId;
use super::record::{ConnectionStatus, SealedCredentials, UserDatabaseConfig};
use super::reseal::Records;
use crate::codec::Page;
use crate::deployment::{Auth, CallContext, Client, Token};
use crate::error::{Endpoint, Error};

/// Who a token belongs to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Who {
    pub(crate) user_id: String,
    pub(crate) subject: String,
}

/// The users' records, through the internal functions of main that hold them.
#[derive(Debug)]
pub(crate) struct Store {
    main: Client,
    /// Held by who reads a user's record in order to change it. Users share them by
    /// the hash of their ids.
    writing: [Mutex<()>; 64],
    /// Whether main's `updateConfig` was seen to compare nothing, though it takes what
    /// a writer has seen.
    compares_nothing: AtomicBool,
    who_am_i: String,
    get_config: String,
    get_configs: String,
    create_config: String,
    update_config: String,
    update_configs: String,
    list_configs: String,
    reseal_config: String,
    changed_configs: String,
}

impl Store {
    /// `main` must have the deploy key; `module` is the functions' module, such as
    /// `byod/credentials`.
    pub(crate) fn new(main: Client, module: &str) -> Self {
        Self {
            main,
            writing: std::array::from_fn(|_| Mutex::default()),
            compares_nothing: AtomicBool::new(false),
            who_am_i: format!("{module}:whoAmI"),
            get_config: format!("{module}:getConfigInternal"),
            get_configs: format!("{module}:getConfigs"),
            create_config: format!("{module}:createConfig"),
            update_config: format!("{module}:updateConfig"),
            update_configs: format!("{module}:updateConfigs"),
            list_configs: format!("{module}:listConfigs"),
            reseal_config: format!("{module}:resealConfig"),
            changed_configs: format!("{module}:changedConfigs"),
        }
    }

    /// To be held from reading a user's record until it is changed: else what was
    /// found about old credentials could be written over new ones. It holds for this
    /// process.
    pub(crate) async fn lock(&self, user: &UserId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        user.hash(&mut hasher);
        let place = hasher.finish() % self.writing.len() as u64;
        self.writing[place as usize].lock().await
    }

    /// The query that tells whose records were changed.
    pub(crate) fn changed_configs(&self) -> &str {
        &self.changed_configs
    }

    /// Main, called with its deploy key.
    pub(crate) fn main(&self) -> &Client {
        &self.main
    }

    /// Who a token belongs to, as main finds it out with the token itself; `None` where that
    /// is nobody.
    pub(crate) async fn who_am_i(&self, token: &Token) -> Result<Option<Who>, Error> {
        #[derive(Serialize)]
        struct Nothing {}
        let asked = self.main.with_auth(Auth::user(token));
        let asked = asked.usable().map_err(|error| match error {
            // The caller's, not the operator's.
            Error::Config { message } => Error::unauthenticated(message),
            other => other,
        })?;
        match asked.query(&self.who_am_i, &Nothing {}).await {
            Err(Error::Rejected { message, .. }) => Err(Error::unauthenticated(format!(
                "main refuses the token: {message}"
            ))),
            Err(Error::Function { message, .. }) if message.contains("Could not find public") => {
                Err(Error::config(format!(
                    "main has no function `{}`; `byod export --main` writes it, or says what to add",
                    self.who_am_i
                )))
            }
            answer => answer,
        }
    }

    /// The query for a user's record.
    pub(crate) fn reading(&self) -> CallContext<'_> {
        self.main.context(Endpoint::Query, &self.get_config)
    }

    pub(crate) async fn get(&self, user: &UserId) -> Result<Option<UserDatabaseConfig>, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Args<'a> {
            user_id: &'a str,
        }
        user.check()?;
        let user_id = user.as_str();
        let args = Args { user_id };
        let record: Option<UserDatabaseConfig> = self.main.query(&self.get_config, &args).await?;
        match record {
            // With another user's record, calls would go to that user's deployment.
            Some(record) if record.user_id != user_id => Err(others_record(&self.get_config)),
            record => Ok(record),
        }
    }

    /// The records of several users, in their order, in one request; `None` where main has no function for that, or it
    /// can't give one of them.
    pub(crate) async fn get_all(
        &self,
        users: &[&str],
    ) -> Result<Option<Vec<Option<UserDatabaseConfig>>>, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Args<'a> {
            user_ids: &'a [&'a str],
        }
        let args = Args { user_ids: users };
        let records = self.main.query(&self.get_configs, &args).await;
        let records: Vec<Option<UserDatabaseConfig>> = match records {
            // Whose fault it is, the function for one user says.
            Err(Error::Function { .. }) => return Ok(None),
            records => records?,
        };
        let is_of = |(record, user): (&Option<UserDatabaseConfig>, &&str)| {
            record.as_ref().is_none_or(|record| record.user_id == *user)
        };
        match records.len() == users.len() && records.iter().zip(users).all(is_of) {
            true => Ok(Some(records)),
            false => Err(others_record(&self.get_configs)),
        }
    }

    /// Up to `count` of all records.
    pub(crate) async fn list(&self, cursor: Option<&str>, count: u32) -> Result<Records, Error> {
        let options = PaginationOptions {
            num_items: count,
            cursor,
        };
        let args = ListArgs {
            pagination_opts: options,
        };
        let page: Page<UserDatabaseConfig> = self.main.query(&self.list_configs, &args).await?;
        Ok(Records {
            next: (!page.is_done).then_some(page.continue_cursor),
            records: page.page,
        })
    }

    /// Replaces the credentials of a record by the same ones, sealed anew; `false`
    /// if the record is gone or has others by now.
    pub(crate) async fn reseal(
        &self,
        record: &UserDatabaseConfig,
        sealed: &SealedCredentials,
    ) -> Result<bool, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Reseal<'a> {
            config_id: &'a str,
            expected_auth_tags: &'a str,
            #[serde(flatten)]
            credentials: &'a SealedCredentials,
            updated_at: u64,
        }
        let args = Reseal {
            config_id: &record.id,
            expected_auth_tags: &record.credentials.auth_tags,
            credentials: sealed,
            // A main of before this was left alone compares the tags only: the time must
            // not go back behind a disconnect that came in between.
            updated_at: time_after(Some(record)),
        };
        self.main.mutation(&self.reseal_config, &args).await
    }

    /// Makes a record for a user who had none, at that time (in ms since 1970); `false` if
    /// somebody else did meanwhile.
    pub(crate) async fn create(
        &self,
        user: &UserId,
        credentials: &SealedCredentials,
        change: &Change<'_>,
        now: u64,
    ) -> Result<bool, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Create<'a> {
            user_id: &'a str,
            #[serde(flatten)]
            credentials: &'a SealedCredentials,
            connection_status: &'a ConnectionStatus,
            #[serde(skip_serializing_if = "Option::is_none")]
            connection_error: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            last_connection_test: Option<u64>,
            schema_version: u64,
            created_at: u64,
            updated_at: u64,
        }
        let args = Create {
            user_id: user.as_str(),
            credentials,
            connection_status: change.status,
            connection_error: change.error,
            last_connection_test: change.tested.then_some(now),
            schema_version: change.schema_version.unwrap_or(0),
            created_at: now,
            updated_at: now,
        };
        let create = self.main.mutation::<IgnoredAny>(&self.create_config, &args);
        match create.await {
            Ok(_) => Ok(true),
            // Main refuses a second record of a user.
            Err(error @ Error::Function { .. }) => match self.get(user).await? {
                Some(_) => Ok(false),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// Changes the record at that time ([`time_after`]), unless it is another by now than the
    /// one that was seen: `false` then. Main compares both in its own transaction.
    pub(crate) async fn update(
        &self,
        seen: &UserDatabaseConfig,
        change: &Change<'_>,
        at: u64,
    ) -> Result<bool, Error> {
        if self.compares_nothing.load(Ordering::Relaxed) {
            return self.update_unguarded(seen, change, at).await;
        }
        let update = Update::of(seen, change, Some(Expected::of(seen)), at);
        let update = self.main.mutation(&self.update_config, &update);
        match update.await {
            Ok(Some(written)) => Ok(written),
            // A function that takes whatever it gets, and looks at none of it: written
            // this time, and read before from now on.
            Ok(None) => {
                self.compares_nothing.store(true, Ordering::Relaxed);
                Ok(true)
            }
            Err(Error::Function { message, .. }) if takes_no_expectation(&message) => {
                self.update_unguarded(seen, change, at).await
            }
            Err(error) => Err(error),
        }
    }

    /// Changes the records of several users in one request, each by itself as [`update`](Self::update) does, and says of each
    /// whether it was changed; `None` where nothing was: main has no function for that, or it refuses one of the changes.
    pub(crate) async fn update_all<'a>(
        &self,
        changes: impl Iterator<Item = (&'a UserDatabaseConfig, Change<'a>, u64)>,
    ) -> Result<Option<Vec<bool>>, Error> {
        #[derive(Serialize)]
        struct Args<'a> {
            changes: Vec<Update<'a>>,
        }
        let changes = changes
            .map(|(seen, change, at)| Update::of(seen, &change, Some(Expected::of(seen)), at));
        let args = Args {
            changes: changes.collect(),
        };
        let changed: Vec<bool> = match self.main.mutation(&self.update_configs, &args).await {
            // Which one it refuses, the function for one user says.
            Err(Error::Function { .. }) => return Ok(None),
            changed => changed?,
        };
        match changed.len() == args.changes.len() {
            true => Ok(Some(changed)),
            false => Err(Error::config(format!(
                "`{}` doesn't say of each record whether it was changed; `byod export --main` writes one that does",
                self.update_configs
            ))),
        }
    }

    /// The same where main's function is of before it could refuse: what others write
    /// between the two requests is written over.
    async fn update_unguarded(
        &self,
        seen: &UserDatabaseConfig,
        change: &Change<'_>,
        at: u64,
    ) -> Result<bool, Error> {
        tracing::warn!(
            function = self.update_config,
            "main's function does not compare the record with what was seen, so what other processes \
             write at the same time can be lost: `byod export --main` writes one that does"
        );
        let user = UserId::from(seen.user_id.as_str());
        if self.get(&user).await?.as_ref() != Some(seen) {
            return Ok(false);
        }
        let update = Update::of(seen, change, None, at);
        let update = self
            .main
            .mutation::<IgnoredAny>(&self.update_config, &update);
        update.await.map(|_| true)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Update<'a> {
    config_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Expected<'a>>,
    #[serde(flatten)]
    credentials: Option<&'a SealedCredentials>,
    connection_status: &'a ConnectionStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_connection_test: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema_version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_schema_deploy: Option<u64>,
    updated_at: u64,
}

/// What the writer has seen of the record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Expected<'a> {
    connection_status: &'a ConnectionStatus,
    auth_tags: &'a str,
    updated_at: f64,
}

impl<'a> Expected<'a> {
    fn of(seen: &'a UserDatabaseConfig) -> Self {
        Self {
            connection_status: &seen.connection_status,
            auth_tags: &seen.credentials.auth_tags,
            updated_at: seen.updated_at,
        }
    }
}

impl<'a> Update<'a> {
    fn of(
        seen: &'a UserDatabaseConfig,
        change: &Change<'a>,
        expected: Option<Expected<'a>>,
        at: u64,
    ) -> Self {
        Self {
            config_id: &seen.id,
            expected,
            credentials: change.credentials,
            connection_status: change.status,
            connection_error: change.error,
            last_connection_test: change.tested.then(now),
            schema_version: change.schema_version,
            last_schema_deploy: change.deployed.then(now),
            updated_at: at,
        }
    }
}

fn others_record(function: &str) -> Error {
    Error::config(format!(
        "`{function}` gave the record of another user than it was asked for; \
         it must give the one whose `userId` is the argument, or null"
    ))
}

/// Whether main's function refused the argument that says what was seen: by its
/// validator, or by that of the table, where it stores all it gets.
fn takes_no_expectation(message: &str) -> bool {
    message.contains("expected") && message.contains("extra field")
}

/// Runs what changes a record to its end, also if the caller is dropped: a request
/// that was sent may take effect later, and until then nobody else may change the
/// record.
pub(crate) async fn to_the_end<T: Send + 'static>(
    change: impl Future<Output = T> + Send + 'static,
) -> T {
    match tokio::spawn(change.in_current_span()).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and with it the caller.
            Err(_) => std::future::pending().await,
        },
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListArgs<'a> {
    pagination_opts: PaginationOptions<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaginationOptions<'a> {
    num_items: u32,
    cursor: Option<&'a str>,
}

/// What changes in a user's record.
pub(crate) struct Change<'a> {
    pub(crate) status: &'a ConnectionStatus,
    /// Why the status is `error`. Main drops the former reason with any other status.
    pub(crate) error: Option<&'a str>,
    pub(crate) credentials: Option<&'a SealedCredentials>,
    /// Whether the connection was tested just now.
    pub(crate) tested: bool,
    pub(crate) schema_version: Option<u64>,
    /// Whether the project was deployed just now.
    pub(crate) deployed: bool,
}

impl<'a> Change<'a> {
    /// Nothing but the status.
    pub(crate) fn to(status: &'a ConnectionStatus) -> Self {
        Self {
            status,
            error: None,
            credentials: None,
            tested: false,
            schema_version: None,
            deployed: false,
        }
    }
}

/// The time of a change: later than what was seen, also within one millisecond or where
/// another process's clock is ahead. Else the two could not be told apart.
pub(crate) fn time_after(seen: Option<&UserDatabaseConfig>) -> u64 {
    let seen = seen.map_or(0, |seen| seen.updated_at as u64 + 1);
    now().max(seen)
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
