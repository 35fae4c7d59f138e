//! Has the official tool bundle the project, as it would to deploy it.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use byod_runtime::Bundle;

use crate::error::Error;

/// How long it may take, and how much it may say.
struct Bounds {
    time: Duration,
    bytes: u64,
}

const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(300),
    bytes: 4 << 20,
};

/// How much of what it says is kept, in bytes.
const SAID: u64 = 64 << 10;

/// What it needs to run: where programs are, and Windows.
const KEPT: [&str; 2] = ["PATH", "SystemRoot"];

/// Bundles the project whose folder that is, the one with its `package.json`, and gives what is
/// to be pushed; `schema_version` is the one that the project says of itself.
///
/// It is done by the package `convex` that is installed there, without a shell and with no more
/// of the environment than `PATH`. The tool writes `_generated`, as it always does. No
/// deployment is asked, and no key is needed.
pub fn write_bundle(folder: &Path, schema_version: u64) -> Result<Bundle, Error> {
    write_within(&BOUNDS, folder, schema_version)
}

fn write_within(bounds: &Bounds, folder: &Path, schema_version: u64) -> Result<Bundle, Error> {
    let tool = tool(folder)?;
    let scratch = Scratch::new(folder)?;
    let mut log = io_of("a file for what the tool says", tempfile(&scratch))?;
    let request = scratch.0.join("request");
    let mut command = Command::new("node");
    command
        .arg(tool)
        .args(["deploy", "--push-all-modules", "--typecheck", "disable"])
        // Nothing listens there, and nobody has that key.
        .args([
            "--url",
            "http://127.0.0.1:9",
            "--admin-key",
            "nobody|nothing",
        ])
        .arg("--write-push-request")
        .arg(&request)
        .current_dir(folder)
        .env_clear()
        .envs(
            KEPT.iter()
                .filter_map(|name| Some((name, env::var_os(name)?))),
        )
        .stdin(Stdio::null())
        .stdout(io_of("a file for what the tool says", log.try_clone())?)
        .stderr(io_of("a file for what the tool says", log.try_clone())?);
    // It runs other programs, which must end as well.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let ended = command.spawn().and_then(|child| wait(child, &log, bounds));
    let ended = io_of("`node`, which runs `npx convex`", ended)?;
    let written = request.with_extension("json");
    let failed = |why: &str, log: &mut File| Error::Tool {
        folder: folder.to_owned(),
        said: format!("{why}{}", said(log)),
    };
    match ended {
        Ended::Well if written.is_file() => {}
        Ended::Well | Ended::Badly => return Err(failed("", &mut log)),
        Ended::Late => {
            let why = format!("it took more than {} s; ", bounds.time.as_secs());
            return Err(failed(&why, &mut log));
        }
        Ended::Loud => return Err(failed("it says too much; ", &mut log)),
    }
    let request = io_of("what `npx convex` has written", fs::read(&written))?;
    Ok(Bundle::parse(&request, schema_version)?)
}

/// The tool as Node finds it from there.
fn tool(folder: &Path) -> Result<PathBuf, Error> {
    let absolute = io_of(&folder.display().to_string(), fs::canonicalize(folder))?;
    let mut tools = absolute
        .ancestors()
        .map(|folder| folder.join("node_modules/convex/bin/main.js"));
    tools
        .find(|tool| tool.is_file())
        .ok_or_else(|| Error::NoTool {
            folder: folder.to_owned(),
        })
}

/// How it ended.
enum Ended {
    Well,
    Badly,
    /// It took too long, and was ended.
    Late,
    /// It said too much, and was ended.
    Loud,
}

fn wait(mut child: Child, log: &File, bounds: &Bounds) -> io::Result<Ended> {
    let since = Instant::now();
    let ended = loop {
        match child.try_wait() {
            Ok(None) if since.elapsed() > bounds.time => break Ok(Ended::Late),
            Ok(None) if log.metadata().is_ok_and(|log| log.len() > bounds.bytes) => {
                break Ok(Ended::Loud);
            }
            Ok(None) => thread::sleep(Duration::from_millis(20)),
            Ok(Some(status)) if status.success() => return Ok(Ended::Well),
            Ok(Some(_)) => return Ok(Ended::Badly),
            Err(error) => break Err(error),
        }
    };
    end(&mut child);
    ended
}

