//! How users' deployments are reached: how many at once, by which service.

use clap::Args;

use crate::records::Service;

/// How users' deployments are reached.
#[derive(Args)]
pub(super) struct Reached {
    /// How many deployments are asked, or pushed to, at once.
    #[arg(long, value_name = "DEPLOYMENTS", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) at_once: u16,
    #[command(flatten)]
    pub(super) service: Service,
}
