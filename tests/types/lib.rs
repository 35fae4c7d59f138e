//! The tables of the project here.

#![allow(missing_docs)]

use byod_runtime::{FunctionInfo, TableInfo, byod_table, functions, tables};

pub const MANIFEST: &str = include_str!(env!("BYOD_MANIFEST"));
pub const TABLES: &[TableInfo] = tables!();
pub const FUNCTIONS: &[FunctionInfo] = functions!();

#[byod_table(location = "main")]
pub struct Users;

#[byod_table(location = "main")]
pub struct Values;

#[byod_table(location = "main")]
pub struct Events;

#[byod_table(location = "user")]
pub struct Notes;

/// Times of four kinds.
pub mod with_times {
    use std::time::SystemTime;

    use byod_runtime::byod_table;

    #[byod_table(location = "main")]
    #[derive(Debug)]
    pub struct Times {
        pub system: SystemTime,
        pub chrono: Option<chrono::DateTime<chrono::Utc>>,
        pub jiff: Vec<jiff::Timestamp>,
        pub time: Option<time::OffsetDateTime>,
    }
}
