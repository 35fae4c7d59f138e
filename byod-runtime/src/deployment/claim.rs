//! Whose a user's deployment is, as it says itself: its module `byod/claim`, which
//! `byod export` writes.

use std::time::Duration;

use serde::Serialize;

use super::client::Client;
use super::deadline::Deadline;
use crate::error::{Claim, Endpoint, Error, is_without};

/// Its path, as those of its functions begin.
const MODULE: &str = "byod/claim:";
const CLAIM: &str = "byod/claim:claim";
const STATE: &str = "byod/claim:state";
const RELEASE: &str = "byod/claim:release";

/// How long a question about the claim may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of the claim of a user's deployment that was given up.
///
/// ```
/// use byod_runtime::{Byod, Error, Released};
///
/// /// Whether somebody else can connect the deployment now.
/// async fn give_up(byod: &Byod, user_id: &str) -> Result<bool, Error> {
///     byod.disconnect(user_id).await?;
///     let released = byod.release(user_id).await?;
///     Ok(matches!(released, Released::Released | Released::Unclaimed))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Released {
    /// It was the user's, and is nobody's now.
    Released,
    /// It was nobody's.
    Unclaimed,
    /// It can't be claimed: [`Claim::Unclaimable`].
    Unclaimable,
    /// It is several users': [`Claim::Shared`].
    Shared,
    /// It is another user's, and stays so.
    SomebodyElses,
}

/// What came of claiming a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) claim: Claim,
    /// Whether it was nobody's before.
    pub(crate) is_new: bool,
}

/// By what an owner is known to a deployment: what is at hand of the two.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Owner<'a> {
    Subject(&'a str),
    /// The user's id on main.
    User(&'a str),
}

#[derive(Serialize)]
struct Claimant<'a> {
    subject: &'a str,
    user: &'a str,
}

impl Client {
    /// Claims the deployment for a user, unless it is somebody's already.
    pub(crate) async fn claim(
        &self,
        subject: &str,
        user: &str,
        deadline: Deadline,
    ) -> Result<Claimed, Error> {
        let args = Claimant { subject, user };
        let answer = self.ask(Endpoint::Mutation, CLAIM, &args, deadline).await?;
        let claim = match answer.as_deref() {
            Some("claimed" | "already yours") => Claim::Yours,
            _ => self.claim_in(answer.as_deref(), Endpoint::Mutation, CLAIM)?,
        };
        Ok(Claimed {
            claim,
            is_new: answer.as_deref() == Some("claimed"),
        })
    }

    /// Whose the deployment is, seen from that owner.
    pub(crate) async fn claim_state(
        &self,
        owner: Owner<'_>,
        deadline: Deadline,
    ) -> Result<Claim, Error> {
        let answer = self.ask(Endpoint::Query, STATE, &owner, deadline).await?;
        match answer.as_deref() {
            Some("yours") => Ok(Claim::Yours),
            Some("unclaimed") => Ok(Claim::Unclaimed),
            answer => self.claim_in(answer, Endpoint::Query, STATE),
        }
    }

    /// Gives the deployment up, if it is that owner's.
    pub(crate) async fn release_claim(
        &self,
        owner: Owner<'_>,
        deadline: Deadline,
    ) -> Result<Released, Error> {
        let answer = self
            .ask(Endpoint::Mutation, RELEASE, &owner, deadline)
            .await?;
        match answer.as_deref() {
            Some("released") => return Ok(Released::Released),
            Some("unclaimed") => return Ok(Released::Unclaimed),
            _ => {}
        }
        let claim = self.claim_in(answer.as_deref(), Endpoint::Mutation, RELEASE)?;
        Ok(match claim {
            Claim::Shared => Released::Shared,
            Claim::SomebodyElses => Released::SomebodyElses,
            _ => Released::Unclaimable,
        })
    }

    /// That the deployment is somebody else's, found where it was to be claimed.
    pub(crate) fn foreign(&self) -> Error {
        Error::Claim {
            call: self.context(Endpoint::Mutation, CLAIM).call(),
            claim: Claim::SomebodyElses,
        }
    }

    /// What all functions may answer. `None` stands for a function that isn't there.
    fn claim_in(
        &self,
        answer: Option<&str>,
        endpoint: Endpoint,
        path: &str,
    ) -> Result<Claim, Error> {
        match answer {
            Some("somebody else's") => Ok(Claim::SomebodyElses),
            Some("shared") => Ok(Claim::Shared),
            None => Ok(Claim::Unclaimable),
            Some(other) => {
                let context = self.context(endpoint, path);
                let reason = format!(
                    "`{other}` is no answer of it; deploy what `byod export` writes to the deployment"
                );
                Err(Error::Answer {
                    call: context.call(),
                    reason: context.quote(&reason),
                    executed: true,
                })
            }
        }
    }

    /// The answer of one of the module's functions; `None` where there is none.
    async fn ask(
        &self,
        endpoint: Endpoint,
        path: &str,
        args: &impl Serialize,
        deadline: Deadline,
    ) -> Result<Option<String>, Error> {
        let client = self.with_limits(|limits| limits.timeout = limits.timeout.min(PATIENCE));
        let deadline = deadline.of_step(PATIENCE, deadline.left());
        match client.call(endpoint, path, args, deadline).await {
            Ok(answer) => Ok(Some(answer)),
            Err(Error::Function { message, .. }) if is_without(&message, MODULE) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
