//! What is done on an engine, which keeps how far it is for any number of machines: what is handed over to it, and asked of it.

mod bundles;
mod client;
mod handed;
mod one_user;
#[cfg(feature = "serve")]
pub mod serve;

pub use bundles::{Bundles, Digest};
pub use client::Engine;
pub use handed::{Begun, Done, Keep, Order, Progress};
#[cfg(feature = "serve")]
pub(crate) use handed::{Deploy, GONE, names};
pub use one_user::{MoveOrder, Stays};
