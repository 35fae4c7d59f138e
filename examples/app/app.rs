//! A chat in the browser whose users may keep it on their own deployment: main, Alice's deployment and the gateway run
//! inside this process. `cargo run --example app` says where to look.

use std::process::ExitCode;

use byod_example_app::{App, Failure};
use clap::Parser as _;

/// Serves a chat whose users may keep it on their own deployment.
#[derive(clap::Parser)]
struct Arguments {
    /// The port of 127.0.0.1 to serve it on; 0 takes one that is free
    #[arg(long, default_value_t = 3000)]
    port: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    println!("Building the page…");
    let app = App::start(arguments.port).await?;
    println!(
        "
The chat is at {}
Sign in as Alice in one window and as Bob in another; two windows of one user show the same, live.

Alice has a deployment of her own. To keep her chats there, enter in her settings:
    Deployment URL  {}
    Deploy key      {}

Nothing is stored: all of it is in this process. Ctrl-C ends it.",
        app.url(),
        app.alices.url(),
        app.alices.deploy_key(),
    );
    app.ended().await;
    Ok(())
}
