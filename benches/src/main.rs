//! The figures of byod, measured side by side on one machine, printed as tables.
//!
//! `cargo run --release -p byod-bench -- build` measures what a build costs:
//! reading a Convex project, and checking a crate with a struct per table.

mod checking;
mod project;
mod reading;
mod table;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo run --release -p byod-bench -- build";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments != ["build"] {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    }
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), Box<dyn Error>> {
    let folder = scratch()?;
    println!(
        "Reading a Convex project (release build, best and median of {} runs)\n",
        reading::RUNS
    );
    print!("{}", reading::measure(&folder)?);
    println!(
        "\n`cargo check` of a crate with a whole-schema struct per table (dependencies built, median of {} runs)\n",
        checking::RUNS
    );
    print!("{}", checking::measure(&folder)?);
    Ok(())
}

/// A folder for generated projects, beside this program in the target folder.
fn scratch() -> Result<PathBuf, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let target = program
        .ancestors()
        .nth(2)
        .ok_or("this program is in no target folder")?;
    let folder = target.join("byod-bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
