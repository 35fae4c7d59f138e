//! Runs the binary on copies of projects, and Node programs on what it wrote.

#![allow(dead_code, reason = "no test file uses all of it")]
#![allow(clippy::unwrap_used, reason = "this is a test")]

pub(crate) mod story;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::npm;

/// A copy of a project in a folder that goes with it.
pub(crate) struct Project {
    pub(crate) root: PathBuf,
}

/// What a command answered.
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

/// A folder of this repository, seen from this crate.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

impl Project {
    pub(crate) fn empty() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "byod-cli-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&root).unwrap();
        Self { root }
    }

    /// The chat app of `examples/`.
    pub(crate) fn example() -> Self {
        let project = Self::copy("../examples");
        // What a test changes in it is not the snapshot's.
        project.replace("byod.toml", "snapshot = \"byod-snapshot.json\"\n", "");
        project
    }

    /// The large app of `examples/large/`.
    pub(crate) fn large() -> Self {
        Self::copy("../examples/large")
    }

    /// The app whose users have copies of what is theirs on main.
    pub(crate) fn mirrored() -> Self {
        Self::copy("../tests/mirrored")
    }

    /// The app that counts, reminds and tells on main.
    pub(crate) fn outboxed() -> Self {
        Self::copy("../tests/outboxed")
    }

    /// The app whose users' data moves to their deployments and back.
    pub(crate) fn moved() -> Self {
        Self::copy("../tests/moved")
    }

    /// That of `tests/streamed`.
    pub(crate) fn streamed() -> Self {
        Self::copy("../tests/streamed")
    }

    /// A project of `tests/projects/`.
    pub(crate) fn of(name: &str) -> Self {
        Self::copy(&format!("tests/projects/{name}"))
    }

    /// What the tests over HTTP run, on either side, is what is written.
    pub(crate) fn assert_as_exported(&self) {
        let main = self.byod(&["export", "--main", "--json"]).json();
        assert_eq!(main["written"], serde_json::json!([]));
        assert_eq!(main["kept"], serde_json::json!([]));
        let report = self.export(&[]);
        assert_eq!(report["functionsChanged"], false);
        for list in ["written", "removed", "kept"] {
            let named = report[list].as_array().into_iter().flatten();
            // What `npx convex codegen` writes, and what is beside the folder, isn't committed.
            let named: Vec<_> = named
                .filter(|name| !name.as_str().unwrap().contains("_generated/"))
                .filter(|name| *name != "../package.json")
                .collect();
            assert!(named.is_empty(), "{list}: {named:?}");
        }
    }

    fn copy(from: &str) -> Self {
        let project = Self::empty();
        copy(&repository(from), &project.root);
        project
    }

    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.root.join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, &text.replace(from, to))
    }

    pub(crate) fn remove(&self, path: &str) -> &Self {
        let path = self.root.join(path);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        self
    }

    /// Has the packages of a folder of this repository.
    pub(crate) fn link_packages(&self, folder: &Path) -> &Self {
        let modules = self.root.join("node_modules");
        std::os::unix::fs::symlink(folder.join("node_modules"), modules).unwrap();
        self
    }

    /// `byod` with these arguments, in the project's folder.
    pub(crate) fn byod(&self, args: &[&str]) -> Answer {
        let output = Command::new(env!("CARGO_BIN_EXE_byod"))
            .args(args)
            .current_dir(&self.root)
            .output()
            .unwrap();
        Answer {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Exports it for deployments that several users share.
    pub(crate) fn export_shared(&self) -> Value {
        self.replace(
            "byod.toml",
            "[user]\n",
            "[user]\ndeployments = \"shared\"\n",
        )
        .export(&[])
    }

    /// `byod export --json`
    pub(crate) fn export(&self, args: &[&str]) -> Value {
        let all: Vec<&str> = ["export", "--json"].iter().chain(args).copied().collect();
        self.byod(&all).json()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if name == "node_modules" {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// The folder with the npm packages of `tests/node`, installed on first use.
/// `None` where these tests are left out by `BYOD_WITHOUT_NODE=1`.
pub(crate) fn node() -> Option<PathBuf> {
    installed("tests/node")
}

/// A folder of this repository with the npm packages of its lock file, installed on
/// first use. `None` as of [`node`].
pub(crate) fn installed(folder: &str) -> Option<PathBuf> {
    if std::env::var_os("BYOD_WITHOUT_NODE").is_some_and(|value| !value.is_empty()) {
        let _ = writeln!(std::io::stderr(), "BYOD_WITHOUT_NODE is set: test left out");
        return None;
    }
    if let Err(error) = Command::new("node").arg("--version").output() {
        panic!(
            "Node 20 with npm is needed ({error}); to leave these tests out, run BYOD_WITHOUT_NODE=1 cargo test"
        );
    }
    let folder = repository(folder);
    if let Err(why) = npm::install(&folder) {
        panic!("{why}; to leave these tests out, run BYOD_WITHOUT_NODE=1 cargo test");
    }
    Some(folder)
}

/// Runs a program of an npm package on the folder; its output where it fails.
pub(crate) fn tool(node: &Path, program: &str, args: &[&str], folder: &Path) -> Result<(), String> {
    let modules = folder.join("node_modules");
    if !modules.exists() {
        std::os::unix::fs::symlink(node.join("node_modules"), &modules).unwrap();
    }
    let output = Command::new(node.join("node_modules/.bin").join(program))
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr))
}

/// The call by which a deployment becomes that user's.
pub(crate) fn claim(subject: &str) -> Value {
    let args = serde_json::json!({"subject": subject, "user": subject});
    serde_json::json!({"type": "mutation", "path": "byod/claim:claim", "args": args})
}

/// Runs the calls on the Convex folder by `convex-test`, see `tests/node/run.mjs`.
pub(crate) fn run(node: &Path, convex: &Path, calls: &Value) -> Vec<Value> {
    run_on(node, "run.mjs", convex, calls)
}

/// Runs a program of `tests/node` on a file or folder, which is told all at once.
pub(crate) fn run_on(node: &Path, program: &str, on: &Path, told: &Value) -> Vec<Value> {
    let mut child = Command::new("node")
        .arg(program)
        .arg(on)
        .current_dir(node)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(told.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} failed");
    serde_json::from_slice(&output.stdout).unwrap()
}
