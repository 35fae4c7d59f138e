//! What can go wrong, and what is known then.

mod about;
mod call;
mod claim;
mod data;
mod http_status;
mod outcome;
mod problem;
#[cfg(feature = "axum")]
mod problem_details;
mod problem_of_text;
mod said;
mod stopped;
#[cfg(test)]
pub(crate) mod test_error;
pub(crate) mod text;
mod variants;
mod words;

pub(crate) use call::Endpoint;
pub use call::{Call, Deployment};
pub use claim::Claim;
pub use data::ErrorData;
pub use outcome::Outcome;
pub use problem::ConnectionProblem;
#[cfg(feature = "axum")]
pub use problem_details::ProblemDetails;
pub use said::Said;
pub(crate) use text::{EXPLANATION, is_without, one_line};
pub(crate) use variants::BoxError;
pub use variants::Error;
