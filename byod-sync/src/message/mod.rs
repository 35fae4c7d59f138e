//! The messages of both sides.

mod client;
mod function_result;
mod ids;
mod server;
mod token;
mod wire;

pub use client::{ClientMessage, Query, QuerySetChange, Request};
pub use function_result::{FunctionError, QueryResult};
pub use ids::{NoUuid, QueryId, RequestId, SessionId};
pub use server::{Modification, ServerMessage, Version};
pub use token::Token;
