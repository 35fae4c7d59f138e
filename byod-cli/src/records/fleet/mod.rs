//! `byod fleet`: all users' deployments.

pub(crate) mod deploy;
mod progress;
pub(crate) mod run;
mod service;
pub(crate) mod status;

pub(crate) use service::Service;
