//! `byod fleet`: all users' deployments.

pub(crate) mod deploy;
mod engine;
mod memory;
mod progress;
mod reached;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod stop;

use reached::Reached;
