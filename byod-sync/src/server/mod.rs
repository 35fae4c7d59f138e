//! A deployment's side of one socket, or the side of whatever stands before deployments.
//!
//! [`Conversation`] is the protocol without I/O. With the feature `serve`, [`serve`] holds a whole socket by it, and asks
//! a [`View`] for all that it doesn't know: who calls, what queries give, and what mutations do.

mod chunks;
mod conversation;
#[cfg(feature = "serve")]
mod driver;
mod mistake;
mod moment;
#[cfg(feature = "serve")]
mod outgoing;
#[cfg(feature = "serve")]
mod pace;
#[cfg(feature = "serve")]
mod settings;
#[cfg(feature = "serve")]
mod view;
#[cfg(feature = "serve")]
mod weight;

pub use chunks::{chunks, takes_chunks};
pub use conversation::{Asked, Conversation};
#[cfg(feature = "serve")]
pub use driver::{serve, serve_until};
pub use mistake::Mistake;
pub use moment::{Answer, Moment, Updated};
#[cfg(feature = "serve")]
pub use settings::Settings;
#[cfg(feature = "serve")]
pub use view::{Ended, Stop, View};
