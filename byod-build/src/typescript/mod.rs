//! Makes JavaScript of a module's text: takes the types away, and finds what it imports.

mod dependencies;
mod nesting;
mod transform;

pub(crate) use transform::{Dialect, compile, original_position};
