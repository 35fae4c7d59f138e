//! The tables: documents by id, transactions, queries, and what may be stored.

mod answered;
mod documents;
mod ids;
mod moments;
mod order;
mod plan;
mod query;
mod reads;
mod tables;
pub(crate) mod validate;
mod watches;

pub(crate) use answered::Asked;
pub(crate) use ids::Ids;
pub use query::Query;
pub(crate) use reads::{Noticed, Read};
pub(crate) use tables::{Store, Tables, Transaction, document, field_of, table};
pub(crate) use watches::Watcher;
