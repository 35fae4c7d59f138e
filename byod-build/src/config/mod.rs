//! `byod.toml`: where the Convex projects are, and where every table lives; and the file
//! beside it, with where each function runs.

mod byod_toml;
mod entries;
pub(crate) mod functions;
mod mirror;
mod moves;
mod names;
mod stated;
mod user;

pub(crate) use byod_toml::Config;
pub(crate) use entries::Named;
