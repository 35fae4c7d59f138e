//! What reading may cost, and what is done where it costs more.

mod files;
mod limit;
pub(crate) mod patience;
mod stack;

pub use files::{is_file, read_file, read_text};
pub(crate) use files::{replace_file, write_file};
pub use limit::Limits;
#[cfg(feature = "reader")]
pub(crate) use limit::{Clock, End};
#[cfg(feature = "reader")]
pub(crate) use stack::COMPILER_STACK;
pub use stack::with_deep_stack;
