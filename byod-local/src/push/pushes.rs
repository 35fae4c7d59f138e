//! The pushes of one deployment, and the project that it runs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use byod_schema::{FunctionPath, IDEMPOTENCY_TABLE};
use byod_sync::Timestamp;
use serde_json::Value as Json;

use super::fault::{Faults, PushFault};
use super::project::{self, Declared, hash};
use super::record::{PushOutcome, PushRecord};
use super::refusal::NotPushed;
use super::reply::{self, IndexDiff};
use super::request::{AppDefinition, Module, StartPush, Started};
use super::schema_state::SchemaState;
use crate::builtin::Assembly;
use crate::functions::claim::Claims;
use crate::functions::{Functions, Project};
use crate::store::Store;

/// How many pushes can still be finished, or be looked at; the oldest go first.
const KEPT: usize = 1_000;

#[derive(Debug)]
pub(crate) struct Pushes(Mutex<State>);

#[derive(Debug)]
struct State {
    assembly: Assembly,
    /// What the deployment runs.
    project: Project,
    /// The bundle that it is made of, by path; none before the first push.
    modules: Arc<Modules>,
    environment: BTreeMap<String, String>,
    index_building: Duration,
    faults: Faults,
    begun: u64,
    pushes: VecDeque<Push>,
}

#[derive(Default)]
struct Modules(BTreeMap<String, Module>);

/// Shows no code.
impl std::fmt::Debug for Modules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[derive(Debug)]
struct Push {
    id: String,
    declared: Arc<Declared>,
    modules: Arc<Modules>,
    indexes: IndexDiff,
    since: Instant,
    /// The moment at which all documents matched its schema.
    fitted: Option<Timestamp>,
    fault: Option<PushFault>,
    record: PushRecord,
}

