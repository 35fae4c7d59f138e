//! What tests hold in their hands.

mod local;
mod manifest;
#[cfg(feature = "push")]
mod pushed;
mod running;

pub use local::Local;
pub use manifest::read_manifest;
pub use running::LocalDeployment;
