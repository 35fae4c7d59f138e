//! `byod release`: gives up a user's claim of their own deployment.

use byod_runtime::{ByodBuilder, Released};
use serde::Serialize;

use crate::Error;

/// Whose deployment, and how it is reached.
pub(crate) struct Options {
    pub(crate) user: String,
    pub(crate) module: String,
    pub(crate) development: bool,
}

/// What became of the claim.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) user_id: String,
    pub(crate) released: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    Released,
    Unclaimed,
    Unclaimable,
    Shared,
    SomebodyElses,
}

impl Report {
    /// Whether nobody owns the deployment now.
    pub(crate) fn is_free(&self) -> bool {
        matches!(self.released, Outcome::Released | Outcome::Unclaimed)
    }
}

/// Main and the keys come from the environment, as a service's do.
pub(crate) fn release(options: Options) -> Result<Report, Error> {
    let byod = ByodBuilder::from_env()?
        .credentials_module(&*options.module)
        .development(options.development)
        .build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let released = runtime.block_on(byod.release(&*options.user))?;
    Ok(Report {
        user_id: options.user,
        released: match released {
            Released::Released => Outcome::Released,
            Released::Unclaimed => Outcome::Unclaimed,
            Released::Shared => Outcome::Shared,
            Released::SomebodyElses => Outcome::SomebodyElses,
            // What a later version may add is nothing that was given up.
            _ => Outcome::Unclaimable,
        },
    })
}
