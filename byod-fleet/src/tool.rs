//! Has the official tool bundle the project, as it would to deploy it.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use byod_runtime::Bundle;

use crate::error::Error;

/// How long it may take.
const TIME: Duration = Duration::from_secs(300);

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
    let tool = tool(folder)?;
    let scratch = Scratch::new(folder)?;
    let mut log = io_of("a file for what the tool says", tempfile(&scratch))?;
    let request = scratch.0.join("request");
    let command = Command::new("node")
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
        .stderr(io_of("a file for what the tool says", log.try_clone())?)
        .spawn();
    let ended = io_of("`node`, which runs `npx convex`", command.and_then(wait))?;
    let written = request.with_extension("json");
    if !ended || !written.is_file() {
        return Err(Error::Tool {
            folder: folder.to_owned(),
            said: said(&mut log),
        });
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

/// Whether it ends well; one that doesn't end is ended.
fn wait(mut child: Child) -> io::Result<bool> {
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if since.elapsed() > TIME {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(20));
    }
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
