//! Whose the documents of users' tables are.

mod fields;
mod problems;

pub(crate) use fields::{Owners, key, sometimes_owned, subjects};
pub(crate) use problems::problems;
