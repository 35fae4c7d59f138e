//! Reads a project's modules one after the other, so that one which never ends or
//! wants all memory costs itself alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use byod_schema::Schema;

use super::exported::Exported;
use super::functions::{self, ModuleReading};
use super::schema;
use crate::engine::{Engine, Host, Noticing, Stopped};
use crate::error::{Error, Limit, operations};
use crate::folder::Module;
use crate::limits::Limits;

/// For questions to an engine that was stopped.
const TO_END: u64 = 100_000_000;

/// An engine, and another one when what was running had to be stopped.
pub(crate) struct Reader<'a> {
    new_host: &'a dyn Fn() -> Host,
    limits: Limits,
    /// The operations that went to what had to be stopped.
    spent: u64,
    engine: Engine,
    /// Whether the engine has run something.
    is_used: bool,
    misses_variables: bool,
    stopped: Stopped,
    /// Of the engines that ended.
    hosts: Vec<Host>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        new_host: &'a dyn Fn() -> Host,
        limits: Limits,
        spent: u64,
        stopped: &Stopped,
    ) -> Result<Self, Error> {
        Ok(Self {
            new_host,
            limits,
            spent,
            engine: Engine::new(new_host().with_stopped(stopped.clone()), limits)?,
            is_used: false,
            misses_variables: false,
            stopped: stopped.clone(),
            hosts: Vec::new(),
        })
    }

    /// The path of a module as the caller would write it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        self.engine.shown(path)
    }

    /// The operations that went to what had to be stopped.
    pub(crate) fn spent(&self) -> u64 {
        self.spent
    }

    /// What is left of the operations.
    fn left(&self) -> u64 {
        self.limits.operations.saturating_sub(self.spent)
    }

    /// What each part has, whatever others took, so that what comes to an end can.
    fn least(&self) -> u64 {
        self.limits.operations / 20
    }

    /// The schema, which may do all that is left.
    pub(crate) fn schema(&mut self, path: &Path) -> Result<Exported<Schema>, Error> {
        self.is_used = true;
        let limit = Limit::Operations(self.limits.operations);
        self.engine.allow(self.left().max(self.least()), limit);
        let schema = schema::read(&self.engine, path);
        // Convex runs the schema apart from the functions, which shows where it changes
        // what they share, as ents do.
        if schema.is_ok() && self.engine.has_loaded("convex-ents") {
            self.replace_engine()?;
        }
        schema
    }

    /// The functions of a module, which may do half of what is left.
    pub(crate) fn functions(&mut self, module: &Module) -> ModuleReading {
        if self.spent >= self.limits.operations.saturating_mul(2) {
            return ModuleReading::not_loaded(&self.shown(&module.path), &self.nothing_left());
        }
        let limit = Limit::HalfOfOperations(self.limits.operations);
        self.engine
            .allow((self.left() / 2).max(self.least()), limit);
        let was_used = self.is_used;
        self.is_used = true;
        let error = match functions::read(&self.engine, module) {
            Ok(reading) => return reading,
            Err(error) => error,
        };
        let done = self.engine.done();
        self.allow_to_end();
        let culprit = self.engine.culprit();
        if let Err(error) = self.replace_engine() {
            return ModuleReading::not_loaded(&self.shown(&module.path), &error.to_string());
        }
        let is_time = matches!(&error, Error::Limit { limit, .. } if !limit.is_memory());
        // The memory may be what others hold: by itself the module may fit.
        if was_used && !is_time {
            return self.functions(module);
        }
        let Error::Limit { module: at, limit } = &error else {
            return ModuleReading::not_loaded(&self.shown(&module.path), &error.to_string());
        };
        self.spent = self.spent.saturating_add(done);
        let reason = limit.stopped();
        let known = self.stopped.borrow_mut().insert(culprit, reason.clone());
        if *at != self.shown(&module.path) && known.is_none() {
            // Only what it imports is at fault, and is not run again.
            return self.functions(module);
        }
        ModuleReading::not_loaded(&self.shown(&module.path), &reason)
    }

    /// Whether modules asked for environment variables that are not set.
    pub(crate) fn misses_variables(&self) -> bool {
        self.misses_variables || self.engine.misses_variables()
    }

    /// Whose operators would have to notice what is unknown, by what was met.
    pub(crate) fn needed_noticing(&self) -> Noticing {
        let elsewhere = self.hosts.iter().map(Host::needed_noticing).max();
        self.engine
            .needed_noticing()
            .max(elsewhere.unwrap_or_default())
    }

    /// Ends the engine; what remains is what was read.
    pub(crate) fn finish(mut self) -> Vec<Host> {
        self.hosts.extend(self.engine.finish());
        self.hosts
    }

    /// A warning for each module outside the Convex folder that was stopped.
    pub(crate) fn stopped_elsewhere(&self, modules: &[Module]) -> Vec<String> {
        let own: BTreeSet<&Path> = modules.iter().map(|module| module.path.as_path()).collect();
        let stopped = self.stopped.borrow();
        let elsewhere = stopped
            .iter()
            .filter(|(id, _)| !own.contains(Path::new(id)));
        elsewhere
            .map(|(id, reason)| format!("{}: {reason}", self.shown(&PathBuf::from(id))))
            .collect()
    }

    fn nothing_left(&self) -> String {
        format!(
            "modules that had to be stopped took twice the {} they have together. Look for endless loops in those, or raise the limit `operations` (`Builder::limits`)",
            operations(self.limits.operations)
        )
    }

    /// Lets an engine that was stopped answer questions.
    fn allow_to_end(&self) {
        self.engine.allow(TO_END, Limit::Operations(TO_END));
    }

    fn replace_engine(&mut self) -> Result<(), Error> {
        let host = (self.new_host)().with_stopped(self.stopped.clone());
        let old = std::mem::replace(&mut self.engine, Engine::new(host, self.limits)?);
        old.allow(TO_END, Limit::Operations(TO_END));
        self.misses_variables |= old.misses_variables();
        self.hosts.extend(old.finish());
        self.is_used = false;
        Ok(())
    }
}
