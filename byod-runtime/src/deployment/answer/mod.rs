//! Reads the answers of a deployment.

mod batch;
mod function;

pub(crate) use batch::{batched, read_batch};
pub(crate) use function::{Given, failed, read, read_given, read_given_value, read_value, refusal};
