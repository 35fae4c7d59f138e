//! The users' records on main: sealing all anew, and giving up a claim.

pub(crate) mod release;
pub(crate) mod rotate;
