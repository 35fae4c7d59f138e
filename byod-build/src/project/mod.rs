//! Reads one Convex project: its modules, its schema and its functions.

mod exported;
mod functions;
mod module_reader;
mod reading;
mod schema;

pub use exported::Exported;
pub use reading::{Attempt, ProjectReading, attempt, read_project};
