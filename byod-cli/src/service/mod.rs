//! What a service has beside it to be built: its files are begun, what the projects
//! declare is read, and written into the snapshot.

mod begun;
mod cargo;
mod closures;
mod guess;
mod init;
mod reading;

pub(crate) use closures::{Closures, closures};
pub(crate) use init::{Options, Report as Begun, init};
pub(crate) use reading::{Report as Snapshot, read, snapshot};
