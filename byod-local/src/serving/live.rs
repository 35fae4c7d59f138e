//! The tables as one client watches them.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;

use byod_schema::{FunctionPath, FunctionType, Value};
use byod_sync::server::{Answer, Moment, Stop, Updated, View};
use byod_sync::{
    FunctionError as Failure, Json, Query, QueryId, QueryResult, Request, SessionId, Timestamp,
    Token,
};
use tokio::sync::watch;
use tokio::time::sleep;

use super::core::{Call, Core, now};
use super::present::{Given, Question};
use crate::auth::{Caller, Refusal, seconds};
use crate::error::FunctionError;
use crate::functions::Access;
use crate::store::{Asked, Noticed, Store, Watcher};

/// What one client watches, and who it is.
pub(crate) struct Live {
    core: Arc<Core>,
    token: Token,
    caller: Arc<Caller>,
    /// Whether the token may be accepted no longer.
    taken_away: watch::Receiver<()>,
    queries: BTreeMap<QueryId, Query>,
    /// The queries that are to be run again.
    outdated: BTreeSet<QueryId>,
    watcher: Watcher,
}

impl Live {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        let watcher = core.store().watches().watcher();
        let taken_away = core.auth().taken_away();
        Self {
            core,
            taken_away,
            token: Token::None,
            caller: Arc::default(),
            queries: BTreeMap::new(),
            outdated: BTreeSet::new(),
            watcher,
        }
    }

    /// Whose the client's token is.
    fn who(&self) -> Result<Arc<Caller>, Stop> {
        let auth = self.core.auth();
        let caller = match &self.token {
            Token::None => Ok(Caller::default()),
            Token::User(token) => auth.user(token),
            Token::Admin { key, impersonating } => {
                auth.admin_as(key, impersonating.as_ref().map(Json::get))
            }
        };
        let refused = |why: Refusal| Stop::Refused(why.message(&self.core.name));
        caller.map(Arc::new).map_err(refused)
    }

    /// Ends when the client's token does.
    async fn expired(&self) -> Stop {
        let expires = self.caller.identity.as_ref().and_then(|who| who.expires());
        let Some(expires) = expires.filter(|_| !self.caller.admin) else {
            return pending().await;
        };
        let left = expires - seconds();
        if left > 0.0 {
            sleep(Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX)).await;
        }
        Stop::Refused(Refusal::Token.message(&self.core.name))
    }

    fn request(
        &self,
        request: Request,
        kind: FunctionType,
        run: impl FnOnce(&Core, &Caller, Call) -> Result<(Value, Timestamp), FunctionError>
        + Send
        + 'static,
    ) -> impl Future<Output = Result<Answer, Stop>> + Send + 'static {
        let (core, caller) = (self.core.clone(), self.caller.clone());
        async move {
            let component = request.component_path.as_deref();
            let called = call(&request.path, &request.args, component, kind)
                .and_then(|call| run(&core, &caller, call));
            let (result, ts) = match called {
                Ok((value, ts)) => (json(&value), ts),
                Err(error) => (Err(failure(&error)), Timestamp::ZERO),
            };
            Ok(Answer {
                id: request.id,
                result,
                ts,
                log_lines: Vec::new(),
            })
        }
    }
}

impl View for Live {
    fn latest(&self) -> Timestamp {
        // A client may have been told the time by a deployment that was here before.
        let present = Timestamp((now() * 1e6) as u64);
        self.core.store().moment().max(present)
    }

    async fn authenticate(&mut self, token: Token) -> Result<(), Stop> {
        self.token = token;
        self.caller = self.who()?;
        self.outdated = self.queries.keys().copied().collect();
        Ok(())
    }

    fn add(&mut self, query: Query) {
        self.outdated.insert(query.id);
        self.queries.insert(query.id, query);
    }

    fn remove(&mut self, id: QueryId) {
        self.outdated.remove(&id);
        self.queries.remove(&id);
        self.core.store().watches().forget(&self.watcher, id);
    }

    async fn ready(&mut self, owed: Option<Timestamp>) -> Result<(), Stop> {
        loop {
            if self.taken_away.has_changed().unwrap_or_default() {
                self.taken_away.mark_unchanged();
                self.caller = self.who()?;
            }
            if owed.is_some() || !self.outdated.is_empty() {
                return Ok(());
            }
            let mut taken_away = self.taken_away.clone();
            tokio::select! {
                stop = self.expired() => return Err(stop),
                () = self.watcher.touched.any() => return Ok(()),
                Ok(()) = taken_away.changed() => {}
            }
        }
    }

