//! `byod fleet`: all users' deployments.

pub(crate) mod deploy;
mod engine;
mod progress;
mod reached;
pub(crate) mod run;
pub(crate) mod status;

use reached::Reached;
