//! The figures of byod, measured side by side on one machine, printed as tables.
//!
//! `cargo run --release -p byod-bench` measures everything; with the name of a part,
//! that part alone.

mod awake;
mod build;
mod calls;
mod cargo;
mod decode;
mod hang;
mod progress;
mod report;
mod requests;
mod route_cache;

use std::error::Error;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use byod_bench::deployment;
use clap::{Parser, ValueEnum};

use crate::calls::Local;
use crate::progress::Progress;
use crate::report::{Report, Section};

/// Measures byod against what a service would otherwise use.
#[derive(Parser)]
#[command(about)]
struct Arguments {
    /// What to measure; everything unless given.
    part: Option<Part>,

    /// How many documents move.
    #[arg(default_value_t = 20_000)]
    count: usize,

    /// Prints JSON instead of tables.
    #[arg(long)]
    json: bool,

    /// How often every contender of the calls has its turn, at most: it ends earlier after
    /// two and a half minutes, and after one where everything is measured.
    #[arg(long, default_value_t = 15)]
    rounds: usize,

    /// Users in the route cache, where it is full.
    #[arg(long, default_value_t = 1_000_000)]
    users: usize,

    /// Whose calls are profiled.
    #[arg(long, default_value = "byod")]
    contender: Local,

    /// How many calls are profiled.
    #[arg(long, default_value_t = 2_500)]
    calls: usize,

    /// The core of the other process.
    #[arg(long, hide = true)]
    core: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Warm queries by all contenders.
    Calls,
    /// The requests of calls, and a batch against single calls.
    Requests,
    /// Reading an answer into typed documents.
    Decode,
    /// The route cache: time and memory.
    Routes,
    /// Calls of nine users while the deployment of a tenth hangs.
    Hang,
    /// Watched queries, beside the official clients.
    Live,
    /// What the gateway adds to calls and to watched queries.
    Gateway,
    /// A user's documents on their way to a deployment of their own: as many as the next argument says.
    Move,
    /// Reading a project, and `cargo check`.
    Build,
    /// One contender's calls alone, one after the other, for a profiler; only by name.
    Profile,
    /// Is the deployment, for the other process.
    #[value(hide = true)]
    Serve,
    /// Watches queries by byod, for the other process.
    #[value(hide = true)]
    Watch,
    /// Is the gateway, for the other process.
    #[value(hide = true)]
    GatewayServe,
    /// Moves documents, for the other process.
    #[value(hide = true)]
    MoveRun,
    /// Keeps a core awake, for the other process.
    #[value(hide = true)]
    StayAwake,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.part == Some(Part::Serve) {
        return serve(arguments.core);
    }
    if arguments.part == Some(Part::StayAwake) {
        return awake::stay(arguments.core);
    }
    if arguments.part == Some(Part::Watch) {
        return calls::live::watch_by_byod();
    }
    if arguments.part == Some(Part::GatewayServe) {
        return calls::gateway::serve();
    }
    if arguments.part == Some(Part::MoveRun) {
        return calls::moving::run();
    }
    if arguments.part == Some(Part::Profile) {
        let program = std::env::current_exe()?;
        return calls::profile(&program, arguments.contender, arguments.calls);
    }
    let all = [
        (Part::Calls, "calls"),
        (Part::Requests, "requests"),
        (Part::Decode, "decode"),
        (Part::Routes, "routes"),
        (Part::Hang, "hang"),
        (Part::Live, "live"),
        (Part::Gateway, "gateway"),
        (Part::Move, "move"),
        (Part::Build, "build"),
    ];
    let wanted = all
        .iter()
        .filter(|(part, _)| arguments.part.is_none_or(|wanted| wanted == *part));
    let wanted: Vec<_> = wanted.collect();
    // All of it is to end within minutes.
    let brief = arguments.part.is_none();
    let program = std::env::current_exe()?;
    let scratch = scratch(&program)?;
    let progress = Progress::of(wanted.len());
    let mut sections = Vec::new();
    for (part, name) in wanted {
        progress.begin(name);
        match part {
            Part::Calls => {
                sections.extend(calls(arguments, &program, &scratch, brief, &progress)?);
            }
            Part::Requests => sections.push(requests::measure(&program)?),
            Part::Decode => sections.push(decode::measure()?),
            Part::Routes => sections.extend(route_cache::measure(&program, arguments.users)?),
            Part::Hang => sections.push(hang::measure()?),
            Part::Live => sections.extend(calls::live::measure(&program, &scratch, brief)?),
            Part::Gateway => sections.extend(calls::gateway::measure(&program, brief, &progress)?),
            Part::Move => sections.push(calls::moving::measure(
                &program,
                arguments.count,
                &progress,
            )?),
            Part::Build => sections.extend(build::measure(&scratch, brief)?),
            // Done by now.
            Part::Profile
            | Part::Serve
            | Part::Watch
            | Part::GatewayServe
            | Part::MoveRun
            | Part::StayAwake => {}
        }
        progress.end();
    }
    drop(progress);
    let report = Report { sections };
    match arguments.json {
        true => println!("{}", serde_json::to_string_pretty(&report)?),
        false => print!("{report}"),
    }
    Ok(())
}

/// Warm queries by all contenders, and their plots.
fn calls(
    arguments: &Arguments,
    program: &Path,
    scratch: &Path,
    brief: bool,
    progress: &Progress,
) -> Result<Vec<Section>, Box<dyn Error>> {
    let rounds = arguments.rounds;
    let measured = on_a_thread(|| calls::measure(program, scratch, rounds, brief, progress))?;
    for documents in [deployment::SMALL, deployment::LARGE] {
        let plot = scratch.join(format!("throughput-{documents}.svg"));
        let title = format!("A warm query of a user's table, {documents} documents");
        report::plot(&plot, &title, &measured.throughput(documents))?;
        progress.at(format!("drew {}", plot.display()));
    }
    Ok(measured.sections())
}

/// Runs it where being pinned to a core does not outlast it.
fn on_a_thread<T: Send>(
    run: impl FnOnce() -> Result<T, Box<dyn Error>> + Send,
) -> Result<T, Box<dyn Error>> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| run().map_err(|error| error.to_string()));
        match thread.join() {
            Ok(result) => Ok(result?),
            Err(_) => Err("a measurement has panicked".into()),
        }
    })
}

/// Is the deployment, until standard input ends.
fn serve(core: Option<usize>) -> Result<(), Box<dyn Error>> {
    if let Some(id) = core {
        core_affinity::set_for_current(core_affinity::CoreId { id });
    }
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    deployment::end_with_standard_input();
    Ok(deployment::serve(listener)?)
}

/// A folder for generated projects, beside this program in the target folder.
fn scratch(program: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let target = program
        .ancestors()
        .nth(2)
        .ok_or("this program is in no target folder")?;
    let folder = target.join("byod-bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
