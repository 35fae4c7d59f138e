//! What reading may cost, and what is done where it costs more.

mod limit;
pub(crate) mod patience;
mod stack;

pub use limit::Limits;
pub(crate) use limit::{Clock, End};
pub(crate) use stack::COMPILER_STACK;
pub use stack::with_deep_stack;
