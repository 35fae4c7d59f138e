//! Mutations and actions of one client.

use std::sync::Arc;
use std::time::Duration;

use byod_runtime::relay::{MainLine, WritingMain, act_own, mutate_own, runs_at};
use byod_runtime::{Error, FunctionType, Runs, Session};
use byod_sync::server::{Answer, Stop};
use byod_sync::{Completion, FunctionError, Json, QueryResult, Request, SessionId, Timestamp};
use tokio::time::timeout;

use super::shared::Shared;
use super::side::{Side, only};
use crate::failure::{self, Failure};
use crate::state::Gateway;

/// How long an answer of the user's deployment waits for the results that have its writes.
const CATCH_UP: Duration = Duration::from_secs(5);

/// How often in a row the user's calls may be found to go elsewhere.
const AGAIN: usize = 4;

/// One that is to run.
pub(super) struct Asked {
    pub(super) client: SessionId,
    pub(super) request: Request,
    /// Who asks; `None` for somebody of whom main knows no user.
    pub(super) session: Option<Session>,
    pub(super) gateway: Gateway,
    /// The token of whom main knew no user.
    pub(super) stranger: Option<String>,
    pub(super) line: MainLine,
    pub(super) shared: Arc<Shared>,
    /// Main's host.
    pub(super) main: Arc<str>,
}

impl Asked {
    /// Runs the mutation where it runs now. Its answer has a moment at which the client sees what it wrote.
    pub(super) async fn mutate(mut self) -> Result<Answer, Stop> {
        if let Err(error) = self.know_who().await {
            return Ok(self.answer(Err(error), Timestamp::ZERO, Vec::new()));
        }
        let kind = FunctionType::Mutation;
        for _ in 0..AGAIN {
            let session = match self.side(kind).await {
                Err(error) => return Ok(self.answer(Err(error), Timestamp::ZERO, Vec::new())),
                Ok(Side::Main) => return self.mutate_main().await,
                Ok(Side::Own(_)) => self.session.as_ref(),
            };
            let (Some(session), Ok(args)) = (session, only(&self.request.args)) else {
                break;
            };
            let under_way = self.shared.under_way();
            // Of one client, whichever gateway it asks, and told from the keys that a service makes itself.
            let key = format!("sync {} {}", self.client, self.request.id.0);
            let ran = match mutate_own(session, &self.request.path, &args, &key).await {
                Err(Error::DeploymentChanged { .. }) => continue,
                ran => ran,
            };
            let ts = match &ran {
                Ok(_) => {
                    if let Some(moments) = self.shared.moments() {
                        let _ = timeout(CATCH_UP, moments.caught_up()).await;
                    }
                    self.shared.clock.next()
                }
                Err(_) => Timestamp::ZERO,
            };
            drop(under_way);
            let result = ran.map_err(|error| told(&error, &self.main));
            return Ok(self.answer(result, ts, Vec::new()));
        }
        let result = Err(self.unsettled());
        Ok(self.answer(result, Timestamp::ZERO, Vec::new()))
    }

    async fn mutate_main(self) -> Result<Answer, Stop> {
        let _writing = self.writing();
        match self.line.mutate(self.request.clone()).await {
            Completion::Done {
                result, log_lines, ..
            } => {
                let ts = match &result {
                    Ok(_) => {
                        // The client has given another token since: what it watches is of another socket.
                        if let Some(now) = self.shared.main_instead(&self.line) {
                            let _ = timeout(CATCH_UP, now.caught_up()).await;
                        }
                        self.shared.main_owes()
                    }
                    Err(_) => Timestamp::ZERO,
                };
                Ok(self.answer(result, ts, log_lines))
            }
            // Whoever comes back asks for it again.
            Completion::Lost => Err(Stop::Close {
                code: 1011,
                reason: "InternalServerError",
            }),
        }
    }

