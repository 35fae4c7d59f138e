//! Installs, apart from a project, the packages that its modules import, so that it can
//! be read exactly: in a folder of its own, at the project's versions, without scripts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use byod_build::{Attempt, Limits, attempt};

use crate::Error;
use crate::tree::random;

/// How long all installing may take.
const TIME: Duration = Duration::from_secs(300);

/// How much may be installed, in bytes.
const SIZE: u64 = 1 << 30;

/// How often it is read and installed again: what a package needs shows when it runs.
const ROUNDS: usize = 4;

/// What installs, with what it is told: no scripts, and nothing but what is asked for.
const MANAGERS: [(&str, &[&str]); 4] = [
    (
        "npm",
        &[
            "install",
            "--ignore-scripts",
            "--legacy-peer-deps",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ],
    ),
    (
        "pnpm",
        &[
            "install",
            "--ignore-scripts",
            "--ignore-workspace",
            "--config.auto-install-peers=false",
        ],
    ),
    ("bun", &["install", "--ignore-scripts"]),
    (
        "yarn",
        &["install", "--ignore-scripts", "--non-interactive"],
    ),
];

/// A folder with packages, which goes when it is no longer needed.
#[derive(Debug)]
pub(crate) struct Installed {
    folder: PathBuf,
}

impl Installed {
    /// Where `node_modules` is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        // Left behind, it is in the way of nothing.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Reads a project with the packages that it imports, whether it has installed them or
/// not, and gives where they are.
pub(crate) fn read(convex: &Path) -> Result<(Attempt, Option<Installed>), Error> {
    let started = Instant::now();
    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    let mut installed: Option<Installed> = None;
    let mut read = attempt(convex, &Limits::default(), None)?;
    for _ in 0..ROUNDS {
        let before = wanted.len();
        for (package, version) in &read.missing {
            if let Some(version) = installable(version.as_deref()) {
                wanted.entry(package.clone()).or_insert(version);
            }
        }
        if wanted.len() == before {
            break;
        }
        let folder = match &installed {
            Some(installed) => installed.folder.clone(),
            None => new_folder()?,
        };
        installed.get_or_insert_with(|| Installed {
            folder: folder.clone(),
        });
        install(&folder, &wanted, started)?;
        read = attempt(convex, &Limits::default(), Some(&folder))?;
    }
    Ok((read, installed))
}

/// What a package manager takes as a version; what isn't a registry's is the project's.
fn installable(version: Option<&str>) -> Option<String> {
    let Some(version) = version else {
        return Some("latest".to_owned());
    };
    let is_version = version == "latest"
        || version.starts_with("npm:")
        || version.starts_with(|c: char| c.is_ascii_digit() || "^~<>=*xv".contains(c));
    let is_plain = !version.chars().any(char::is_control) && !version.contains('/');
    (is_version && (is_plain || version.starts_with("npm:@"))).then(|| version.to_owned())
}

fn new_folder() -> Result<PathBuf, Error> {
    let folder = env::temp_dir().join(format!("byod-packages-{}", random()?));
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(&folder)
        .map_err(|error| Error::io(&folder, error))?;
    Ok(folder)
}

fn install(
    folder: &Path,
    packages: &BTreeMap<String, String>,
    started: Instant,
) -> Result<(), Error> {
    let description = serde_json::json!({ "private": true, "dependencies": packages });
    let file = folder.join("package.json");
    fs::write(&file, description.to_string()).map_err(|error| Error::io(&file, error))?;
    // Berry's own way of installing leaves no folders.
    let yarn = folder.join(".yarnrc.yml");
    fs::write(&yarn, "nodeLinker: node-modules\nenableScripts: false\n")
        .map_err(|error| Error::io(&yarn, error))?;
    for (manager, args) in MANAGERS {
        let log = folder.join("install.log");
        let output = fs::File::create(&log).map_err(|error| Error::io(&log, error))?;
        let spawned = Command::new(manager)
            .args(args)
            .current_dir(folder)
            .env("npm_config_ignore_scripts", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(output)
            .spawn();
        return match spawned {
            Ok(child) => wait(child, manager, folder, &log, started),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => Err(not_installed(manager, error.to_string())),
        };
    }
    Err(not_installed(
        "npm",
        "no package manager was found".to_owned(),
    ))
}

fn wait(
    mut child: Child,
    manager: &str,
    folder: &Path,
    log: &Path,
    started: Instant,
) -> Result<(), Error> {
    loop {
        let status = child
            .try_wait()
            .map_err(|error| not_installed(manager, error.to_string()))?;
        let reason = match status {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                let text = fs::read_to_string(log).unwrap_or_default();
                let words: Vec<&str> = text.split_whitespace().take(40).collect();
                return Err(not_installed(
                    manager,
                    format!("{status}: {}", words.join(" ")),
                ));
            }
            None if started.elapsed() > TIME => {
                format!("it took more than {} s", TIME.as_secs())
            }
            None if size(folder) > SIZE => {
                format!("the packages take more than {} MiB", SIZE >> 20)
            }
            None => {
                thread::sleep(Duration::from_millis(500));
                continue;
            }
        };
        let _ = child.kill();
        let _ = child.wait();
        return Err(not_installed(manager, reason));
    }
}

fn not_installed(manager: &str, reason: String) -> Error {
    Error::Install {
        manager: manager.to_owned(),
        reason,
    }
}

/// What is in a folder, in bytes.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::installable;

    #[test]
    fn what_is_the_projects_own_is_not_installed() {
        for version in ["1.2.3", "^1", "~0.3", ">=1 <2", "*", "latest", "npm:@a/b@1"] {
            assert!(installable(Some(version)).is_some(), "{version}");
        }
        for version in [
            "workspace:*",
            "file:../x",
            "link:x",
            "git+ssh://x/y",
            "github:a/b",
            "a/b",
            "https://x/y.tgz",
        ] {
            assert_eq!(installable(Some(version)), None, "{version}");
        }
        assert_eq!(installable(None).as_deref(), Some("latest"));
    }
}
