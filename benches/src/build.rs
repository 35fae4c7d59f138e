//! What a build costs: reading a Convex project, checking a crate with a struct per
//! table, and the program that comes of it.

mod checking;
mod project;
mod reading;
mod service;

use std::error::Error;
use std::path::Path;

use crate::report::Section;

/// Measures; where it is `brief`, without what builds services and their dependencies, which takes minutes.
pub(crate) fn measure(scratch: &Path, brief: bool) -> Result<Vec<Section>, Box<dyn Error>> {
    let mut reading = Section::new(
        format!(
            "Reading a Convex project (release build, best and median of {} runs)",
            reading::RUNS
        ),
        reading::measure(scratch)?,
    );
    if brief {
        let note =
            "`-- build` measures `cargo check` of services and the size of their programs, too.";
        reading.notes.push(note.to_owned());
        return Ok(vec![reading]);
    }
    Ok(vec![
        reading,
        checking::measure(scratch)?,
        checking::sizes(scratch)?,
    ])
}
