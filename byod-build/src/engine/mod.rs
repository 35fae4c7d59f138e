//! Runs modules in an embedded JavaScript engine, and asks them what they export.

mod host;
mod quickjs;

pub(crate) use host::{Host, Noticing, Stopped};
pub(crate) use quickjs::{Engine, Outcome};
