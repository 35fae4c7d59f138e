//! The tables that every exported project has beside its users'.

mod claim;
mod idempotency;

pub use claim::{CLAIM_TABLE, claim_table};
pub use idempotency::{IDEMPOTENCY_TABLE, idempotency_table};
