//! Where users' deployments may be: their URLs were typed by strangers.
//!
//! A URL is checked whenever a client is made of it, and what its host's name
//! stands for whenever a connection is made.

mod allowed;
#[cfg(feature = "reqwest")]
mod destination;
mod host;
mod policy;
mod ranges;
mod resolver;
mod settings;

#[cfg(feature = "reqwest")]
pub(crate) use destination::Destination;
pub(crate) use policy::AddressPolicy;
pub(crate) use resolver::{Refused, Resolver};
pub(crate) use settings::AddressSettings;

#[cfg(test)]
mod tests;
