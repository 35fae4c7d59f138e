//! The users' records on main: sealing all anew, giving up a claim, taking a deployment out
//! of use, and moving what a user has.

pub(crate) mod disconnect;
pub(crate) mod moving;
pub(crate) mod release;
pub(crate) mod rotate;
