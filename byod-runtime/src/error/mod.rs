//! What can go wrong, and what is known then.

mod data;
mod outcome;
mod problem;
#[cfg(test)]
pub(crate) mod test_error;
pub(crate) mod text;
mod variants;
mod words;

pub use data::ErrorData;
pub use outcome::Outcome;
pub use problem::ConnectionProblem;
pub(crate) use text::{EXPLANATION, one_line};
pub(crate) use variants::BoxError;
pub use variants::{Call, Error};
