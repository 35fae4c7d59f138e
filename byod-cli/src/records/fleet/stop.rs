//! `byod fleet stop`: stops a roll-out that was handed over to an engine.

use byod_fleet::Begun;
use clap::Args;
use serde::Serialize;

use super::super::restate::Restate;
use super::super::service::runtime;
use crate::error::Error;

/// At which engine.
#[derive(Args)]
pub(crate) struct Options {
    /// The engine that it was handed over to: the URL of Restate's ingress.
    #[arg(long, value_name = "restate=URL")]
    engine: Restate,
}

/// What was stopped.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// `None` where nothing was under way.
    pub(crate) stopped: Option<Begun>,
}

pub(crate) fn stop(options: &Options) -> Result<Report, Error> {
    let stopped = runtime()?.block_on(options.engine.engine().stop());
    let stopped = stopped.map_err(Error::Fleet)?;
    Ok(Report { stopped })
}
