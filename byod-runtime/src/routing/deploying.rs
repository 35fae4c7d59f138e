//! Brings the project of users' deployments to one of them, and notes it in the user's record.

mod noting;
mod outcome;
mod together;

use std::time::Duration;

use super::service::Byod;
use super::testing::After;
use crate::deployment::{Bundle, Client, NotPushed};
use crate::error::{ConnectionProblem, Error};
use crate::users::{ConnectionStatus, Credentials, UserDatabaseConfig, UserId};

use noting::Note;
pub use noting::Pushed;
pub use outcome::{DeployProblem, Deployed};
pub use together::DeployTogether;

impl Byod {
    /// Brings the project to the deployment of a user's record, unless it runs it already, and
    /// writes `schemaVersion` and `lastSchemaDeploy` there, if the record is still that one.
    ///
    /// A deployment that refuses it, or whose documents don't match its schema, is left as it
    /// was. It can be cut off anywhere and done again. Users whose record says `connected` or
    /// `error` have a deployment in use; one that failed for want of the project is tested
    /// afterwards, and connected if it works.
    ///
    /// What the deployment answers to a push holds its environment variables: it is neither
    /// kept nor logged.
    ///
    /// The record is the one that is known, such as from [`user_records`](Self::user_records); what counts is how it
    /// is now, which main is asked. Of those who share a deployment one has their turn at a time. For many users,
    /// [`deploy_together`](Self::deploy_together) asks main less often.
    ///
    /// Errors are those of main.
    pub async fn deploy(
        &self,
        record: &UserDatabaseConfig,
        bundle: &Bundle,
    ) -> Result<Deployed, Error> {
        let one = self.deploy_together(vec![record.clone()], bundle, Duration::ZERO);
        let pushed = one.push(0).await?;
        self.note_one(pushed).await
    }

    /// Pushes to the deployment of a user's record, in their turn; `present` gives the record as it is then. Nothing is
    /// written to main.
    async fn push_in_turn(
        &self,
        known: &UserDatabaseConfig,
        bundle: &Bundle,
        present: impl Future<Output = Result<Option<UserDatabaseConfig>, Error>>,
    ) -> Result<Pushed, Error> {
        if !known.connection_status.is_in_use() {
            return Ok(Deployed::NotConnected.into());
        }
        let user = UserId::from(known.user_id.as_str());
        let client = self.client(&user, known).ok();
        let _alone = match &client {
            Some(client) => Some(self.inner().pushing.alone(client.shared_url()).await),
            None => None,
        };
        // Only this says whether the user's data is on its way.
        let present = match present.await {
            // One record that main can't give keeps nobody else waiting.
            Err(error) => {
                let problem = DeployProblem::of_record(&error).ok_or(error)?;
                return Ok(Deployed::Failed(problem).into());
            }
            Ok(present) => present,
        };
        let Some(record) = present.filter(|record| record.connection_status.is_in_use()) else {
            return Ok(Deployed::NotConnected.into());
        };
        if record.is_moving() {
            return Ok(Deployed::Moving.into());
        }
        let reached = self
            .open(&user, &record)
            .and_then(|credentials| Ok((self.client(&user, &record)?, credentials)));
        let (present, credentials) = match reached {
            Ok(reached) => reached,
            Err(error) => return Ok(failed(ConnectionProblem::of(&error).ok_or(error)?).into()),
        };
        if client.is_none_or(|known| known.shared_url() != present.shared_url()) {
            return Ok(Deployed::Changed.into());
        }
        Ok(self
            .push_unless_it_runs(&user, record, &present, &credentials, bundle)
            .await)
    }

    /// The same to a deployment that is in use, by its record as it is now, while nobody else pushes there.
    async fn push_unless_it_runs(
        &self,
        user: &UserId,
        record: UserDatabaseConfig,
        client: &Client,
        credentials: &Credentials,
        bundle: &Bundle,
    ) -> Pushed {
        let wanted = bundle.schema_version();
        match self.version_at(client).await {
            Ok(found) if found >= wanted => {
                let runs = match found == wanted {
                    true => Deployed::Current,
                    false => Deployed::Newer { found },
                };
                let is_noted = record.schema_version as u64 == found;
                if is_noted && record.connection_status == ConnectionStatus::Connected {
                    return runs.into();
                }
                let after = match found == wanted && !is_noted {
                    // A run that was cut off before it could note that.
                    true => After::Deploy,
                    false => After::Test,
                };
                return self.examined(user, record, client, runs, after).await;
            }
            // It has none yet, or one that doesn't work.
            Ok(_) | Err(ConnectionProblem::NoPing | ConnectionProblem::PingFailed { .. }) => {}
            Err(problem) => return failed(problem).into(),
        }
        if let Err(problem) = self.check_claim(client, user).await {
            return failed(problem).into();
        }
        if let Err(problem) = self.push_to(client, credentials, bundle).await {
            return Deployed::Failed(problem).into();
        }
        let runs = Deployed::Pushed;
        let mut pushed = self
            .examined(user, record, client, runs, After::Deploy)
            .await;
        pushed.expect_version(wanted);
        pushed
    }

    /// Pushes; what is there afterwards counts, for an answer may be lost on the way, and who
    /// pushes at the same time may push the same.
    async fn push_to(
        &self,
        client: &Client,
        credentials: &Credentials,
        bundle: &Bundle,
    ) -> Result<(), DeployProblem> {
        let problem = match client.push(bundle, &credentials.deploy_key).await {
            Ok(()) => return Ok(()),
            Err(NotPushed::DoesNotFit { table, reason }) => {
                return Err(DeployProblem::DoesNotFit { table, reason });
            }
            Err(NotPushed::Overtaken) => DeployProblem::Overtaken,
            Err(NotPushed::TooSlow(limit)) => return Err(DeployProblem::TooSlow { limit }),
            Err(NotPushed::Error(error)) => DeployProblem::of(&error),
        };
        match self.version_at(client).await {
            Ok(found) if found == bundle.schema_version() => Ok(()),
            _ => Err(problem),
        }
    }

    /// Whether the deployment can be used that is known to run something, to be noted with that.
    async fn examined(
        &self,
        user: &UserId,
        seen: UserDatabaseConfig,
        client: &Client,
        runs: Deployed,
        after: After,
    ) -> Pushed {
        let found = self.examine(client, user).await;
        let found = found.map(|(version, _)| version);
        let outcome = match &found {
            Ok(_) => runs,
            Err(problem) => failed(problem.clone()),
        };
        Pushed::to_be_noted(outcome, Note { seen, found, after })
    }
}

fn failed(problem: ConnectionProblem) -> Deployed {
    Deployed::Failed(DeployProblem::Connection(problem))
}
