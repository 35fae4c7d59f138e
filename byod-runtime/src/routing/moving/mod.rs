//! Moves what a user has from main to their own deployment, or back.

mod again;
mod at_once;
mod calls;
mod comparing;
mod copying;
mod following;
mod listing;
mod phases;
mod planning;
mod referring;
mod refusal;
mod sides;
mod state;
mod steps;
mod sums;
mod taken;
mod told;
mod wire;

pub use following::{KeepFor, Move, Resumed};
pub use planning::{PlannedMove, PlannedTable};
pub use state::{Direction, MovePhase};
pub use told::{LeftDocument, MoveReport};
