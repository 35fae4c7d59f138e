//! What reading may cost, and what is done where it costs more.

mod limit;
pub(crate) mod patience;

pub(crate) use limit::Clock;
pub use limit::Limits;
