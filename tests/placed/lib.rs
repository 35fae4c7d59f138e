//! Wrappers of the modules here.

#![allow(missing_docs)]

use byod_runtime::{FunctionInfo, TableInfo, byod_module, byod_table, functions, tables};

pub const MANIFEST: &str = include_str!(env!("BYOD_MANIFEST"));
pub const TABLES: &[TableInfo] = tables!();
pub const FUNCTIONS: &[FunctionInfo] = functions!();

#[byod_table(location = "user")]
pub struct Conversations;

/// Beside another struct and a module for the same table.
#[byod_table(location = "user")]
pub struct Messages;

#[byod_table(location = "user", table = "messages", partial)]
pub struct MessageText {
    pub text: String,
}

#[byod_table(location = "user", table = "messages", partial)]
pub struct MessageOwner {
    pub user_id: String,
}

byod_module!(pub "messages");

#[byod_table(location = "main")]
pub struct Counters;

byod_module!(pub "chat");

byod_module!(
    /// What search finds.
    pub mod hybrid = "search/hybrid",
    skip(raw),
    returns(scored = Vec<Scored>),
);

/// Where the name is made of the path.
pub mod by_default {
    use byod_runtime::byod_module;

    byod_module!(pub "search/hybrid");

    // The module of a table's name, without the table's struct.
    byod_module!(pub(crate) "messages");

    pub fn stats(session: &byod_runtime::Session) -> byod_runtime::Query<f64> {
        messages::stats(session)
    }
}

byod_module!(pub "admin/tags");

#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
pub struct Scored {
    pub text: String,
    pub score: f64,
}
