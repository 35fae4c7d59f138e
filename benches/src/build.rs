//! What a build costs: reading a Convex project, checking a crate with a struct per
//! table, and the program that comes of it.

mod checking;
mod project;
mod reading;
mod service;

use std::error::Error;
use std::path::Path;

use crate::report::Section;

pub(crate) fn measure(scratch: &Path) -> Result<Vec<Section>, Box<dyn Error>> {
    let reading = Section::new(
        format!(
            "Reading a Convex project (release build, best and median of {} runs)",
            reading::RUNS
        ),
        reading::measure(scratch)?,
    );
    Ok(vec![
        reading,
        checking::measure(scratch)?,
        checking::sizes(scratch)?,
    ])
}
