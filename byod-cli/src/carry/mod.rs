//! Which of main's functions can run on users' deployments as they are written, and
//! what has to come with them.

mod beyond;
mod caller;
mod fit;
mod known;
mod load;
mod need;
mod packages;
mod place;
mod reach;
mod replaced;
mod signed_up;

pub(crate) use fit::{GLOBALS, is_server_type};
pub(crate) use known::Carrier;
pub(crate) use need::{Mounted, Need, Source};
pub(crate) use packages::is_let_in;
pub(crate) use place::{is_taken, is_unfit, out_name};
