//! Quotes the code of what has been checked. Nothing is judged here.

mod builders;
mod definitions;
mod functions;
mod paths;
mod table;
mod types;
mod unions;

pub(crate) use paths::location_path;
pub(crate) use table::{expand, stand_in};
