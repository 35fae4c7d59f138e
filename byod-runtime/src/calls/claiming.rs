//! What is done about a user's deployment that is nobody's when it is called.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::session::Session;
use crate::deployment::Deadline;
use crate::error::{Claim, Error, Outcome};
use crate::routing::Target;

impl Session {
    /// Claims the deployment for the user, if that is what the call failed of: `Ok` if
    /// it is to be sent again. In a box, for that is once in a deployment's life.
    #[cold]
    pub(crate) fn claim<'a>(
        &'a self,
        target: &'a Target,
        error: Error,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let claim = async move {
            let (Target::User(connected), Error::Claim { call, claim }) = (target, error.clone())
            else {
                return Err(error);
            };
            let byod = self.byod();
            // Where an earlier attempt may have run, another could be the second.
            let again = call.repeatable || error.outcome() == Outcome::NotExecuted;
            if claim != Claim::Unclaimed || !again {
                let claims = &byod.inner().claims;
                claims.note(self.user_id(), connected.fingerprint, claim);
                return Err(error);
            }
            let (user, subject) = (self.user_id(), self.subject());
            match byod.claim_in_use(connected, user, subject, deadline).await {
                Claim::SomebodyElses => {
                    let claim = Claim::SomebodyElses;
                    Err(Error::Claim { call, claim })
                }
                Claim::Yours | Claim::Shared => Ok(()),
                Claim::Unclaimed | Claim::Unclaimable => Err(error),
            }
        };
        claim.boxed()
    }
}
