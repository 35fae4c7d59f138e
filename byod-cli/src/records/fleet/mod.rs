//! `byod fleet`: all users' deployments.

pub(crate) mod deploy;
mod engine;
mod progress;
pub(crate) mod run;
pub(crate) mod status;

use clap::Args;

use super::Service;

/// How users' deployments are reached.
#[derive(Args)]
pub(crate) struct Reached {
    /// How many deployments are asked, or pushed to, at once.
    #[arg(long, value_name = "DEPLOYMENTS", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    at_once: u16,
    #[command(flatten)]
    service: Service,
}
