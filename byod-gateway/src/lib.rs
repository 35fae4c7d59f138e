#![doc = include_str!("../README.md")]

mod api;
mod callers;
mod connection;
mod events;
mod failure;
mod open_streams;
mod router;
mod settings;
mod state;
mod strangers;
mod sync;

pub use callers::{Caller, Resolve};
pub use open_streams::Ending;
pub use router::router;
pub use settings::Settings;

/// The programs of the book's chapter.
#[cfg(doctest)]
#[doc = include_str!("../../docs/front-end.md")]
mod front_end {}
