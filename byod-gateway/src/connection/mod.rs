//! `/byod/…`: the caller's own deployment.

mod changes;
mod events;

pub(crate) use changes::{routes, with_host};
pub(crate) use events::events;
