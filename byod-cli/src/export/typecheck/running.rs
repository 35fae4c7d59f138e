//! Runs TypeScript's compiler: for a bounded time, with a bounded answer, without a
//! shell, and without what the environment says of the person or of Node.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use byod_build::one_line;
use indicatif::ProgressBar;

/// How long it may take, and how much it may say.
struct Bounds {
    time: Duration,
    bytes: u64,
}

const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(120),
    bytes: 4 << 20,
};

/// What it needs to run: where programs are, and Windows.
const KEPT: [&str; 2] = ["PATH", "SystemRoot"];

/// What came of it.
pub(super) struct Ran {
    pub(super) is_success: bool,
    /// All that it said, or the first of that.
    pub(super) text: String,
}

impl Ran {
    /// The beginning of what it said, for errors.
    pub(super) fn told(&self) -> String {
        let words: Vec<&str> = self.text.split_whitespace().take(40).collect();
        let told: String = one_line(&words.join(" ")).chars().take(300).collect();
        if told.is_empty() {
            "it says nothing".to_owned()
        } else {
            told
        }
    }
}

/// Checks the project in the folder; or why that could not be, with what helps.
pub(super) fn run(tsc: &Path, folder: &Path) -> Result<Ran, String> {
    run_within(&BOUNDS, tsc, folder)
}

fn run_within(bounds: &Bounds, tsc: &Path, folder: &Path) -> Result<Ran, String> {
    let log = folder.with_file_name("typescript.log");
    let of_io = |error: io::Error| format!("TypeScript could not be run: {error}");
    let output = File::create(&log).map_err(of_io)?;
    let errors = output.try_clone().map_err(of_io)?;
    let mut command = Command::new("node");
    command
        .arg(tsc)
        .args(["--noEmit", "--pretty", "false", "--locale", "en"])
        .args(["--project", "tsconfig.json"])
        .current_dir(folder)
        .env_clear()
        .envs(
            KEPT.iter()
                .filter_map(|name| Some((name, env::var_os(name)?))),
        )
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors);
    // TypeScript's newer versions run another program, which must end as well.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            "`node` is not on PATH: install Node, and export again".to_owned()
        }
        _ => of_io(error),
    })?;
    let bar = ProgressBar::new_spinner().with_message("TypeScript reads what is planned");
    bar.enable_steady_tick(Duration::from_millis(100));
    let is_success = wait(child, &log, bounds);
    bar.finish_and_clear();
    let is_success = is_success?;
    let mut text = Vec::new();
    let said = File::open(&log).map_err(of_io)?;
    said.take(bounds.bytes)
        .read_to_end(&mut text)
        .map_err(of_io)?;
    Ok(Ran {
        is_success,
        text: String::from_utf8_lossy(&text).into_owned(),
    })
}

/// Whether it ends well. Who says too much is ended, and what was said counts.
fn wait(mut child: Child, log: &Path, bounds: &Bounds) -> Result<bool, String> {
    let started = Instant::now();
    loop {
        let ended = child.try_wait();
        if let Ok(Some(status)) = ended {
            return Ok(status.success());
        }
        let is_long = fs::metadata(log).is_ok_and(|log| log.len() > bounds.bytes);
        let is_late = started.elapsed() > bounds.time;
        if !is_long && !is_late && ended.is_ok() {
            thread::sleep(Duration::from_millis(20));
            continue;
        }
        end(&mut child);
        return match ended {
            Err(error) => Err(format!("TypeScript could not be waited for: {error}")),
            _ if is_late => Err(format!(
                "TypeScript took more than {} s, and was ended: run `tsc` in the written folder yourself",
                bounds.time.as_secs()
            )),
            _ => Ok(false),
        };
    }
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::time::Duration;

    use super::{Bounds, Ran, run_within};

    /// Runs a program of Node's in the place of the compiler, in a folder with a name.
    fn run(name: &str, program: &str, bounds: &Bounds) -> (PathBuf, Result<Ran, String>) {
        let around = std::env::temp_dir().join(format!("byod-{name}-{}", std::process::id()));
        let folder = around.join("convex");
        fs::create_dir_all(&folder).unwrap();
        let tsc = around.join("tsc.js");
        fs::write(&tsc, program).unwrap();
        (around, run_within(bounds, &tsc, &folder))
    }

    fn is_without_node() -> bool {
        std::env::var_os("BYOD_WITHOUT_NODE").is_some_and(|value| !value.is_empty())
    }

    #[test]
    fn it_sees_path_alone_and_ends_as_it_ends() {
        if is_without_node() {
            return;
        }
        let program = "console.log(Object.keys(process.env).join()); process.exit(2);";
        let bounds = Bounds {
            time: Duration::from_secs(60),
            bytes: 1000,
        };
        let (around, ran) = run("env", program, &bounds);
        let ran = ran.unwrap();
        assert!(!ran.is_success);
        assert!(
            ran.text
                .trim_end()
                .split(',')
                .all(|name| super::KEPT.contains(&name)),
            "{}",
            ran.text
        );
        fs::remove_dir_all(around).unwrap();
    }

    #[test]
    fn it_is_ended_when_it_says_too_much() {
        if is_without_node() {
            return;
        }
        let program =
            "const fs = require('fs'); for (;;) fs.writeSync(1, 'x'.repeat(999) + '\\n');";
        let bounds = Bounds {
            time: Duration::from_secs(60),
            bytes: 5000,
        };
        let (around, ran) = run("loud", program, &bounds);
        let ran = ran.unwrap();
        assert!(!ran.is_success);
        assert_eq!(ran.text.len(), 5000);
        fs::remove_dir_all(around).unwrap();
    }

    /// As TypeScript 7 is one: a program that waits for another.
    #[cfg(unix)]
    #[test]
    fn what_takes_too_long_is_ended_with_what_it_has_started() {
        if is_without_node() {
            return;
        }
        let program = "const { execFileSync } = require('child_process'); \
                       execFileSync('sh', ['-c', 'while sleep 0.1; do echo x; done'], { stdio: 'inherit' });";
        let bounds = Bounds {
            time: Duration::from_secs(3),
            bytes: 1 << 20,
        };
        let (around, ran) = run("late", program, &bounds);
        let reason = ran.err().unwrap();
        assert!(
            reason.starts_with("TypeScript took more than 3 s, and was ended"),
            "{reason}"
        );
        let said = || fs::metadata(around.join("typescript.log")).unwrap().len();
        let before = said();
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(said(), before, "it goes on");
        fs::remove_dir_all(around).unwrap();
    }
}
