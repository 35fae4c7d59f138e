//! The Node program that serves real Convex projects, see `tests/node/serve.mjs`.
//! One process for a test program; a deployment of its own for whoever asks.

#[path = "npm.rs"]
mod npm;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};

/// Leaves out the tests that need Node, where it is set to anything but nothing.
const WITHOUT_NODE: &str = "BYOD_WITHOUT_NODE";

const OLDEST_NODE: u32 = 20;

/// The process, which ends when the test program ends: its standard input does.
pub struct Node(Mutex<Process>);

struct Process {
    _child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// A deployment that runs a Convex project by `convex-test`. It stops when it is
/// dropped.
pub struct NodeDeployment {
    node: &'static Node,
    port: u16,
    pub deploy_key: String,
}

impl NodeDeployment {
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for NodeDeployment {
    fn drop(&mut self) {
        // In a test that has failed the process may be gone already.
        let _ = self.node.command(&json!({"stop": self.port}));
    }
}

impl Node {
    /// The process of this test program. `None` where these tests are left out;
    /// panics with the reason where Node can't be had.
    pub fn get() -> Option<&'static Self> {
        static NODE: OnceLock<Option<Result<Node, String>>> = OnceLock::new();
        let node = NODE.get_or_init(|| {
            if std::env::var_os(WITHOUT_NODE).is_some_and(|value| !value.is_empty()) {
                // Past the test harness, which would not show it.
                let _ = writeln!(std::io::stderr(), "{WITHOUT_NODE} is set: tests left out");
                return None;
            }
            Some(Self::start())
        });
        match node.as_ref()? {
            Ok(node) => Some(node),
            Err(reason) => {
                panic!("{reason}; to leave these tests out, run {WITHOUT_NODE}=1 cargo test")
            }
        }
    }

    fn start() -> Result<Self, String> {
        install()?;
        let mut child = Command::new("node")
            .arg("serve.mjs")
            .current_dir(folder())
            // What main's actions need of the service: its key, and that it may call this machine.
            .env("BYOD_ENCRYPTION_KEY", "only for tests")
            .env("BYOD_DEVELOPMENT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("can't run node: {error}"))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        Ok(Self(Mutex::new(Process {
            _child: child,
            commands: stdin.expect("it is piped"),
            answers: BufReader::new(stdout.expect("it is piped")),
        })))
    }

    /// A fresh deployment of the project in that folder of the repository.
    pub fn deploy(&'static self, project: &str, name: &str) -> NodeDeployment {
        let deploy_key = format!("prod:{name}|only for tests");
        let project = folder().join("../..").join(project);
        let start = json!({"project": project, "name": name, "deployKey": deploy_key});
        let answer = self.command(&json!({"start": start})).unwrap();
        NodeDeployment {
            node: self,
            port: answer["port"].as_u64().unwrap().try_into().unwrap(),
            deploy_key,
        }
    }

    /// The example's project for users as it is where several share a deployment: the
    /// same in all but the claim.
    pub fn deploy_shared(&'static self, name: &str) -> NodeDeployment {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        let convex = FOLDER.get_or_init(|| {
            let of_process = format!("shared-{}", std::process::id());
            let convex = Path::new(env!("CARGO_TARGET_TMPDIR")).join(of_process);
            copy(&folder().join("../../examples/byod/convex"), &convex).unwrap();
            let claim = include_str!("../../byod-cli/src/export/claim_shared.ts");
            fs::write(convex.join("byod/claim.ts"), claim).unwrap();
            convex
        });
        self.deploy(convex.to_str().unwrap(), name)
    }

    /// A token that the tests' auth provider signed, of an identity with these
    /// claims; an hour valid unless they say otherwise.
    pub fn token(&self, claims: &Value) -> String {
        let answer = self.command(&json!({"token": claims})).unwrap();
        answer["token"].as_str().unwrap().to_owned()
    }

    fn command(&self, command: &Value) -> Result<Value, String> {
        let mut process = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = |_| "the Node process has ended; its output says why".to_owned();
        writeln!(process.commands, "{command}").map_err(ended)?;
        let mut line = String::new();
        process.answers.read_line(&mut line).map_err(ended)?;
        let answer: Value = serde_json::from_str(&line)
            .map_err(|_| format!("the Node process answered `{line}`; its output says why"))?;
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer),
        }
    }
}

/// Runs another program of `tests/node`, and gives what it printed.
pub fn run_script(script: &str, arguments: &[&str]) -> String {
    let output = Command::new("node")
        .arg(script)
        .args(arguments)
        .current_dir(folder())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs another program of `tests/node`, which asks for things to be done, each a line, and waits until they are.
pub fn run_asking(script: &str, arguments: &[&str], mut done: impl FnMut(&str)) {
    let mut child = Command::new("node")
        .arg(script)
        .args(arguments)
        .current_dir(folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = child.stdin.take().unwrap();
    for asked in BufReader::new(child.stdout.take().unwrap()).lines() {
        done(&asked.unwrap());
        writeln!(answers, "done").unwrap();
    }
    assert!(child.wait().unwrap().success(), "{script} says why");
}

/// The request by which the official tool pushes the project in that folder of the repository: made by that tool, which
/// asks no deployment for it. `None` where the tests that need Node are left out.
pub fn push_request(project: &str) -> Option<Value> {
    Node::get()?;
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("push-{}-{made}", std::process::id());
    let around = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    copy(&folder().join("../..").join(project), &around).unwrap();
    let packages = fs::canonicalize(folder().join("node_modules")).unwrap();
    link(&packages, &around.join("node_modules")).unwrap();
    let output = Command::new("node")
        .arg(packages.join("convex/bin/main.js"))
        .args(["deploy", "--push-all-modules", "--typecheck", "disable"])
        // Nothing listens there, and nobody has that key.
        .args([
            "--url",
            "http://127.0.0.1:9",
            "--admin-key",
            "nobody|nothing",
        ])
        .args(["--write-push-request", "request"])
        .current_dir(&around)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let request = fs::read(around.join("request.json")).unwrap();
    fs::remove_dir_all(&around).unwrap();
    Some(serde_json::from_slice(&request).unwrap())
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(windows)]
fn link(to: &Path, at: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(to, at)
}

/// `tests/node`, also for the crates in `tests`.
fn folder() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = here.join("node");
    if own.is_dir() {
        own
    } else {
        here.join("../node")
    }
}

/// Installs what the program needs, unless it is there.
fn install() -> Result<(), String> {
    let version = npm::output(Command::new("node").arg("--version"))
        .map_err(|_| format!("Node {OLDEST_NODE} or newer is needed, and `node` can't be run"))?;
    let major = version.trim_start_matches('v').split('.').next();
    if major.and_then(|major| major.parse().ok()) < Some(OLDEST_NODE) {
        let version = version.trim();
        return Err(format!(
            "Node {OLDEST_NODE} or newer is needed, and `node` is {version}"
        ));
    }
    npm::install(&folder())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
