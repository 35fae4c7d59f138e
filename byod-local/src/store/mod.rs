//! The tables: documents by id, transactions, queries, and what may be stored.

mod answered;
mod ids;
mod moments;
mod query;
mod tables;
pub(crate) mod validate;

pub(crate) use answered::Asked;
pub(crate) use ids::Ids;
pub use query::Query;
pub(crate) use tables::{Store, Tables, Transaction, document, field_of, table};
