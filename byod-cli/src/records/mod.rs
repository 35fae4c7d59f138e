//! The users' records on main: sealing all anew, giving up a claim, and the deployments of all.

pub(crate) mod fleet;
pub(crate) mod release;
pub(crate) mod rotate;
