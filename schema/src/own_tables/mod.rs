//! The tables that every exported project has beside its users'.

mod claim;
mod idempotency;
mod mirror;
mod moved;
mod outbox;

pub use claim::{CLAIM_TABLE, claim_table};
pub use idempotency::{IDEMPOTENCY_TABLE, idempotency_table};
pub use mirror::{MIRROR_TABLE, mirror_table};
pub use moved::{MOVED_TABLE, moved_table};
pub use outbox::{OUTBOX_STATE_TABLE, OUTBOX_TABLE, outbox_state_table, outbox_table};
