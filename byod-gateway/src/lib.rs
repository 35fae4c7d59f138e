#![doc = include_str!("../README.md")]

mod admin;
mod api;
mod callers;
mod connection;
mod failure;
mod open_streams;
mod router;
mod settings;
mod state;
mod sync;

pub use callers::{Caller, OperatorToken, Resolve, WeakToken};
pub use open_streams::Ending;
pub use router::router;
pub use settings::Settings;

/// The programs of the book's chapter.
#[cfg(doctest)]
#[doc = include_str!("../../docs/front-end.md")]
mod front_end {}
