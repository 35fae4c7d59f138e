//! Prints what a Convex folder declares, as one JSON object. The folder may also
//! be that of the app which has it.
//!
//! `cargo run -q --release -p byod-build --example read -- path/to/convex`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use byod_build::{Limits, read_project};
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Printed<'a> {
    schema: &'a RawValue,
    functions: BTreeMap<String, &'a RawValue>,
    warnings: &'a [String],
}

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: read CONVEX_FOLDER");
        return ExitCode::FAILURE;
    };
    let reading = match read_project(Path::new(&folder), &Limits::default()) {
        Ok(reading) => reading,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    let functions = reading.functions.iter();
    let printed = Printed {
        schema: &reading.schema.json,
        functions: functions
            .map(|(path, function)| (path.to_string(), &*function.json))
            .collect(),
        warnings: &reading.warnings,
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = serde_json::to_writer(&mut out, &printed)
        .map_err(Into::into)
        .and_then(|()| writeln!(out))
        .and_then(|()| out.flush());
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
