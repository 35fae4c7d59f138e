//! Both projects, where each table is, and where each of main's functions runs.

mod location;
mod mirror;
mod moves;
mod placed;
mod placement;
mod project;
mod runs;

pub use location::Location;
pub use mirror::Mirror;
pub use moves::Moves;
pub use placed::Placed;
pub use placement::{Placement, Placements, Refusal, Runs, Side, Stated};
pub use project::{Injection, Manifest, Project};
