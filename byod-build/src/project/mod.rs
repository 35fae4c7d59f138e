//! Reads one Convex project: its folder, its modules, its schema and its functions.

mod exported;
mod functions;
pub(crate) mod locate;
mod module_reader;
mod modules;
mod reading;
mod schema;

pub use exported::Exported;
pub use modules::is_source;
pub use reading::{Attempt, ProjectReading, attempt, read_project};
