//! The JavaScript engine with the module registry in it, within the limits.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;

use rquickjs::context::EvalOptions;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Object, Runtime, Value};
use serde::Deserialize;

use super::host::{Host, Noticing, object};
use crate::error::Error;
use crate::error::Limit;
use crate::limits::{Clock, End, Limits};

/// The JavaScript side, one program: later parts use what earlier ones define.
const PROGRAM: &str = concat!(
    "0, (host) => {\n",
    include_str!("js/inert.js"),
    include_str!("js/unknown.js"),
    include_str!("js/registry.js"),
    include_str!("js/extract.js"),
    include_str!("js/globals.js"),
    include_str!("js/locale.js"),
    include_str!("js/helpers.js"),
    "return { start, state, failure, fireTimer, missesVariables, culprit, readSchema, readFunctions, readCheckedFunctions };\n}",
);

/// How a module ended.
pub(crate) enum Outcome {
    Loaded,
    Failed(Failure),
    /// A promise that it awaits never settles.
    Unsettled,
}

/// Why a module could not be loaded.
pub(crate) struct Failure {
    thrown: String,
    /// Imports that led nowhere or failed, which may be the reason.
    missing: Vec<String>,
    /// `path:line:column` in the original, or the path alone.
    pub(crate) place: String,
}

impl Failure {
    pub(crate) fn reason(&self) -> String {
        match self.missing.as_slice() {
            [] => self.thrown.clone(),
            missing => format!("{}; it imports {}", self.thrown, missing.join(" and ")),
        }
    }
}

/// The whole of what is said where the engine's memory is used up.
const OUT_OF_MEMORY: &str = "InternalError: out of memory";
const NULL_THROWN: &str = "null was thrown";

pub(crate) struct Engine {
    runtime: Runtime,
    context: Context,
    host: Rc<RefCell<Host>>,
    limits: Limits,
    /// How much the engine may do, as a part of the limits.
    allowed: Cell<Limit>,
    clock: Rc<Clock>,
}

impl Engine {
    pub(crate) fn new(host: Host, limits: Limits) -> Result<Self, Error> {
        let runtime = Runtime::new()?;
        runtime.set_memory_limit(limits.memory);
        runtime.set_max_stack_size(limits.stack);
        // The whole run allocates little that is garbage; collecting often costs more.
        runtime.set_gc_threshold(64 << 20);
        let context = Context::full(&runtime)?;
        let engine = Self {
            runtime,
            context,
            host: Rc::new(RefCell::new(host)),
            limits,
            allowed: Cell::new(Limit::Operations(limits.operations)),
            clock: Rc::new(Clock::new(&limits)),
        };
        engine.watch();
        engine.with(|ctx| {
            let mut options = EvalOptions::default();
            options.filename = Some("standin:runtime".to_owned());
            let program: Function = ctx.eval_with_options(PROGRAM, options)?;
            let api: Object = program.call((object::object(ctx, &engine.host, &engine.clock)?,))?;
            ctx.globals().set(API, api)
        })?;
        Ok(engine)
    }

    fn watch(&self) {
        let clock = self.clock.clone();
        let is_over = move || clock.is_over();
        self.runtime.set_interrupt_handler(Some(Box::new(is_over)));
    }

    /// Lets the engine do so much from now on, which is what `limit` says.
    pub(crate) fn allow(&self, operations: u64, limit: Limit) {
        let time = self.limits.time;
        self.allowed.set(limit);
        self.clock.allow(operations, time);
        self.host.borrow().progress().allow(time);
    }

    /// The operations that were done since some were allowed.
    pub(crate) fn done(&self) -> u64 {
        self.clock.done()
    }

    /// Loads a module and everything it imports, until it is done or can't go on.
    pub(crate) fn load(&self, path: &Path) -> Result<Outcome, Error> {
        let id = path.to_string_lossy().into_owned();
        self.with(|ctx| call::<()>(ctx, "start", &id))?;
        let state = loop {
            let was_exhausted = self.run_jobs();
            let state: String = self.with(|ctx| call(ctx, "state", &id))?;
            let is_settled = state == "done" || state == "failed";
            if is_settled {
                break state;
            }
            if was_exhausted {
                return Err(self.out_of_memory());
            }
            if !self.with(fire_timer)? {
                break state;
            }
        };
        Ok(match state.as_str() {
            "done" => Outcome::Loaded,
            "failed" => Outcome::Failed(self.failure(&id)?),
            _ => Outcome::Unsettled,
        })
    }

    /// Runs what promises wait for, and says whether one of them may never settle
    /// because the memory for that was not there.
    fn run_jobs(&self) -> bool {
        let mut was_exhausted = false;
        loop {
            let ran = self.runtime.execute_pending_job();
            // The engine leaves behind what it could not reject a promise with.
            was_exhausted |= self
                .context
                .with(|ctx| ctx.has_exception() && self.is_exhaustion(&thrown(&ctx.catch())));
            // Those that were not interrupted may make more of them without end.
            if matches!(ran, Ok(false)) || self.clock.has_stopped() {
                return was_exhausted;
            }
        }
    }

    /// Whether this was thrown because the memory is used up. All that the engine
    /// can throw when it has none left for an error is null.
    fn is_exhaustion(&self, thrown: &str) -> bool {
        thrown == OUT_OF_MEMORY || thrown == NULL_THROWN && !self.host.borrow().throws_null()
    }

