//! Installs npm packages for tests, of whichever crate.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

/// Installs the packages of the folder's lock file, unless they are there. Test programs that run at the same time wait for the
/// one that does it.
pub(crate) fn install(folder: &Path) -> Result<(), String> {
    let lock = File::create(folder.join(".install.lock")).and_then(|file| {
        file.lock()?;
        Ok(file)
    });
    let _lock = lock.map_err(|error| format!("can't lock {}: {error}", folder.display()))?;

    let read = |name: &str| fs::read_to_string(folder.join(name));
    let wanted = read("package-lock.json").map_err(|error| format!("no lock file: {error}"))?;
    let installed = "node_modules/.installed.json";
    if read(installed).is_ok_and(|present| present == wanted) {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    // No package of these needs its scripts, and some tell their makers of the machine.
    let arguments = ["ci", "--ignore-scripts", "--no-progress"];
    output(Command::new(npm).args(arguments).current_dir(folder))
        .map_err(|error| format!("`npm ci` in {} failed: {error}", folder.display()))?;
    fs::write(folder.join(installed), wanted).map_err(|error| error.to_string())
}

/// What a command printed, or its complaints in a line.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let lines = stderr
        .lines()
        .map(|line| line.trim_start_matches("npm error").trim());
    let reasons: Vec<_> = lines
        .filter(|line| !line.is_empty() && !line.starts_with("A complete log"))
        .take(4)
        .collect();
    Err(reasons.join("; "))
}
