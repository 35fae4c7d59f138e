//! Makes JavaScript of a module's text: takes the types away, and finds what it imports.

mod dependencies;
mod depth;
mod nesting;
mod transform;
mod unknown;

pub use depth::check_nesting;
pub(crate) use transform::{Dialect, compile, original_position};
