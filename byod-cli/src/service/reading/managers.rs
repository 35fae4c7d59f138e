//! The package managers, and how each installs what it is told in a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use byod_build::LockFile;
use serde_json::{Value, json};

/// How long all installing may take.
const TIME: Duration = Duration::from_secs(600);

/// How much may be installed, in bytes.
const SIZE: u64 = 1 << 30;

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
            "--no-frozen-lockfile",
            "--config.auto-install-peers=false",
        ],
    ),
    ("bun", &["install", "--ignore-scripts"]),
    (
        "yarn",
        &["install", "--ignore-scripts", "--non-interactive"],
    ),
];

/// What is to be installed, and where.
pub(super) struct Order<'a> {
    /// An empty folder, or one in which it was done before.
    pub(super) root: &'a Path,
    /// The packages, and the version or range of each.
    pub(super) packages: &'a BTreeMap<String, String>,
    /// What says the versions of all that these need in turn.
    pub(super) lock: Option<&'a LockFile>,
    /// When the first was installed.
    pub(super) started: Instant,
}

/// Installs by the first manager that is there, and gives its name: the project's own with
/// its lock file, or else any. npm knows another's lock file by its versions.
pub(super) fn install(order: &Order<'_>) -> Result<&'static str, Failure> {
    let own = order.lock.map(|lock| lock.manager);
    let own = MANAGERS.iter().filter(|(name, _)| Some(*name) == own);
    let others = MANAGERS.iter().map(|one| (one, false));
    let mut last = None;
    for ((manager, args), is_own) in own.map(|one| (one, true)).chain(others) {
        let of_io = |error: io::Error| failed(manager, error.to_string());
        lay_out(order, manager, is_own).map_err(of_io)?;
        let log = order.root.join("install.log");
        let output = fs::File::create(&log).map_err(of_io)?;
        // pnpm and yarn say what fails where others print progress.
        let errors = output.try_clone().map_err(of_io)?;
        let spawned = Command::new(manager)
            .args(*args)
            .current_dir(order.root)
            .env("npm_config_ignore_scripts", "true")
            .env("YARN_ENABLE_IMMUTABLE_INSTALLS", "false")
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn();
        let ended = match spawned {
            Ok(child) => wait(child, manager, order.root, &log, order.started),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => Err(failed(manager, error.to_string())),
        };
        match ended {
            Ok(()) => return Ok(manager),
            // Its lock file may be of another version than it knows.
            Err(failure) if is_own && failure.culprit(order.packages).is_none() => {
                last = Some(failure);
            }
            Err(failure) => return Err(failure),
        }
    }
    Err(last.unwrap_or_else(|| failed("npm", "no package manager was found".to_owned())))
}

/// Writes what a manager goes by. The package stands where it does in the project, because
/// lock files know it by its place.
fn lay_out(order: &Order<'_>, manager: &str, has_lock: bool) -> io::Result<()> {
    let package = order.lock.map(|lock| &*lock.package);
    let package = package.unwrap_or(Path::new(""));
    let place = package.to_string_lossy().replace('\\', "/");
    let mut description = json!({ "private": true });
    if place.is_empty() {
        description["dependencies"] = json!(order.packages);
    } else {
        let name = order.lock.and_then(name_of);
        let inner = json!({
            "name": name.as_deref().unwrap_or("project"),
            "version": "0.0.0",
            "private": true,
            "dependencies": order.packages,
        });
        let folder = order.root.join(package);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("package.json"), inner.to_string())?;
        description["workspaces"] = json!([place]);
    }
    if let Some(lock) = order.lock.filter(|_| !has_lock && manager == "npm") {
        description["overrides"] = overrides(lock, order.packages);
    }
    fs::write(order.root.join("package.json"), description.to_string())?;
    // Nor is it a part of a workspace around it.
    let place = if place.is_empty() { "." } else { &place };
    let workspace = format!("packages: {}\n", json!([place]));
    fs::write(order.root.join("pnpm-workspace.yaml"), workspace)?;
    // Berry's own way of installing leaves no folders.
    let yarn = "nodeLinker: node-modules\nenableScripts: false\n";
    fs::write(order.root.join(".yarnrc.yml"), yarn)?;
    let Some(lock) = order.lock else {
        return Ok(());
    };
    let copy = order.root.join(lock.name);
    if !has_lock {
        let left = [
            copy,
            order.root.join("node_modules"),
            order.root.join(package).join("node_modules"),
        ];
        return left
            .iter()
            .try_for_each(|left| match fs::symlink_metadata(left) {
                Ok(found) if found.is_dir() => fs::remove_dir_all(left),
                Ok(_) => fs::remove_file(left),
                Err(_) => Ok(()),
            });
    }
    let text = fs::read_to_string(&lock.path)?;
    let text = if lock.manager == "npm" {
        of_registry(&text, &lock.package).unwrap_or(text)
    } else {
        text
    };
    fs::write(copy, text)
}

/// What the project's `package.json` calls the package.
fn name_of(lock: &LockFile) -> Option<String> {
    let root = lock.path.parent()?;
    let json = fs::read(root.join(&lock.package).join("package.json")).ok()?;
    let description: Value = serde_json::from_slice(&json).ok()?;
    description["name"].as_str().map(ToOwned::to_owned)
}

/// A lock file of npm without what the registry doesn't have: other packages of the
/// project, and what is linked from elsewhere.
fn of_registry(text: &str, package: &Path) -> Option<String> {
    let mut lock: Value = serde_json::from_str(text).ok()?;
    let package = package.to_string_lossy().replace('\\', "/");
    let packages = lock["packages"].as_object_mut()?;
    packages.retain(|at, one| {
        let is_own = !package.is_empty() && Path::new(at).starts_with(&package);
        let is_there = at.is_empty() || at.starts_with("node_modules/") || is_own;
        let from = one["resolved"].as_str();
        let is_linked = one["link"] == true && from != Some(&package);
        let is_of_web = one["link"] == true || from.is_none_or(|from| from.starts_with("http"));
        is_there && !is_linked && is_of_web
    });
    Some(lock.to_string())
}

/// Each version of a lock file, for whoever's range it meets.
fn overrides(lock: &LockFile, packages: &BTreeMap<String, String>) -> Value {
    let mut rules = serde_json::Map::new();
    for (name, versions) in &lock.versions {
        let asked = packages.get(name);
        let is_exact = asked.is_none_or(|asked| asked.starts_with(|c: char| c.is_ascii_digit()));
        // npm takes no rule for what is asked for by a range.
        for version in versions.iter().filter(|_| is_exact) {
            rules.insert(format!("{name}@{version}"), json!(version));
        }
    }
    rules.into()
}

/// Why packages were not installed.
pub(super) struct Failure {
    pub(super) manager: &'static str,
    pub(super) reason: String,
    /// Whether it is the manager's own word, and it had time enough.
    is_said: bool,
}

impl Failure {
    /// The package that the manager couldn't get, by what it says.
    pub(super) fn culprit(&self, wanted: &BTreeMap<String, String>) -> Option<String> {
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

fn failed(manager: &'static str, reason: String) -> Failure {
    Failure {
        manager,
        reason,
        is_said: false,
    }
}

fn wait(
    mut child: Child,
    manager: &'static str,
    folder: &Path,
    log: &Path,
    started: Instant,
) -> Result<(), Failure> {
    let failed = |reason| failed(manager, reason);
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

    use super::Failure;

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
}
