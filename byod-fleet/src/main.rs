//! `byod-fleet`: a worker of the engine that rolls out for many machines.

use std::process::ExitCode;

use byod_fleet::serve;
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = serve::Arguments::parse();
    match serve::run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
