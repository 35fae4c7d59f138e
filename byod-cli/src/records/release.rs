//! `byod release`: gives up a user's claim of their own deployment.

use std::io::BufRead;

use byod_runtime::{ByodBuilder, Credentials, DeployKey, Released};
use serde::Serialize;

use crate::error::Error;

/// The variable with the deploy key of a deployment that no record names.
const KEY: &str = "BYOD_USER_DEPLOY_KEY";

/// Whose deployment, and how it is reached.
pub(crate) struct Options {
    pub(crate) user: String,
    /// The deployment's URL, where it isn't that of the user's record.
    pub(crate) deployment: Option<String>,
    pub(crate) module: String,
    pub(crate) development: bool,
}

/// What became of the claim.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub(crate) user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deployment: Option<String>,
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
    let user = &*options.user;
    let released = match &options.deployment {
        None => runtime.block_on(byod.release(user))?,
        Some(url) => {
            let credentials = Credentials::new(url, deploy_key()?);
            runtime.block_on(byod.release_deployment(user, &credentials))?
        }
    };
    Ok(Report {
        user_id: options.user,
        deployment: options.deployment,
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

/// Not from the arguments, which every program of the machine can read.
fn deploy_key() -> Result<DeployKey, Error> {
    let mut key = std::env::var(KEY).unwrap_or_default();
    if key.trim().is_empty() {
        let mut input = std::io::stdin().lock();
        input.read_line(&mut key).map_err(Error::Input)?;
    }
    if key.trim().is_empty() {
        return Err(Error::NoDeployKey { variable: KEY });
    }
    Ok(key.into())
}
