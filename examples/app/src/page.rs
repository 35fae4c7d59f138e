//! Builds the page in `page/`, by the script of its `package.json`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::failure::Failure;

/// What Vite needs.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// The page's folder.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("page")
}

/// The folder of the built page, which is built if something in it is newer than that.
pub(crate) fn built() -> Result<PathBuf, Failure> {
    let folder = folder();
    let of = |path: PathBuf| move |error| Failure::Files(path, error);
    // Others that start at the same time wait for the one that builds.
    let lock = folder.join(".build.lock");
    let held = File::create(&lock).and_then(|file| file.lock().map(|()| file));
    let _held = held.map_err(of(lock))?;

    let dist = folder.join("dist");
    let index = dist.join("index.html");
    let written = fs::metadata(&index).and_then(|index| index.modified());
    let sources = [folder.clone(), folder.join("../../../byod-react/src")];
    let mut newest = SystemTime::UNIX_EPOCH;
    for source in sources {
        let changed = changed(&source).map_err(of(source))?;
        newest = newest.max(changed);
    }
    if written.is_ok_and(|written| written > newest) {
        return Ok(dist);
    }
    node()?;
    let lock = |folder: &str| {
        let lock = Path::new(folder).join("package-lock.json");
        fs::read(self::folder().join(lock)).ok()
    };
    // npm has no cheaper way to say that nothing is to be done.
    let installed = folder.join("node_modules/.installed-lock.json");
    if lock(".") != fs::read(&installed).ok() {
        run(
            "npm ci",
            &["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        )?;
        fs::copy(folder.join("package-lock.json"), &installed).map_err(of(installed))?;
    }
    run("npm run build", &["run", "build"])?;
    Ok(dist)
}

/// When anything in a folder was changed last, but for what is installed and what is built.
fn changed(folder: &Path) -> io::Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "node_modules" || name == "dist" || name.to_string_lossy().starts_with('.') {
            continue;
        }
        let changed = match entry.file_type()?.is_dir() {
            true => changed(&entry.path())?,
            false => entry.metadata()?.modified()?,
        };
        newest = newest.max(changed);
    }
    Ok(newest)
}

fn node() -> Result<(), Failure> {
    let found = Command::new("node").arg("--version").output();
    let found = found.map_err(|_| Failure::Node("`node` can't be run".to_owned()))?;
    let version = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let mut numbers = version.trim_start_matches('v').split('.');
    let mut number = || numbers.next().and_then(|number| number.parse().ok());
    match (number(), number()) {
        (Some(major), Some(minor)) if (major, minor) >= OLDEST_NODE => Ok(()),
        _ => Err(Failure::Node(format!("`node --version` says `{version}`"))),
    }
}

fn run(what: &'static str, arguments: &[&str]) -> Result<(), Failure> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm)
        .args(arguments)
        .current_dir(folder())
        .output()
        .map_err(|error| Failure::Node(format!("`{npm}` can't be run ({error})")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(Failure::Build(
        what,
        String::from_utf8_lossy(&said).trim().to_owned(),
    ))
}
