//! Prints what a Convex folder declares, as one JSON object.
//!
//! `cargo run -q --release -p byod-build --example read -- path/to/convex`

use std::collections::BTreeMap;
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
    match serde_json::to_string(&printed) {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
