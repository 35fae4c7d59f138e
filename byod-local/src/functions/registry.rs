//! The functions of a deployment: what is declared, and what runs.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use byod_schema::{Function, FunctionPath, FunctionType, Validator, Value, Visibility};

use super::claim;
use super::ctx::{Access, Ctx};
use super::idempotency::Keyed;
use crate::auth::Caller;
use crate::error::FunctionError;
use crate::store::{Noticed, validate};
use crate::values::Object;
use crate::values::Shown;

/// What runs when a function is called.
pub(crate) type Body =
    Arc<dyn Fn(&mut Ctx<'_>, Object) -> Result<Value, FunctionError> + Send + Sync>;

/// All functions by their path.
#[derive(Debug, Default)]
pub(crate) struct Functions(BTreeMap<FunctionPath, Entry>);

/// One function.
pub(crate) struct Entry {
    pub(crate) path: FunctionPath,
    pub(crate) declared: Function,
    pub(crate) body: Body,
    /// Set where it takes an idempotency key.
    pub(crate) keyed: Option<Keyed>,
    /// The argument that says who calls, where the deployment must be theirs.
    pub(crate) claimed: Option<String>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.declared.function_type, self.path)
    }
}

impl Functions {
    pub(crate) fn add(&mut self, entry: Entry) {
        self.0.insert(entry.path.clone(), entry);
    }

    /// The function that a caller may call under that path; of that kind,
    /// unless any will do.
    pub(crate) fn find(
        &self,
        path: &FunctionPath,
        kind: Option<FunctionType>,
        caller: &Caller,
    ) -> Result<&Entry, FunctionError> {
        // An internal function does not exist for those who may not call it.
        let entry = self
            .0
            .get(path)
            .filter(|entry| caller.admin || entry.declared.visibility == Visibility::Public)
            .ok_or_else(|| {
                FunctionError::Refused(format!(
                    "Could not find public function for '{}'.",
                    stripped(path)
                ))
            })?;
        let declared = entry.declared.function_type;
        match kind {
            Some(kind) if kind != declared => Err(FunctionError::Refused(format!(
                "Trying to execute {}.js:{} as {kind:?}, but it is defined as {declared:?}.",
                path.module, path.name
            ))),
            _ => Ok(entry),
        }
    }
}

/// As the backend prints a path: without the name of a default export.
fn stripped(path: &FunctionPath) -> String {
    match path.name.as_str() {
        "default" => path.module.clone(),
        _ => path.to_string(),
    }
}

impl Entry {
    pub(crate) fn is_query(&self) -> bool {
        self.declared.function_type == FunctionType::Query
    }

    /// Validates the arguments, runs the function, validates its result, and
    /// keeps its writes if all that went well.
    pub(crate) fn call(
        &self,
        access: Access<'_>,
        caller: &Caller,
        args: Vec<Value>,
        now: f64,
        noticed: &Noticed,
    ) -> Result<Value, FunctionError> {
        let mut ctx = Ctx::new(access, caller, now, noticed);
        let args = self.check_args(args, &ctx)?;
        if let Some(subject) = &self.claimed {
            claim::check(&ctx, args.str(subject).unwrap_or_default())?;
        }
        let run = |ctx: &mut Ctx<'_>, args| {
            catch_unwind(AssertUnwindSafe(|| (self.body)(ctx, args)))
                .unwrap_or_else(|panic| Err(self.panicked(panic.as_ref())))
        };
        let value = match &self.keyed {
            Some(keyed) => keyed.run(&mut ctx, args, run),
            None => run(&mut ctx, args),
        }?;
        if let Some(returns) = &self.declared.returns {
            validate::check(returns, &value, ctx.ids()).map_err(|mismatch| {
                FunctionError::Refused(format!("ReturnsValidationError: {mismatch}"))
            })?;
        }
        ctx.commit();
        Ok(value)
    }

    fn check_args(&self, args: Vec<Value>, ctx: &Ctx<'_>) -> Result<Object, FunctionError> {
        let refused =
            |why: String| FunctionError::Refused(format!("ArgumentValidationError: {why}"));
        let arg = match <[Value; 1]>::try_from(args) {
            Ok([arg]) => arg,
            Err(args) => {
                return Err(refused(format!(
                    "Expected to receive a single object as the function's argument. Instead received {} arguments: {}",
                    args.len(),
                    Shown(&Value::Array(args))
                )));
            }
        };
        if !matches!(arg, Value::Object(_)) {
            return Err(refused(format!(
                "Expected to receive an object as the function's argument. Instead received: {}",
                Shown(&arg)
            )));
        }
        if !matches!(self.declared.args, Validator::Any) {
            validate::check(&self.declared.args, &arg, ctx.ids())
                .map_err(|mismatch| refused(mismatch.to_string()))?;
        }
        arg.try_into()
    }

    fn panicked(&self, panic: &(dyn Any + Send)) -> FunctionError {
        let reason = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        FunctionError::new(format!("the closure of `{}` panicked: {reason}", self.path))
    }
}

/// The body of a function that is declared and nothing more.
pub(crate) fn missing(path: &FunctionPath) -> Body {
    let message = format!(
        "`{path}` has no implementation here: register one with .function(\"{path}\", |ctx, args| …)"
    );
    Arc::new(move |_, _| Err(FunctionError::new(message.clone())))
}
