//! Which of main's functions can run on users' deployments as they are written, and
//! what has to come with them.

mod caller;
mod fit;
mod ids;
mod load;
mod need;
mod replaced;

pub(crate) use fit::{Carrier, GLOBALS, is_server_type};
pub(crate) use need::{Need, Source};
