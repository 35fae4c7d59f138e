//! Who calls: what main says of a token, and the operator by theirs.

mod operator;
mod strangers;
mod users;

pub use operator::{OperatorToken, WeakToken};
pub(crate) use strangers::Strangers;
pub(crate) use users::{Authorization, unauthenticated};
pub use users::{Caller, Resolve};
