//! The users' records on main: sealing all anew, giving up a claim, taking a deployment out
//! of use, moving what a user has, and the deployments of all.

pub(crate) mod disconnect;
pub(crate) mod fleet;
pub(crate) mod moving;
pub(crate) mod release;
mod restate;
pub(crate) mod rotate;
mod service;

pub(crate) use service::Service;