    async fn ends(&mut self) -> Stop {
        self.expired().await
    }

    async fn advance(&mut self) -> Moment {
        let core = self.core.clone();
        // While it is held nothing is committed: all queries see the same moment, and are told of all after it.
        let store = core.store();
        let ts = store.moment();
        let mut touched = self.watcher.touched.take();
        let asked_for = std::mem::take(&mut self.outdated);
        touched.retain(|id| !asked_for.contains(id));
        let all = asked_for.iter().map(|id| (*id, false));
        let mut results = Vec::with_capacity(asked_for.len() + touched.len());
        for (id, by_commit) in all.chain(touched.into_iter().map(|id| (id, true))) {
            let Some(query) = self.queries.get_mut(&id) else {
                continue;
            };
            let question = Question {
                token: self.token.clone(),
                path: query.path.clone(),
                args: query.args.clone(),
                component: query.component_path.clone(),
                page_end: query.journal.take().flatten(),
            };
            // A commit touches all clients that watch the same, and gives all of them the same.
            let known = by_commit
                .then(|| core.present().get(ts, &question))
                .flatten();
            let given = known.unwrap_or_else(|| {
                let (given, is_timeless) = answer(&core, &store, &self.caller, &question);
                if by_commit && is_timeless {
                    core.present().keep(ts, question, given.clone());
                }
                given
            });
            store.watches().watch(&self.watcher, id, given.reads);
            query.journal = Some(given.journal.clone());
            results.push(Updated {
                id,
                result: given.result,
                log_lines: Vec::new(),
                journal: given.journal,
            });
        }
        Moment { ts, results }
    }

    fn mutate(
        &mut self,
        session: SessionId,
        request: Request,
    ) -> impl Future<Output = Result<Answer, Stop>> + Send + 'static {
        let identity = self.caller.identity.as_ref();
        let asked = Asked {
            session,
            request: request.id,
            caller: identity.map(|identity| identity.token_identifier()),
        };
        self.request(request, FunctionType::Mutation, |core, caller, call| {
            core.call_once(asked, call, caller)
        })
    }

    fn act(
        &mut self,
        _: SessionId,
        request: Request,
    ) -> impl Future<Output = Result<Answer, Stop>> + Send + 'static {
        self.request(request, FunctionType::Action, |core, caller, call| {
            Ok((core.call(call, caller)?, Timestamp::ZERO))
        })
    }
}

/// Nobody is told of anything any more.
impl Drop for Live {
    fn drop(&mut self) {
        let queries = std::mem::take(&mut self.queries).into_keys();
        self.core.store().watches().end(&self.watcher, queries);
    }
}

/// Runs a query. Also says whether it gives everybody who asks the same at this moment.
fn answer(core: &Core, store: &Store, caller: &Caller, question: &Question) -> (Given, bool) {
    let noticed = Noticed::again(question.page_end.clone());
    let component = question.component.as_deref();
    let kind = FunctionType::Query;
    let value = call(&question.path, &question.args, component, kind).and_then(|call| {
        let functions = core.functions();
        let function = functions.find(&call.path, call.kind, caller)?;
        let access = Access::Read(store.tables(), store.ids());
        function.call(access, caller, call.args, now(), &noticed)
    });
    let is_timeless = noticed.is_timeless();
    let (reads, journal) = noticed.taken();
    let result = value
        .map_err(|error| failure(&error))
        .and_then(|value| json(&value));
    let given = Given {
        result,
        journal,
        reads,
    };
    (given, is_timeless)
}

fn call(
    path: &str,
    args: &Json,
    component: Option<&str>,
    kind: FunctionType,
) -> Result<Call, FunctionError> {
    if component.is_some_and(|component| !component.is_empty()) {
        return Err(FunctionError::Refused(
            "There are no components here".to_owned(),
        ));
    }
    let args = args.read::<Vec<Value>>().map_err(|error| {
        FunctionError::Refused(format!("Invalid arguments for {path}: {error}"))
    })?;
    let Ok(path) = path.parse::<FunctionPath>();
    let kind = Some(kind);
    Ok(Call { path, kind, args })
}

fn json(value: &Value) -> QueryResult {
    Json::of(value).map_err(|error| Failure {
        message: error.to_string(),
        data: None,
    })
}

fn failure(error: &FunctionError) -> Failure {
    Failure {
        message: error.to_string(),
        data: error.data().and_then(|data| json(data).ok()),
    }
}
