//! Reads the answers of a deployment.

mod batch;
mod function;

pub(crate) use batch::{batched, read_batch};
pub(crate) use function::{read, read_value, refusal};