    /// Runs the action where it runs now, at most once.
    pub(super) async fn act(mut self) -> Result<Answer, Stop> {
        if let Err(error) = self.know_who().await {
            return Ok(self.answer(Err(error), Timestamp::ZERO, Vec::new()));
        }
        let kind = FunctionType::Action;
        for _ in 0..AGAIN {
            let session = match self.side(kind).await {
                Err(error) => return Ok(self.answer(Err(error), Timestamp::ZERO, Vec::new())),
                Ok(Side::Main) => return Ok(self.act_main().await),
                Ok(Side::Own(_)) => self.session.as_ref(),
            };
            let (Some(session), Ok(args)) = (session, only(&self.request.args)) else {
                break;
            };
            let ran = match act_own(session, &self.request.path, &args).await {
                Err(Error::DeploymentChanged { .. }) => continue,
                ran => ran.map_err(|error| told(&error, &self.main)),
            };
            return Ok(self.answer(ran, Timestamp::ZERO, Vec::new()));
        }
        let result = Err(self.unsettled());
        Ok(self.answer(result, Timestamp::ZERO, Vec::new()))
    }

    async fn act_main(self) -> Answer {
        let _writing = self.writing();
        let (result, log_lines) = match self.line.act(self.request.clone()).await {
            Completion::Done {
                result, log_lines, ..
            } => (result, log_lines),
            Completion::Lost => {
                let message = "Connection lost while action was in flight".to_owned();
                let lost = FunctionError {
                    message,
                    data: None,
                };
                (Err(lost), Vec::new())
            }
        };
        // It may be what signs the client up, also where it failed later.
        self.shared.may_have_changed_main();
        self.answer(result, Timestamp::ZERO, log_lines)
    }

    /// Who has signed up by another way may have connected a deployment by now: nothing that belongs there is to be written
    /// to main. Whatever is main's own, as what signs up is, goes there without asking.
    async fn know_who(&mut self) -> Result<(), FunctionError> {
        let function = self.gateway.byod.router().function(&self.request.path);
        let is_mains = function.is_some_and(|function| matches!(function.runs, Runs::Main { .. }));
        let (None, Some(token), false) = (&self.session, &self.stranger, is_mains) else {
            return Ok(());
        };
        let asked = self.gateway.session_now(token).await;
        self.session = asked.map_err(|error| told(&error, &self.main))?;
        if self.session.is_some() {
            // The client's queries follow.
            self.shared.may_have_changed_main();
        }
        Ok(())
    }

    fn writing(&self) -> Option<WritingMain> {
        let session = self.session.as_ref()?;
        Some(WritingMain::begin(session, &self.request.path))
    }

    async fn side(&self, kind: FunctionType) -> Result<Side, FunctionError> {
        // Components are for who has a deploy key; main says so.
        let Some(session) = self
            .session
            .as_ref()
            .filter(|_| self.request.component_path.is_none())
        else {
            return Ok(Side::Main);
        };
        let runs = runs_at(session, &self.request.path, kind).await;
        runs.map(|deployment| Side::of(&deployment))
            .map_err(|error| told(&error, &self.main))
    }

    fn unsettled(&self) -> FunctionError {
        let message = match only(&self.request.args) {
            Err(error) => format!("Invalid arguments for {}: {error}", self.request.path),
            Ok(_) => "where the data is changes too often: it was not run".to_owned(),
        };
        FunctionError {
            message,
            data: None,
        }
    }

    fn answer(&self, result: QueryResult, ts: Timestamp, log_lines: Vec<String>) -> Answer {
        Answer {
            id: self.request.id,
            result,
            ts,
            log_lines,
        }
    }
}

/// What a client is told of an error; `main` is main's host.
pub(super) fn told(error: &Error, main: &str) -> FunctionError {
    match failure::of(error, main) {
        Failure::Function { message, data } => FunctionError {
            message,
            data: data.map(Json::from),
        },
        Failure::Refused { message, .. } => FunctionError {
            message,
            data: None,
        },
    }
}