/// Ends it and what it has started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    let _ = Command::new("kill")
        .args(["-KILL", "--", &format!("-{}", child.id())])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // What has ended already can't be ended.
    let _ = child.kill();
    let _ = child.wait();
}

/// The end of what it said, without what draws on terminals.
fn said(log: &mut File) -> String {
    let mut text = Vec::new();
    let read = log
        .seek(io::SeekFrom::End(0))
        .and_then(|end| log.seek(io::SeekFrom::Start(end.saturating_sub(SAID))))
        .and_then(|_| log.read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.collect();
    let last = &lines[lines.len().saturating_sub(4)..];
    let shown: String = last
        .join("; ")
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    match read {
        Ok(_) if !shown.is_empty() => shown,
        _ => "it says nothing".to_owned(),
    }
}

/// A folder in the project's own system folder for temporary files, for one bundle.
struct Scratch(PathBuf);

impl Scratch {
    fn new(folder: &Path) -> Result<Self, Error> {
        // Two of one process are told apart by the time.
        let nanos = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        let name = format!("byod-fleet-{}-{nanos}", std::process::id());
        let scratch = env::temp_dir().join(name);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        io_of(&folder.display().to_string(), builder.create(&scratch))?;
        Ok(Self(scratch))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind, it is in the way of nothing.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tempfile(scratch: &Scratch) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).append(true).create_new(true);
    options.open(scratch.0.join("said"))
}

fn io_of<T>(what: &str, result: io::Result<T>) -> Result<T, Error> {
    result.map_err(|source| Error::Io {
        what: what.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program of Node's in the place of the tool; the folder, and why there is no bundle.
    fn refused(name: &str, program: &str, bounds: &Bounds) -> Option<(PathBuf, String)> {
        if env::var_os("BYOD_WITHOUT_NODE").is_some_and(|value| !value.is_empty()) {
            return None;
        }
        let folder = env::temp_dir().join(format!("byod-fleet-{name}-{}", std::process::id()));
        let tool = folder.join("node_modules/convex/bin/main.js");
        fs::create_dir_all(tool.parent().unwrap()).unwrap();
        fs::write(tool, program).unwrap();
        let error = write_within(bounds, &folder, 1).unwrap_err();
        Some((folder, error.to_string()))
    }

    #[test]
    fn it_is_ended_when_it_says_too_much() {
        let program =
            "const fs = require('fs'); for (;;) fs.writeSync(1, 'x'.repeat(999) + '\\n');";
        let bounds = Bounds {
            time: Duration::from_secs(60),
            bytes: 5_000,
        };
        let Some((folder, said)) = refused("loud", program, &bounds) else {
            return;
        };
        assert!(said.contains("it says too much; xxx"), "{said}");
        fs::remove_dir_all(folder).unwrap();
    }

    /// As the tool's bundler is one: a program that it waits for.
    #[cfg(unix)]
    #[test]
    fn what_takes_too_long_is_ended_with_what_it_has_started() {
        let program = "const { execFileSync } = require('child_process'); \
                       execFileSync('sh', ['-c', 'while sleep 0.1; do echo x >> ticks; done'], { stdio: 'inherit' });";
        let bounds = Bounds {
            time: Duration::from_secs(3),
            bytes: 1 << 20,
        };
        let Some((folder, said)) = refused("late", program, &bounds) else {
            return;
        };
        assert!(said.contains("it took more than 3 s"), "{said}");
        let ticks = || fs::metadata(folder.join("ticks")).unwrap().len();
        let before = ticks();
        thread::sleep(Duration::from_millis(500));
        assert_eq!(ticks(), before, "it goes on");
        fs::remove_dir_all(&folder).unwrap();
    }
}
