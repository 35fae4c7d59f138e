//! The functions that a deployment has by itself.

pub(crate) mod claim;
pub(crate) mod credentials;
pub(crate) mod crud;
pub(crate) mod mirror;
pub(crate) mod moving;
pub(crate) mod ping;