impl Pushes {
    pub(crate) fn new(
        assembly: Assembly,
        project: Project,
        environment: BTreeMap<String, String>,
        index_building: Duration,
    ) -> Self {
        Self(Mutex::new(State {
            assembly,
            project,
            modules: Arc::default(),
            environment,
            index_building,
            faults: Faults::default(),
            begun: 0,
            pushes: VecDeque::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing of it is left in the middle of a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn fail(&self, fault: PushFault, times: usize) {
        self.state().faults.set(fault, times);
    }

    pub(crate) fn set_index_building(&self, time: Duration) {
        self.state().index_building = time;
    }

    pub(crate) fn set_environment_variable(&self, name: String, value: String) {
        self.state().environment.insert(name, value);
    }

    pub(crate) fn records(&self) -> Vec<PushRecord> {
        let state = self.state();
        state
            .pushes
            .iter()
            .map(|push| push.record.clone())
            .collect()
    }

    /// Reads what is pushed, and begins; gives the reply. Takes a moment.
    pub(crate) fn start(&self, request: StartPush) -> Result<Json, NotPushed> {
        let app = request.app_definition;
        if !request.component_definitions.is_empty() {
            let reason = "byod-local runs no components: push a project without any";
            return Err(NotPushed::new("InvalidConfig", reason));
        }
        let server_version = app.udf_server_version.clone();
        let schema = app.schema.clone();
        let before = self.state().modules.clone();
        let modules = whole(app, &before)?;
        let declared = project::read(schema.as_ref(), &modules)?;

        let mut state = self.state();
        let fault = state.faults.next();
        if let Some(PushFault::MissesEnvironmentVariable(name)) = &fault {
            let reason = format!(
                "Environment variable {name} is used in the project, but its value was not set. Set it in the deployment's settings"
            );
            return Err(NotPushed::new("MissingEnvironmentVariables", reason));
        }
        if !request.dry_run {
            for push in state.pushes.iter_mut().filter(|push| !push.record.dry_run) {
                if push.record.outcome == PushOutcome::Started {
                    push.record.outcome = PushOutcome::Overtaken;
                }
            }
        }
        state.begun += 1;
        let push = Push {
            id: format!("push{}", state.begun),
            indexes: IndexDiff::between(&state.project.schema, &declared.schema),
            since: Instant::now(),
            fitted: None,
            fault,
            record: PushRecord {
                schema_version: declared.version,
                modules: modules.keys().cloned().collect(),
                dry_run: request.dry_run,
                outcome: PushOutcome::Started,
                overlapped: false,
            },
            declared,
            modules: Arc::new(Modules(modules)),
        };
        let reply = reply::started(
            &push.id,
            &push.declared,
            &push.indexes,
            &state.environment,
            &server_version,
        );
        state.pushes.push_back(push);
        if state.pushes.len() > KEPT {
            state.pushes.pop_front();
        }
        Ok(reply)
    }

    /// How far the schema of a push is.
    pub(crate) fn schema_state(&self, id: &str, store: &Store) -> Result<SchemaState, NotPushed> {
        let mut state = self.state();
        let building = state.index_building;
        let push = state.push(id)?;
        if push.fault == Some(PushFault::IsOvertaken) {
            push.record.outcome = PushOutcome::Overtaken;
        } else if push.record.outcome == PushOutcome::Overtaken {
            // Who had left it wouldn't ask.
            push.record.overlapped = true;
        }
        if push.record.outcome == PushOutcome::Overtaken {
            return Ok(SchemaState::RaceDetected);
        }
        let moment = store.moment();
        // Who waits asks often, and documents are many.
        if push.fitted != Some(moment)
            && let Some(misfit) = store.misfit(&push.declared.schema)
        {
            push.record.outcome = PushOutcome::DoesNotFit {
                table: misfit.table.clone(),
                reason: misfit.reason.clone(),
            };
            return Ok(SchemaState::Failed(misfit));
        }
        push.fitted = Some(moment);
        let left = building.saturating_sub(push.since.elapsed());
        let indexes = push.indexes.added();
        Ok(match indexes == 0 || left.is_zero() {
            true => SchemaState::Complete,
            false => SchemaState::InProgress { indexes, left },
        })
    }

    /// Has the deployment run what was pushed: its functions, and the reply.
    pub(crate) fn finish(
        &self,
        started: &Started,
        dry_run: bool,
        store: &mut Store,
    ) -> Result<(Option<Functions>, Json), NotPushed> {
        let id = started.schema_change.push();
        match self.schema_state(id, store)? {
            SchemaState::Complete => {}
            SchemaState::RaceDetected => {
                return Err(raced("Push aborted since another push has been started."));
            }
            SchemaState::Failed(misfit) => {
                let reason = format!(
                    "Schema for table `{}` failed: {}",
                    misfit.table, misfit.reason
                );
                return Err(NotPushed::new("SchemaFailed", reason));
            }
            SchemaState::InProgress { .. } => {
                let reason = "The push's schema is not ready: wait for it before";
                return Err(NotPushed::new("SchemaNotReady", reason));
            }
        }
        let mut state = self.state();
        let same_environment = state.environment == started.environment_variables;
        let push = state.push(id)?;
        if push.fault == Some(PushFault::FailsToFinish) {
            return Err(NotPushed::internal(
                "Your request couldn't be completed. Try again later.",
            ));
        }
        if !same_environment || push.fault == Some(PushFault::EnvironmentChanges) {
            return Err(raced("Environment variables have changed during the push."));
        }
        if push.record.outcome == PushOutcome::Finished {
            return Err(raced("The push has been finished before."));
        }
        let (declared, modules) = (push.declared.clone(), push.modules.clone());
        let lacking = |of: &Modules, other: &Modules| {
            let paths = of.0.keys().filter(|path| !other.0.contains_key(*path));
            paths.cloned().collect()
        };
        let (added, removed) = (
            lacking(&modules, &state.modules),
            lacking(&state.modules, &modules),
        );
        let reply = reply::finished(&state.push(id)?.indexes, added, removed);
        if dry_run || state.push(id)?.record.dry_run {
            return Ok((None, reply));
        }
        state.push(id)?.record.outcome = PushOutcome::Finished;
        state.modules = modules;
        // Which adds the tables of what is built in.
        let functions = state.install(&declared);
        let changed = store.change_schema(&state.project.schema);
        changed.map_err(NotPushed::internal)?;
        Ok((Some(functions), reply))
    }
}

impl State {
    fn push(&mut self, id: &str) -> Result<&mut Push, NotPushed> {
        let push = self.pushes.iter_mut().find(|push| push.id == id);
        push.ok_or_else(|| NotPushed::new("InvalidConfig", "There is no such push here"))
    }

    fn install(&mut self, declared: &Declared) -> Functions {
        let claim = FunctionPath::new("byod/claim", "claim");
        self.assembly.claims = match self.assembly.claims {
            Claims::Shared => Claims::Shared,
            _ if declared.functions.contains_key(&claim) => Claims::Kept,
            _ => Claims::Missing,
        };
        let ping = FunctionPath::new("functions", "ping");
        self.assembly.has_ping = declared.functions.contains_key(&ping);
        if let Some(version) = declared.version {
            self.assembly.schema_version = version;
        }
        self.project.schema = declared.schema.clone();
        self.project.functions = declared.functions.clone();
        if declared.schema.table(IDEMPOTENCY_TABLE).is_none() {
            self.project.keyed.clear();
        }
        let Self {
            assembly, project, ..
        } = self;
        assembly.functions(project)
    }
}

/// All modules: those that came, and those that the deployment has already.
fn whole(app: AppDefinition, before: &Modules) -> Result<BTreeMap<String, Module>, NotPushed> {
    let mut modules = BTreeMap::new();
    for module in app.changed_modules {
        modules.insert(module.path.clone(), module);
    }
    for unchanged in app.unchanged_module_hashes {
        let path = &unchanged.path;
        let Some(module) = before.0.get(path) else {
            let reason = format!("The deployment has no module {path}");
            return Err(NotPushed::conflict("MissingExistingModule", reason));
        };
        if hash(module) != unchanged.sha256 || module.environment != unchanged.environment {
            let reason = format!("The deployment has another module {path}");
            return Err(NotPushed::conflict("ExistingModuleHashConflict", reason));
        }
        modules.insert(path.clone(), module.clone());
    }
    Ok(modules)
}

fn raced(reason: &str) -> NotPushed {
    NotPushed::new("RaceDetected", reason)
}
