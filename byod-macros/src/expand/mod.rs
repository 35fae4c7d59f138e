//! Quotes the code of what has been checked. Nothing is judged here.

mod builders;
mod definitions;
mod functions;
mod table;
mod types;
mod unions;

pub(crate) use table::{expand, stand_in};
