//! Calls of functions whose paths are known only at run time.

use byod_schema::{FunctionType, nearest};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::call::{Action, Mutation, Query};
use super::session::Session;
use crate::codec::{FunctionInfo, UntypedArguments};
use crate::error::{EXPLANATION, Error, one_line};

impl Session {
    /// A query of main's whose path is known only at run time, routed as its wrapper would
    /// be: to where the function runs, with the arguments that only the user's deployment
    /// takes. Awaited it gives a `T`, which sees values in Convex's JSON encoding, as
    /// `arguments` must be.
    ///
    /// [`Error::Config`] if [`ByodBuilder::functions`](crate::ByodBuilder::functions) was not
    /// given the functions, or they have no query of that path.
    /// [`Byod::client_for_function`](crate::Byod::client_for_function) is for paths that this
    /// build may not know.
    ///
    /// ```ignore
    /// let found: Vec<Value> = session.query("search/hybrid:find", &json!({"text": "seeds"}))?.await?;
    /// ```
    pub fn query<T: DeserializeOwned>(
        &self,
        path: &str,
        arguments: &impl Serialize,
    ) -> Result<Query<T>, Error> {
        let function = self.function(path, FunctionType::Query)?;
        Ok(Query::__new(self, function, &UntypedArguments(arguments)))
    }

    /// A mutation, as [`query`](Self::query) makes queries.
    pub fn mutation<T: DeserializeOwned>(
        &self,
        path: &str,
        arguments: &impl Serialize,
    ) -> Result<Mutation<T>, Error> {
        let function = self.function(path, FunctionType::Mutation)?;
        Ok(Mutation::__new(
            self,
            function,
            &UntypedArguments(arguments),
        ))
    }

    /// An action, as [`query`](Self::query) makes queries.
    pub fn action<T: DeserializeOwned>(
        &self,
        path: &str,
        arguments: &impl Serialize,
    ) -> Result<Action<T>, Error> {
        let function = self.function(path, FunctionType::Action)?;
        Ok(Action::__new(self, function, &UntypedArguments(arguments)))
    }

    fn function(&self, path: &str, kind: FunctionType) -> Result<&'static FunctionInfo, Error> {
        let router = self.byod().router();
        if router.functions().is_empty() {
            return Err(Error::no_functions());
        }
        let shown = || one_line(path, EXPLANATION);
        match router.function(path) {
            Some(function) if function.kind == kind => Ok(function),
            Some(FunctionInfo { kind: other, .. }) => Err(Error::config(format!(
                "`{}` is {} {other}, not {} {kind}: call it with `Session::{other}`",
                shown(),
                article(*other),
                article(kind),
            ))),
            None => {
                let paths = router.functions().iter().map(|function| function.path);
                let hint = match nearest(&shown(), paths) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "build again with main as it is, or name one that it has".to_owned(),
                };
                let shown = shown();
                let message =
                    format!("main has no public function `{shown}` in this build: {hint}");
                Err(Error::config(message))
            }
        }
    }
}

fn article(kind: FunctionType) -> &'static str {
    match kind {
        FunctionType::Action => "an",
        FunctionType::Query | FunctionType::Mutation => "a",
    }
}
