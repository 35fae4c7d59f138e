//! `byod release`: gives up a user's claim of their own deployment.

use std::io::BufRead;

use byod_runtime::{Credentials, DeployKey, Released};
use clap::Args;
use serde::Serialize;

use super::Service;
use crate::error::Error;

/// The variable with the deploy key of a deployment that no record names.
const KEY: &str = "BYOD_USER_DEPLOY_KEY";

/// Whose deployment, and how it is reached.
#[derive(Args)]
pub(crate) struct Options {
    /// The user's id on main.
    user: String,
    /// The deployment's URL, where it isn't the one in the user's record: one they
    /// had before. Its deploy key is taken from BYOD_USER_DEPLOY_KEY, or, where that
    /// isn't set, from a line of standard input.
    #[arg(long, value_name = "URL")]
    deployment: Option<String>,
    #[command(flatten)]
    service: Service,
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

pub(crate) fn release(options: Options) -> Result<Report, Error> {
    let (byod, runtime) = options.service.start()?;
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
