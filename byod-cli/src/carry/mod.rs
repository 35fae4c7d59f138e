//! Which of main's functions can run on users' deployments as they are written, and
//! what has to come with them.

mod beyond;
mod caller;
mod copies;
mod fit;
mod for_main;
mod imported;
mod judged;
mod known;
mod leaves;
mod load;
mod need;
mod packages;
mod place;
mod reach;
mod replaced;
mod signed_up;
mod tables;
mod travel;
mod triggers;

pub(crate) use fit::GLOBALS;
pub(crate) use for_main::{Given, Leaves};
pub(crate) use imported::is_server_type;
pub(crate) use judged::Carriers;
pub(crate) use known::Carrier;
pub(crate) use need::{Mounted, Need, Source};
pub(crate) use packages::is_let_in;
pub(crate) use place::{is_taken, is_unfit, out_name};
pub(crate) use travel::Travelling;
