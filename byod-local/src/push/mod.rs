//! Pushes: the project that a request holds, and how far it has come.

mod fault;
mod project;
mod pushes;
mod record;
mod refusal;
mod reply;
mod request;
mod schema_state;

pub use fault::PushFault;
pub(crate) use pushes::Pushes;
pub use record::{PushOutcome, PushRecord};
pub(crate) use refusal::NotPushed;
pub(crate) use request::{FinishPush, StartPush, Started, WaitForSchema};
pub(crate) use schema_state::SchemaState;
