//! Mutations and actions on the user's own deployment, and what those on main mean for it.

use std::fmt;

use byod_schema::FunctionType;
use byod_sync::Json;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::calls::session::Session;
use crate::codec::IdempotencyKey;
use crate::error::{Deployment, Error};
use crate::routing::{Target, Writing};

/// Runs a mutation on the user's own deployment: once for its key, where the function takes one.
///
/// # Errors
///
/// [`Error::DeploymentChanged`], and nothing is sent, if it doesn't run there now; else as
/// [`Session::mutation`] gives them.
pub async fn mutate_own(
    session: &Session,
    path: &str,
    args: &impl Serialize,
    key: &str,
) -> Result<Json, Error> {
    let mut call = session.mutation::<Json>(path, args)?.0;
    if call.function.takes_idempotency_key() {
        call.options.idempotency_key = Some(IdempotencyKey::new(key.to_owned()));
    }
    let check = on_own(path);
    let routed = call.run_where(FunctionType::Mutation, check).await?;
    Ok(routed.value)
}

/// Runs an action on the user's own deployment.
///
/// # Errors
///
/// As those of [`mutate_own`].
pub async fn act_own(session: &Session, path: &str, args: &impl Serialize) -> Result<Json, Error> {
    let call = session.action::<Json>(path, args)?.0;
    let routed = call.run_where(FunctionType::Action, on_own(path)).await?;
    Ok(routed.value)
}

/// Whether a query may be watched on the user's own deployment with those arguments, which are an array of one object.
///
/// # Errors
///
/// [`Error::WrongOwner`] where they ask for somebody else's documents.
pub fn check_own(session: &Session, path: &str, args: &Json) -> Result<(), Error> {
    let main = session.byod().main_client();
    let context = main.context(FunctionType::Query, path);
    let args: Vec<&RawValue> = args.read().map_err(|error| context.encode(error))?;
    let Some(args) = args.first() else {
        return Ok(());
    };
    let call = session.query::<Json>(path, args)?.0;
    let body = call.body.map_err(|error| context.encode(error))?;
    let own = [session.subject().as_str(), session.user_id().as_str()];
    match body.wrong_owner(own) {
        None => Ok(()),
        Some(argument) => Err(Error::WrongOwner {
            call: context.call(),
            argument: argument.into(),
        }),
    }
}

/// While a function runs on main that changes what users' deployments have copies of. Once it is dropped, copies of the
/// user's documents count as out of date.
pub struct WritingMain(#[expect(dead_code, reason = "it is held")] Option<Writing>);

impl WritingMain {
    /// That the function of that path begins to run on main.
    pub fn begin(session: &Session, path: &str) -> Self {
        let function = session.byod().router().function(path);
        Self(function.and_then(|function| session.writing(function)))
    }
}

impl fmt::Debug for WritingMain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WritingMain")
    }
}

fn on_own(path: &str) -> impl FnOnce(&Target) -> Result<(), Error> + '_ {
    move |target| match target.is_user() {
        true => Ok(()),
        false => {
            let context = target.client().context(FunctionType::Mutation, path);
            let before: Deployment = target.deployment();
            Err(Error::DeploymentChanged {
                call: context.call(),
                before: Box::new(before),
            })
        }
    }
}
