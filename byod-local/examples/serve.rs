//! Serves the tables and functions of a Convex folder on a free port, so that any client can be tried by hand, and prints
//! one line: `{"url": …, "deployKey": …}`. It ends when it is interrupted.
//!
//! `cargo run -p byod-local --example serve -- path/to/convex`

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use byod_build::{Limits, read_project};
use byod_local::Local;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = serve().await else {
        return ExitCode::SUCCESS;
    };
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1);
    let folder = folder.ok_or("usage: serve CONVEX_FOLDER")?;
    let manifest = byod_local::read_manifest(&manifest(&folder)?)?;
    let deployment = Local::main(&manifest).start().await?;
    let line = json!({"url": deployment.url(), "deployKey": deployment.deploy_key()});
    println!("{line}");
    std::future::pending().await
}

/// A manifest whose main project is the folder's.
fn manifest(folder: &str) -> Result<String, Box<dyn Error>> {
    let reading = read_project(Path::new(folder), &Limits::default())?;
    for warning in &reading.warnings {
        eprintln!("warning: {warning}");
    }
    let functions = reading.functions.iter();
    let functions: BTreeMap<_, _> = functions
        .map(|(path, function)| (path.to_string(), &function.value))
        .collect();
    let main = json!({
        "convex": folder, "schema": reading.schema.value, "functions": functions, "warnings": [],
    });
    let manifest = json!({"format": 1, "main": main, "userTables": [], "inject": {}});
    Ok(manifest.to_string())
}
