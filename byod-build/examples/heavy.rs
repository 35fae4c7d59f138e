//! What reading a project costs that imports heavy packages, beside the same where all
//! of them is run: without what they say of their effects (`sideEffects`).
//!
//! `cargo run --release -p byod-build --example heavy` installs the packages, by npm, at
//! the versions of `heavy/package-lock.json`, in the target folder, which takes 320 MB.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use byod_build::{Limits, read_project};
use serde_json::Value;

/// How often each is read.
const RUNS: usize = 5;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1);
    if let Some(folder) = args.next() {
        return read_once(Path::new(&folder));
    }
    let scratch = install()?;
    let deferred = measure(&scratch)?;
    let packages = scratch.join("node_modules");
    let said = without_effects(&packages)?;
    let all = measure(&scratch);
    for (file, text) in said {
        fs::write(file, text)?;
    }
    let all = all?;
    if deferred.declared != all.declared {
        return Err("the two readings differ".into());
    }
    let count = |value: &Value| value.as_object().map_or(0, serde_json::Map::len);
    println!("{} functions, the same in both", count(&all.declared));
    println!("| | wall, best | wall, median | peak of memory | files read |");
    println!("| --- | --- | --- | --- | --- |");
    for (what, one) in [
        ("all that is imported is run", &all),
        ("what is looked into is run", &deferred),
    ] {
        println!(
            "| {what} | {:.2} s | {:.2} s | {} | {} |",
            one.best().as_secs_f64(),
            one.median().as_secs_f64(),
            one.memory
                .map_or("?".to_owned(), |kib| format!("{} MB", kib >> 10)),
            one.files,
        );
    }
    let ratio = |a: f64, b: f64| format!("{:.2}", a / b);
    println!(
        "| ratio | {} | {} | {} | {} |",
        ratio(deferred.best().as_secs_f64(), all.best().as_secs_f64()),
        ratio(deferred.median().as_secs_f64(), all.median().as_secs_f64()),
        deferred
            .memory
            .zip(all.memory)
            .map_or("?".to_owned(), |(a, b)| ratio(a as f64, b as f64)),
        ratio(deferred.files as f64, all.files as f64),
    );
    Ok(())
}

/// What reading cost.
struct Measured {
    /// In order, shortest first.
    times: Vec<Duration>,
    /// In KiB, where the system says.
    memory: Option<u64>,
    files: u64,
    /// The functions that were read.
    declared: Value,
}

impl Measured {
    fn best(&self) -> Duration {
        self.times.first().copied().unwrap_or_default()
    }

    fn median(&self) -> Duration {
        self.times
            .get(self.times.len() / 2)
            .copied()
            .unwrap_or_default()
    }
}

/// Reads in a process of its own each time, as a build does.
fn measure(scratch: &Path) -> Result<Measured> {
    let mut measured = Measured {
        times: Vec::new(),
        memory: None,
        files: 0,
        declared: Value::Null,
    };
    for _ in 0..RUNS {
        let output = Command::new(std::env::current_exe()?)
            .arg(scratch.join("convex"))
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let answer: Value = serde_json::from_slice(&output.stdout)?;
        let number = |name: &str| answer[name].as_u64();
        let micros = number("micros").ok_or("no time")?;
        measured.times.push(Duration::from_micros(micros));
        measured.memory = measured.memory.max(number("memory"));
        measured.files = number("files").unwrap_or(0);
        measured.declared = answer["functions"].clone();
    }
    measured.times.sort();
    Ok(measured)
}

fn read_once(folder: &Path) -> Result<()> {
    let start = Instant::now();
    let reading = read_project(folder, &Limits::default())?;
    let micros = start.elapsed().as_micros();
    if !reading.warnings.is_empty() {
        return Err(reading.warnings.join("\n").into());
    }
    let functions = reading.functions.iter();
    let functions: serde_json::Map<String, Value> = functions
        .map(|(path, function)| Ok((path.to_string(), serde_json::from_str(function.json.get())?)))
        .collect::<Result<_>>()?;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let memory = peak.and_then(|text| text.trim().split(' ').next()?.parse::<u64>().ok());
    let answer = serde_json::json!({
        "micros": u64::try_from(micros)?, "memory": memory, "files": reading.files.len(), "functions": functions,
    });
    println!("{answer}");
    Ok(())
}

/// A copy of the project with its packages, in the target folder.
fn install() -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/heavy");
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("no target folder")?;
    let scratch = target.join("byod-heavy");
    fs::create_dir_all(scratch.join("convex"))?;
    for folder in ["", "convex"] {
        for entry in fs::read_dir(source.join(folder))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), scratch.join(folder).join(entry.file_name()))?;
            }
        }
    }
    let installed = Command::new("npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(&scratch)
        .status()
        .map_err(|error| format!("npm, which this needs: {error}"))?;
    if !installed.success() {
        return Err("npm could not install the packages".into());
    }
    Ok(scratch)
}

/// Takes out of every `package.json` what it says of effects; gives what was there.
fn without_effects(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut changed = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            changed.extend(without_effects(&entry.path())?);
        } else if entry.file_name() == "package.json" {
            let text = fs::read(entry.path())?;
            let Ok(Value::Object(mut description)) = serde_json::from_slice(&text) else {
                continue;
            };
            if description.remove("sideEffects").is_some() {
                fs::write(entry.path(), Value::Object(description).to_string())?;
                changed.push((entry.path(), text));
            }
        }
    }
    Ok(changed)
}
