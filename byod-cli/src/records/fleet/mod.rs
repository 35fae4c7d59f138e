//! `byod fleet`: all users' deployments.

pub(crate) mod deploy;
mod progress;
mod service;
pub(crate) mod status;

pub(crate) use service::Service;
