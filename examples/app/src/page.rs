//! Builds the page in `page/`, by the script of its `package.json`, with `byod-react` as `npm install` gives it.

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

/// The folder of the npm package `byod-react`, which the page depends on.
fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../byod-react")
}

/// The folder of the built page, which is built if something in it is newer than that.
pub(crate) fn built() -> Result<PathBuf, Failure> {
    let folder = folder();
    // Others that start at the same time wait for the one that builds.
    let _held = held(&folder.join(".build.lock"))?;

    let dist = folder.join("dist");
    let sources = newest(&folder)?.max(newest(&package())?);
    if written(&dist.join("index.html")) > sources {
        return Ok(dist);
    }
    node()?;
    packed()?;
    installed(&folder, written(&package().join("dist/index.js")))?;
    run(&folder, "npm run build", &["run", "build"])?;
    Ok(dist)
}

/// Compiles `byod-react`, if something in it is newer, as whoever publishes it does.
fn packed() -> Result<(), Failure> {
    let package = package();
    // Its own tests do the same.
    let _held = held(&package.join(".install.lock"))?;
    if written(&package.join("dist/index.js")) > newest(&package)? {
        return Ok(());
    }
    installed(&package, SystemTime::UNIX_EPOCH)?;
    run(&package, "npm run build", &["run", "build"])
}

/// Installs what the lock file says, unless it was done after that time.
fn installed(folder: &Path, since: SystemTime) -> Result<(), Failure> {
    let of = |path: PathBuf| move |error| Failure::Files(path, error);
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).map_err(of(lock.clone()))?;
    // npm has no cheaper way to say that nothing is to be done.
    let installed = folder.join("node_modules/.installed-lock.json");
    let is_new = written(&installed) > since;
    if is_new && fs::read(&installed).is_ok_and(|present| present == wanted) {
        return Ok(());
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    run(folder, "npm ci", &arguments)?;
    fs::write(&installed, wanted).map_err(of(installed))
}

fn held(lock: &Path) -> Result<File, Failure> {
    let held = File::create(lock).and_then(|file| file.lock().map(|()| file));
    held.map_err(|error| Failure::Files(lock.to_owned(), error))
}

/// When a file was written; long ago, where it isn't there.
fn written(file: &Path) -> SystemTime {
    let written = fs::metadata(file).and_then(|file| file.modified());
    written.unwrap_or(SystemTime::UNIX_EPOCH)
}

fn newest(folder: &Path) -> Result<SystemTime, Failure> {
    changed(folder).map_err(|error| Failure::Files(folder.to_owned(), error))
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

fn run(folder: &Path, what: &'static str, arguments: &[&str]) -> Result<(), Failure> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm)
        .args(arguments)
        .current_dir(folder)
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
