//! Queries that are watched, over one socket for each deployment and identity. A user is a name alone, by which callers
//! are told apart.

mod caller;
mod driver;
mod frames;
mod identity;
mod open;
mod pool;
mod progress;
mod requests;
mod settings;
mod slot;
mod socket;
mod token_source;

pub(crate) use caller::Caller;
pub(crate) use pool::Sockets;
pub(crate) use progress::Progress;
pub(crate) use requests::Landed;
pub(crate) use settings::SocketSettings;
pub(crate) use slot::{Latest, News};
pub(crate) use socket::{Socket, Watch};
pub(crate) use token_source::TokenSource;
