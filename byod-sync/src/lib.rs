#![doc = include_str!("../README.md")]

mod client;
mod error;
mod json;
mod message;
pub mod server;
mod timestamp;

pub use client::{Backoff, Broken, Client, Completion, Received, Subscription};
pub use error::ProtocolError;
pub use json::Json;
pub use message::{
    ClientMessage, FunctionError, Modification, NoUuid, Query, QueryId, QueryResult,
    QuerySetChange, Request, RequestId, ServerMessage, SessionId, Token, Version,
};
pub use timestamp::Timestamp;
