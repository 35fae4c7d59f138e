//! What is done around calls that read or change what users' deployments have copies of.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::session::Session;
use crate::codec::{FunctionInfo, Runs};
use crate::deployment::{CallContext, Deadline};
use crate::error::Error;
use crate::routing::{Failed, Target, Whose, Writing};

impl Session {
    /// Brings the copies there that the function reads, where they are too old; how old
    /// they are then. `None` where it reads none.
    pub(crate) async fn copies(
        &self,
        function: &FunctionInfo,
        target: &Target,
        context: CallContext<'_>,
        deadline: Deadline,
    ) -> Result<Option<Duration>, Error> {
        if function.mirror.is_empty() || !target.is_user() {
            return Ok(None);
        }
        self.refreshed(target, context, deadline).await.map(Some)
    }

    /// Says, once it is dropped, that copies are out of date, where the function changes
    /// what they are of.
    pub(crate) fn writing(&self, function: &FunctionInfo) -> Option<Writing> {
        let writes = matches!(function.runs, Runs::Main { .. }) && !function.mirror.is_empty();
        writes.then(|| self.byod().inner().copies.writing(self.user_id().as_str()))
    }

    /// In a box: most functions read no copies.
    #[cold]
    pub(crate) fn refreshed<'a>(
        &'a self,
        target: &'a Target,
        context: CallContext<'a>,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<Duration, Error>> {
        let refreshed = async move {
            let Target::User(connected) = target else {
                return Ok(Duration::ZERO);
            };
            let whose = Whose {
                user: self.user_id().as_str(),
                subject: self.subject().as_str(),
                client: &connected.client,
                fingerprint: connected.fingerprint,
            };
            let copies = &self.byod().inner().copies;
            let failed = match copies.refresh(whose, deadline).await {
                Ok(age) => return Ok(age),
                Err(Failed::User(error @ Error::Claim { .. })) => {
                    match self.claim(target, error, deadline).await {
                        Ok(()) => copies.refresh(whose, deadline).await,
                        Err(error) => Err(Failed::User(error)),
                    }
                }
                Err(failed) => Err(failed),
            };
            failed.map_err(|failed| match failed {
                // As the call itself would be refused.
                Failed::User(Error::Claim { claim, .. }) => Error::Claim {
                    call: context.call(),
                    claim,
                },
                Failed::User(source) | Failed::Main(source) => Error::Copies {
                    call: context.call(),
                    source: Box::new(source),
                },
            })
        };
        refreshed.boxed()
    }
}
