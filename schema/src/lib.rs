#![doc = include_str!("../README.md")]

mod compare;
mod difference;
mod fits;
mod function;
mod manifest;
mod own_tables;
mod ownership;
mod refused;
mod schema;
mod suggest;
mod validator;
mod value;

pub use difference::Difference;
pub use function::{Function, FunctionPath, FunctionType, Visibility, table_of_module};
pub use manifest::{
    Injection, Location, Manifest, Mirror, Moves, Placed, Placement, Placements, Project, Refusal,
    Runs, Side, Stated,
};
pub use own_tables::{
    CLAIM_TABLE, IDEMPOTENCY_TABLE, MIRROR_TABLE, MOVED_TABLE, OUTBOX_STATE_TABLE, OUTBOX_TABLE,
    claim_table, idempotency_table, mirror_table, moved_table, outbox_state_table, outbox_table,
};
pub use ownership::{Deployments, Ownership};
pub use refused::{REFUSED, not_an_identifier, refused, refused_module};
pub use schema::{Index, Schema, SearchIndex, Table, VectorIndex};
pub use suggest::nearest;
pub use validator::{Field, Fields, Validator};
pub use value::{Clean, Members, Value, ValueError, integer_from_base64, integer_to_base64};
