//! The projects that `byod.toml` names: in their folders, or else in the snapshot.

mod checks;
#[cfg(feature = "reader")]
mod in_folders;
mod reading;
#[cfg(not(feature = "reader"))]
mod recorded;
mod snapshot;

pub(crate) use reading::{Reading, read};
pub(crate) use snapshot::{Mode, VARIABLE};
