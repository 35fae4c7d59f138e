//! Quotes the code of what has been checked. Nothing is judged here.

mod builders;
mod definitions;
mod functions;
mod info;
mod module;
mod paths;
mod table;
mod types;
mod union_items;

pub(crate) use info::info;
pub(crate) use module::expand_module;
pub(crate) use paths::location_path;
pub(crate) use table::{expand, stand_in};
