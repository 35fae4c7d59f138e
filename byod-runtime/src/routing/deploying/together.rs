//! Many users' deployments, brought to a version with few requests to main.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::super::service::Byod;
use super::noting::Pushed;
use super::outcome::Deployed;
use crate::deployment::Bundle;
use crate::error::Error;
use crate::users::{UserDatabaseConfig, UserId};

/// Users to whose deployments a project is brought, of whom main is asked once for all.
///
/// ```no_run
/// use std::time::Duration;
///
/// use byod_runtime::{Bundle, Byod, Deployed, Error, UserDatabaseConfig};
///
/// /// One after the other; any number may be pushed to at once.
/// async fn deploy(byod: &Byod, records: Vec<UserDatabaseConfig>, bundle: &Bundle) -> Result<Vec<Deployed>, Error> {
///     let users = byod.deploy_together(records, bundle, Duration::from_secs(5));
///     let mut pushed = Vec::new();
///     for number in 0..users.records().len() {
///         pushed.push(users.push(number).await?);
///     }
///     byod.note_deployed(pushed).await
/// }
/// ```
#[derive(Clone)]
pub struct DeployTogether(Arc<Users>);

struct Users {
    byod: Byod,
    bundle: Bundle,
    records: Vec<UserDatabaseConfig>,
    /// How long what main says holds.
    lasting: Duration,
    said: Mutex<Said>,
}

/// What main has said of the users.
struct Said {
    /// When that was; `None` before it was asked.
    at: Option<Instant>,
    users: Vec<User>,
    /// Main is to be asked for each user by themselves.
    singly: bool,
}

#[derive(Clone)]
enum User {
    /// Still to be pushed to; with their record, as it was said last.
    ToCome(Option<Box<UserDatabaseConfig>>),
    Begun,
}

impl Byod {
    /// Users to whose deployments the project is brought, by their records as they are known; a hundred, say.
    ///
    /// How the records are now, and whether somebody's data is on its way, main is asked right before the first one is
    /// pushed to, for all of them; and again, for those who are still to come, where one is begun with when that is longer
    /// ago than `lasting`. Of one user, and of a main whose `byod export --main` is of before there was a function for
    /// several, main is asked for each user when it is their turn.
    pub fn deploy_together(
        &self,
        records: Vec<UserDatabaseConfig>,
        bundle: &Bundle,
        lasting: Duration,
    ) -> DeployTogether {
        let said = Said {
            at: None,
            users: vec![User::ToCome(None); records.len()],
            singly: records.len() == 1,
        };
        DeployTogether::new(self, records, bundle, lasting, said)
    }

    /// Brings the project to the deployment of a user as [`deploy`](Self::deploy) does, by their record as
    /// [`user_record`](Self::user_record) has just given it: main is asked for it again only where they have waited for their
    /// turn for longer than `lasting`.
    pub async fn deploy_as_read(
        &self,
        record: UserDatabaseConfig,
        bundle: &Bundle,
        lasting: Duration,
    ) -> Result<Deployed, Error> {
        let said = Said {
            at: Some(Instant::now()),
            users: vec![User::ToCome(Some(Box::new(record.clone())))],
            singly: false,
        };
        let one = DeployTogether::new(self, vec![record], bundle, lasting, said);
        let pushed = one.push(0).await?;
        self.note_one(pushed).await
    }
}

impl DeployTogether {
    fn new(
        byod: &Byod,
        records: Vec<UserDatabaseConfig>,
        bundle: &Bundle,
        lasting: Duration,
        said: Said,
    ) -> Self {
        Self(Arc::new(Users {
            byod: byod.clone(),
            bundle: bundle.clone(),
            records,
            lasting,
            said: Mutex::new(said),
        }))
    }

    /// The records, as they were known.
    pub fn records(&self) -> &[UserDatabaseConfig] {
        &self.0.records
    }

    /// Pushes to the deployment of one of them, counted from 0, as [`Byod::deploy`] does, but for what is written into their
    /// record: that is for [`Byod::note_deployed`].
    ///
    /// Errors are those of main. Panics where there is no such user.
    pub async fn push(&self, number: usize) -> Result<Pushed, Error> {
        let Users {
            byod,
            bundle,
            records,
            ..
        } = &*self.0;
        let present = self.present(number);
        byod.push_in_turn(&records[number], bundle, present).await
    }

    /// The user's record as it is now, or was said to be so long ago as that holds.
    async fn present(&self, number: usize) -> Result<Option<UserDatabaseConfig>, Error> {
        let Users {
            byod,
            records,
            lasting,
            ..
        } = &*self.0;
        let mut said = self.0.said.lock().await;
        if !said.singly && said.at.is_none_or(|at| at.elapsed() >= *lasting) {
            self.ask(&mut said).await?;
        }
        let user = std::mem::replace(&mut said.users[number], User::Begun);
        match user {
            User::ToCome(record) if !said.singly => Ok(record.map(|record| *record)),
            // Whoever is pushed to a second time is asked for again.
            _ => {
                drop(said);
                let user = UserId::from(records[number].user_id.as_str());
                byod.inner().store.get(&user).await
            }
        }
    }

    /// Asks main for all who are still to come.
    async fn ask(&self, said: &mut Said) -> Result<(), Error> {
        let to_come = said.users.iter().zip(&self.0.records);
        let to_come = to_come.filter(|(user, _)| matches!(user, User::ToCome(_)));
        let asked: Vec<&str> = to_come.map(|(_, record)| &*record.user_id).collect();
        // As of the moment before main is asked.
        let now = Instant::now();
        let Some(records) = self.0.byod.inner().store.get_all(&asked).await? else {
            said.singly = true;
            return Ok(());
        };
        let to_come = said.users.iter_mut();
        let to_come = to_come.filter(|user| matches!(user, User::ToCome(_)));
        for (user, record) in to_come.zip(records) {
            *user = User::ToCome(record.map(Box::new));
        }
        said.at = Some(now);
        Ok(())
    }
}

impl fmt::Debug for DeployTogether {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeployTogether")
            .field("users", &self.0.records.len())
            .finish_non_exhaustive()
    }
}
