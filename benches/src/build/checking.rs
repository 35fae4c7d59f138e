//! What `cargo check` costs a service with a type per table, and what its program
//! grows by.

use std::error::Error;
use std::path::Path;

use super::service::{Generator, Service};
use crate::report::{Section, Table};

/// Runs of every figure.
const RUNS: usize = 5;

/// Tables of the crates that are checked; the last is what others are compared with.
const SIZES: [usize; 4] = [0, 15, 30, 60];

pub(super) fn measure(scratch: &Path) -> Result<Section, Box<dyn Error>> {
    let mut table = Table::new(&[
        "types",
        "tables",
        "first s",
        "a .rs file touched s",
        "a .ts file changed s",
        "nothing changed s",
    ]);
    let byod = Service::new(scratch, Generator::Byod)?;
    let typegen = Service::new(scratch, Generator::Typegen)?;
    eprintln!("building the dependencies of services …");
    for service in [&byod, &typegen] {
        service.write(1)?;
        service.check()?;
    }
    let mut compared = Vec::new();
    for (name, service, tables) in SIZES
        .map(|tables| ("byod", &byod, tables))
        .into_iter()
        .chain([("convex-typegen", &typegen, 60)])
    {
        service.write(tables)?;
        let run = |change: &dyn Fn(usize) -> Result<(), Box<dyn Error>>| {
            let mut times = Vec::new();
            for number in 0..RUNS {
                change(number)?;
                times.push(service.check()?);
            }
            times.sort();
            Ok::<_, Box<dyn Error>>(times[RUNS / 2].as_secs_f64())
        };
        let first = run(&|_| service.clean())?;
        let touched = run(&|number| service.touch(number))?;
        let changed = match tables {
            0 => None,
            _ => Some(run(&|number| service.change_project(number))?),
        };
        let nothing = run(&|_| Ok(()))?;
        let seconds = |time: f64| format!("{time:.2}");
        table.row(vec![
            name.to_owned(),
            tables.to_string(),
            seconds(first),
            seconds(touched),
            changed.map_or("–".to_owned(), seconds),
            seconds(nothing),
        ]);
        if tables == 60 {
            compared.push((first, touched));
        }
    }
    let mut section = Section::new(
        format!(
            "`cargo check` of a crate with a whole-schema struct per table (dependencies built, median of {RUNS} runs)"
        ),
        table,
    );
    section.notes.push("`convex-typegen` reads schemas in one file alone, whose objects stand there as literals; the tables are the same. It writes types of arguments and documents, and no calls.".to_owned());
    if let [ours, theirs] = &*compared {
        for (what, ours, theirs) in [
            ("first", ours.0, theirs.0),
            ("a .rs file touched", ours.1, theirs.1),
        ] {
            section.notes.push(format!(
                "`cargo check` of 60 tables, {what}: {:.2} of convex-typegen's time.",
                ours / theirs
            ));
        }
    }
    Ok(section)
}

/// What a table adds to a program that lists its documents and removes one.
pub(super) fn sizes(scratch: &Path) -> Result<Section, Box<dyn Error>> {
    let service = Service::new(scratch, Generator::Byod)?;
    let mut table = Table::new(&["tables in use", "program kB", "per table kB"]);
    let mut first = None;
    for tables in [1, 60] {
        service.write_program(tables)?;
        let size = service.size()?;
        let each = first.map_or("–".to_owned(), |first: u64| {
            format!("{:.1}", (size - first) as f64 / 59e3)
        });
        first = Some(size);
        table.row(vec![tables.to_string(), (size / 1000).to_string(), each]);
    }
    Ok(Section::new(
        "The size of a program, built for release and stripped",
        table,
    ))
}