    fn failure(&self, id: &str) -> Result<Failure, Error> {
        #[derive(Deserialize)]
        struct Answer {
            reason: String,
            stack: String,
            imports: Vec<String>,
        }
        let answer: Answer = self.ask("failure", id)?;
        if self.is_exhaustion(&answer.reason) {
            return Err(self.out_of_memory());
        }
        let host = self.host.borrow();
        let mut missing = host.missing(id);
        // An import that is named in the reason need not be named again.
        let imports = answer.imports.into_iter();
        missing.extend(imports.filter(|import| !answer.reason.contains(import)));
        Ok(Failure {
            place: host.place(id, &answer.stack),
            missing,
            thrown: answer.reason,
        })
    }

    /// What the function `name` of the JavaScript side says about a module.
    pub(crate) fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        name: &str,
        id: &str,
    ) -> Result<T, Error> {
        let json: String = self.with(|ctx| call(ctx, name, id))?;
        serde_json::from_str(&json).map_err(|error| Error::Engine(error.to_string()))
    }

    /// As [`Self::ask`], where the module's own code may throw: that is a
    /// [`Error::Schema`] with the JavaScript message.
    pub(crate) fn ask_or_thrown<T: for<'de> Deserialize<'de>>(
        &self,
        name: &str,
        path: &Path,
    ) -> Result<T, Error> {
        self.ask(name, &path.to_string_lossy())
            .map_err(|error| match error {
                Error::Engine(message) => Error::Schema {
                    at: self.shown(path),
                    message,
                },
                other => other,
            })
    }

    /// A module that imports a file which is not the project's, as the caller would
    /// write it, and a sentence about that.
    pub(crate) fn refused(&self) -> Option<(String, String)> {
        self.host.borrow().refused()
    }

    /// Whether a module of a package was loaded, or what stands in for one.
    pub(crate) fn has_loaded(&self, package: &str) -> bool {
        self.host.borrow().has_loaded(package)
    }

    /// Whether modules asked for environment variables that are not set.
    pub(crate) fn misses_variables(&self) -> bool {
        self.ask("missesVariables", "").unwrap_or(true)
    }

    /// Whose operators would have to notice what is unknown, by what was met.
    pub(crate) fn needed_noticing(&self) -> Noticing {
        self.host.borrow().needed_noticing()
    }

    /// The module to blame for what was running when the engine was stopped.
    pub(crate) fn culprit(&self) -> String {
        let running = self.host.borrow().running().to_owned();
        self.ask("culprit", &running).unwrap_or(running)
    }

    /// The path of a module as the caller would write it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        self.host.borrow().shown(&path.to_string_lossy())
    }

    /// Ends the engine; what remains is what it has read.
    pub(crate) fn finish(self) -> Option<Host> {
        let Self {
            runtime,
            context,
            host,
            ..
        } = self;
        drop(context);
        drop(runtime);
        Rc::into_inner(host).map(RefCell::into_inner)
    }

    fn with<T>(&self, f: impl FnOnce(&Ctx<'_>) -> rquickjs::Result<T>) -> Result<T, Error> {
        let result = self.context.with(|ctx| {
            f(&ctx).catch(&ctx).map_err(|error| match error {
                CaughtError::Exception(thrown) => thrown.message().unwrap_or_default(),
                CaughtError::Value(value) if value.is_null() => NULL_THROWN.to_owned(),
                other => other.to_string(),
            })
        });
        if self.clock.has_stopped() {
            return Err(self.stopped());
        }
        result.map_err(|message| {
            if message == "out of memory" || self.is_exhaustion(&message) {
                self.out_of_memory()
            } else {
                Error::Engine(message)
            }
        })
    }

    fn stopped(&self) -> Error {
        self.limit(match self.clock.end() {
            Some(End::Time) => Limit::Time(self.limits.time),
            _ => self.allowed.get(),
        })
    }

    fn out_of_memory(&self) -> Error {
        self.limit(Limit::Memory(self.limits.memory))
    }

    fn limit(&self, limit: Limit) -> Error {
        let host = self.host.borrow();
        Error::Limit {
            module: host.shown(host.running()),
            limit,
        }
    }
}

/// The global name under which the JavaScript side is kept.
const API: &str = "__byod_api__";

fn api<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Function<'js>> {
    ctx.globals().get::<_, Object>(API)?.get(name)
}

fn call<'js, T: rquickjs::FromJs<'js>>(
    ctx: &Ctx<'js>,
    name: &str,
    id: &str,
) -> rquickjs::Result<T> {
    api(ctx, name)?.call((id,))
}

/// What was thrown, as the JavaScript side says it.
fn thrown(value: &Value<'_>) -> String {
    match value.as_exception() {
        Some(error) => format!(
            "{}: {}",
            error.get::<_, String>("name").unwrap_or_default(),
            error.message().unwrap_or_default()
        ),
        None if value.is_null() => NULL_THROWN.to_owned(),
        None => String::new(),
    }
}

fn fire_timer(ctx: &Ctx<'_>) -> rquickjs::Result<bool> {
    api(ctx, "fireTimer")?.call(())
}
