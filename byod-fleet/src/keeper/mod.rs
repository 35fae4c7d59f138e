//! Keeps all users' deployments on a version and known: round after round.

mod remembered;
mod round;
mod survey;

pub use remembered::Memory;
#[cfg(feature = "serve")]
pub(crate) use remembered::Remembered;
#[cfg(feature = "engine")]
pub(crate) use remembered::Rhythm;
pub use round::{Keeper, Round};
#[cfg(feature = "serve")]
pub(crate) use survey::Survey;
