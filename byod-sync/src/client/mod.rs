//! A client's side of one socket: a state machine that does no I/O and knows no clock.

mod backoff;
mod broken;
mod chunks;
mod connection;
mod queries;
mod received;
mod requests;

pub use backoff::Backoff;
pub use broken::Broken;
pub use connection::Client;
pub use queries::Subscription;
pub use received::{Completion, Received};
