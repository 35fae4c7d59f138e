//! Installs, apart from a project, the packages that its modules import, so that it can
//! be read exactly: in a folder of its own, at the project's versions, without scripts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use byod_build::{Attempt, Limits, attempt};

use crate::error::Error;
use crate::tree::random;

/// How long all installing may take.
const TIME: Duration = Duration::from_secs(600);

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
    /// What the package manager can't get, one line each.
    warnings: Vec<String>,
}

impl Installed {
    /// Where `node_modules` is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the package manager can't get.
    pub(crate) fn into_warnings(mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
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
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let before = wanted.len();
        for (package, version) in &read.missing {
            let version = installable(version.as_deref());
            if let Some(version) = version.filter(|_| !refused.contains_key(package)) {
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
        let installed = installed.get_or_insert_with(|| Installed {
            folder: folder.clone(),
            warnings: Vec::new(),
        });
        // One that can't be had is absent, and the others are there.
        while let Err(failure) = install(&folder, &wanted, started) {
            let Some(package) = failure.culprit(&wanted) else {
                return Err(failure.into());
            };
            let version = wanted.remove(&package).unwrap_or_default();
            installed.warnings.push(format!(
                "`{package}` {version} is not to be had from the registry of {}: what needs it is left out. Name another version, or set the registry",
                failure.manager
            ));
            refused.insert(package, version);
        }
        read = attempt(convex, &Limits::default(), Some(&folder))?;
    }
    Ok((read, installed))
}

/// Why packages were not installed.
struct Failure {
    manager: &'static str,
    reason: String,
    /// Whether it is the manager's own word, and it had time enough.
    is_said: bool,
}

impl Failure {
    /// The package that the manager couldn't get, by what it says.
    fn culprit(&self, wanted: &BTreeMap<String, String>) -> Option<String> {
        let is_named = |(name, version): &(&String, &String)| {
            let encoded = name.replace('/', "%2f");
            let asked = format!("{name}@{version}");
            // npm quotes the name of one whose dependency it can't get.
            let quoted = format!("'{name}'");
            let of_end: &[_] = &['"', '\'', '`', '.', ',', ';'];
            let mut words = self.reason.split_whitespace();
            words.any(|word| word.trim_matches(of_end) == asked || word.contains(&quoted))
                || self
                    .reason
                    .to_lowercase()
                    .contains(&format!("/{encoded}: not found"))
        };
        let found = wanted.iter().find(is_named).filter(|_| self.is_said);
        found.map(|(name, _)| name.clone())
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Install {
            manager: failure.manager.to_owned(),
            reason: failure.reason,
        }
    }
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
) -> Result<(), Failure> {
    let failed = |manager, reason| Failure {
        manager,
        reason,
        is_said: false,
    };
    let of_io = |error: io::Error| failed("npm", error.to_string());
    let description = serde_json::json!({ "private": true, "dependencies": packages });
    fs::write(folder.join("package.json"), description.to_string()).map_err(of_io)?;
    // Berry's own way of installing leaves no folders.
    let yarn = "nodeLinker: node-modules\nenableScripts: false\n";
    fs::write(folder.join(".yarnrc.yml"), yarn).map_err(of_io)?;
    for (manager, args) in MANAGERS {
        let log = folder.join("install.log");
        let output = fs::File::create(&log).map_err(of_io)?;
        // pnpm and yarn say what fails where others print progress.
        let errors = output.try_clone().map_err(of_io)?;
        let spawned = Command::new(manager)
            .args(args)
            .current_dir(folder)
            .env("npm_config_ignore_scripts", "true")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn();
        return match spawned {
            Ok(child) => wait(child, manager, folder, &log, started),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => Err(failed(manager, error.to_string())),
        };
    }
    Err(failed("npm", "no package manager was found".to_owned()))
}

fn wait(
    mut child: Child,
    manager: &'static str,
    folder: &Path,
    log: &Path,
    started: Instant,
) -> Result<(), Failure> {
    let failed = |reason| Failure {
        manager,
        reason,
        is_said: false,
    };
    loop {
        let status = child
            .try_wait()
            .map_err(|error| failed(error.to_string()))?;
        let reason = match status {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                let text = fs::read_to_string(log).unwrap_or_default();
                let words: Vec<&str> = text.split_whitespace().take(60).collect();
                let reason = format!("{status}: {}", words.join(" "));
                let is_said = true;
                return Err(Failure {
                    is_said,
                    ..failed(reason)
                });
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
        return Err(failed(reason));
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
    use std::collections::BTreeMap;

    use super::{Failure, installable};

    #[test]
    fn the_package_that_is_not_to_be_had() {
        let wanted = [("react", "19.2.17"), ("@x/y", "1.0.0"), ("zod", "^4")];
        let wanted: BTreeMap<String, String> = wanted
            .map(|(name, version)| (name.to_owned(), version.to_owned()))
            .into();
        let culprit = |reason: &str| {
            let failure = Failure {
                manager: "npm",
                reason: reason.to_owned(),
                is_said: true,
            };
            failure.culprit(&wanted)
        };
        for (reason, package) in [
            (
                "npm error code ETARGET npm error notarget No matching version found for react@19.2.17. npm error",
                "react",
            ),
            (
                "npm error 404 Not Found - GET https://r.org/@x%2fy - Not found npm error 404 '@x/y@1.0.0' is not in this registry.",
                "@x/y",
            ),
            (
                "ERR_PNPM_FETCH_404 GET https://r.org/@x%2Fy: Not Found - 404",
                "@x/y",
            ),
            (
                "notarget No matching version found for nanoid@^99. It was specified as a dependency of 'zod'",
                "zod",
            ),
        ] {
            assert_eq!(culprit(reason).as_deref(), Some(package), "{reason}");
        }
        assert_eq!(culprit("npm error code ECONNREFUSED"), None);
    }

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
