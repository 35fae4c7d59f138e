//! How long the reader takes, and how that grows with the tables.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use byod_build::{Limits, read_project};

use super::project::{self, FIELDS, FUNCTIONS, Layout};
use crate::report::Table;

/// Runs of every size.
pub(crate) const RUNS: usize = 15;

/// Tables of the projects that are read. The first is what others are compared with.
const SIZES: [usize; 5] = [60, 125, 250, 500, 1000];

pub(crate) fn measure(scratch: &Path) -> Result<Table, Box<dyn Error>> {
    let mut sizes = Vec::new();
    for tables in SIZES {
        let folder = scratch.join(format!("read-{tables}/convex"));
        project::write(&folder, tables, Layout::Modules)?;
        let reading = read_project(&folder, &Limits::default())?;
        let found = (reading.schema.value.tables.len(), reading.functions.len());
        if found != (tables, tables * FUNCTIONS) || !reading.warnings.is_empty() {
            return Err(format!("{}: not read whole: {found:?}", folder.display()).into());
        }
        sizes.push((tables, folder, Vec::new()));
    }
    // The sizes take turns, so that a busy moment of the machine meets all.
    for _ in 0..RUNS {
        for (_, folder, times) in &mut sizes {
            let start = Instant::now();
            let reading = read_project(folder, &Limits::default())?;
            times.push(start.elapsed());
            drop(reading);
        }
    }
    let mut table = Table::new(&[
        "tables",
        "fields",
        "functions",
        "best",
        "median",
        "median per table",
        "against 60 tables",
    ]);
    let mut first: Option<f64> = None;
    for (tables, _, times) in &mut sizes {
        times.sort();
        let best = times[0];
        let median = times[times.len() / 2];
        let each = micros(median) / *tables as f64;
        let ratio = each / *first.get_or_insert(each);
        table.row(vec![
            tables.to_string(),
            (*tables * FIELDS).to_string(),
            (*tables * FUNCTIONS).to_string(),
            format!("{:.1} ms", micros(best) / 1e3),
            format!("{:.1} ms", micros(median) / 1e3),
            format!("{each:.0} µs"),
            format!("{ratio:.2}"),
        ]);
    }
    Ok(table)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
