//! The route cache, measured by the program `routes`, which counts what is allocated.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

use byod_bench::route_figures::Figures;

use crate::cargo::cargo;
use crate::report::{Requirement, Section, Table};

pub(crate) fn measure(program: &Path, users: usize) -> Result<Vec<Section>, Box<dyn Error>> {
    let figures = figures(program, users)?;
    let mut hits = Table::new(&[
        "cached users",
        "asked for",
        "threads",
        "ns",
        "ns of a `HashMap`",
        "ns of one place in memory",
    ]);
    let mut requirements = Vec::new();
    for hit in &figures.hits {
        hits.row(vec![
            hit.users.to_string(),
            hit.asked.clone(),
            hit.threads.to_string(),
            format!("{:.0}", hit.nanoseconds),
            format!("{:.0}", hit.of_map),
            format!("{:.0}", hit.of_place),
        ]);
        let what = format!(
            "ns of a hit, {} cached users, {}, {} threads",
            hit.users, hit.asked, hit.threads
        );
        requirements.push(Requirement::at_most(what, hit.nanoseconds, 150.0));
    }
    let mut memory = Table::new(&["", "users", "bytes"]);
    let mut row = |name: &str, users: usize, bytes: f64| {
        memory.row(vec![
            name.to_owned(),
            users.to_string(),
            format!("{bytes:.0}"),
        ]);
    };
    for (users, bytes) in &figures.bytes {
        row("bytes per cached user", *users, *bytes);
    }
    if let Some((users, bytes)) = figures.bytes.last() {
        let what = format!("bytes per cached user, {users} users");
        requirements.push(Requirement::at_most(what, *bytes, 1024.0));
    }
    let storm = &figures.storm;
    row(
        "the most in use in a storm of cold users",
        storm.users,
        storm.most,
    );
    let what = format!(
        "bytes in use in a storm of {} cold users, per user that the cache may hold",
        storm.users
    );
    let each = storm.most / storm.capacity as f64;
    requirements.push(Requirement::at_most(what, each, 1024.0));
    let mut hits = Section::new("A hit of the route cache", hits);
    hits.requirements = requirements;
    hits.notes = vec![
        "What a warm call does to find its route, the clock and the counter included; each thread's own time.".to_owned(),
        "The `HashMap` holds the same ids behind an `RwLock`, each with an `Arc`: what the machine's memory takes by itself.".to_owned(),
        "A hit reads several places in memory, one after the other. The last column is what a single one takes, of 64 bytes for each cached user.".to_owned(),
    ];
    let mut memory = Section::new(
        "Memory of the route cache, counted by the allocator",
        memory,
    );
    memory.notes = vec![format!(
        "The storm meets a cache of at most {} users.",
        storm.capacity
    )];
    Ok(vec![hits, memory])
}

fn figures(program: &Path, users: usize) -> Result<Figures, Box<dyn Error>> {
    let build = [
        "build",
        "--quiet",
        "--release",
        "-p",
        "byod-bench",
        "--bin",
        "routes",
    ];
    if !cargo().args(build).status()?.success() {
        return Err("can't build the program `routes`".into());
    }
    let routes = program.with_file_name("routes");
    let output = Command::new(&routes)
        .arg(program)
        .arg(users.to_string())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{} failed", routes.display()).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
