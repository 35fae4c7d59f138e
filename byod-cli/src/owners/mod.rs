//! Whose the documents of users' tables are.

mod callers;
mod copies;
mod fields;
mod foreign;
mod mains;
mod private;
mod problems;

pub(crate) use callers::callers;
pub(crate) use copies::{Copies, problems_of_copies};
pub(crate) use fields::{
    OwnerNames, Owners, has_id_of, key, parent_fields, sometimes_owned, subjects, without_place,
};
pub(crate) use foreign::is_foreign;
pub(crate) use mains::{RECORDS, owner_on_main};
pub(crate) use private::private;
pub(crate) use problems::problems;
