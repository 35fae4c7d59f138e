//! The tables: documents by id, transactions, queries, and what may be stored.

mod answered;
mod documents;
mod ids;
mod moments;
mod order;
mod plan;
mod query;
mod reads;
#[cfg(feature = "push")]
mod schema_change;
mod sorted;
mod tables;
pub(crate) mod validate;
mod watches;

pub(crate) use answered::Asked;
pub(crate) use ids::Ids;
pub(crate) use query::Page;
pub use query::Query;
pub(crate) use reads::{Noticed, Read};
#[cfg(feature = "push")]
pub(crate) use schema_change::Misfit;
pub(crate) use tables::{Store, Tables, Transaction, document, field_of, table};
pub(crate) use watches::Watcher;
