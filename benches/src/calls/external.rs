//! Contenders in processes of their own: the clients on Node, and the official
//! crate, whose dependencies would change how the others are built. Each reads
//! orders from its standard input, a line each, and answers each with an outcome.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::load::{Order, Outcome};
use crate::cargo::cargo;
use byod_bench::deployment::{DEPLOY_KEY, ENCRYPTION_KEY};

pub(crate) struct External {
    _child: Child,
    orders: ChildStdin,
    outcomes: BufReader<ChildStdout>,
}

impl External {
    /// A program of `node/`, by the name of its file.
    pub(crate) fn node(script: &str, url: &str) -> Result<Self, Box<dyn Error>> {
        let mut node = Command::new("node");
        node.arg(script).current_dir(node_folder()?);
        Self::start(node, url)
    }

    /// The official crate, built first.
    pub(crate) fn official(target: &Path, url: &str) -> Result<Self, Box<dyn Error>> {
        let target = target.join("official");
        Self::start(Command::new(target.join("release/official")), url)
    }

    fn start(mut command: Command, url: &str) -> Result<Self, Box<dyn Error>> {
        // It ends when its standard input does.
        let mut child = command
            .env("DEPLOYMENT_URL", url)
            .env("DEPLOY_KEY", DEPLOY_KEY)
            .env("BYOD_ENCRYPTION_KEY", ENCRYPTION_KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("can't run {command:?}: {error}"))?;
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(orders), Some(outcomes)) = pipes else {
            return Err("the process has no pipes".into());
        };
        Ok(Self {
            _child: child,
            orders,
            outcomes: BufReader::new(outcomes),
        })
    }

    pub(crate) fn run(&mut self, order: Order) -> Result<Outcome, Box<dyn Error>> {
        writeln!(self.orders, "{}", serde_json::to_string(&order)?)?;
        let mut line = String::new();
        self.outcomes.read_line(&mut line)?;
        serde_json::from_str(&line)
            .map_err(|_| format!("a contender answered `{}`", line.trim()).into())
    }
}

/// The folder of the programs for Node, with their packages.
pub(crate) fn node_folder() -> Result<PathBuf, Box<dyn Error>> {
    let folder = folder("node");
    let installed = folder.join("node_modules/convex/package.json");
    if !installed.exists() {
        eprintln!("installing the packages of {} …", folder.display());
        let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
        npm.args(["ci", "--ignore-scripts", "--no-progress", "--silent"]);
        succeed(npm.current_dir(&folder))?;
    }
    Ok(folder)
}

/// Builds the official crate's contenders, which are in a workspace of its own.
pub(crate) fn build_official(target: &Path) -> Result<(), Box<dyn Error>> {
    eprintln!("building the contenders with the official crate …");
    let mut cargo = cargo();
    cargo.args(["build", "--release", "--quiet", "--locked"]);
    cargo.env("CARGO_TARGET_DIR", target.join("official"));
    succeed(cargo.current_dir(folder("official")))
}

fn succeed(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.status();
    let status = status.map_err(|error| format!("can't run {command:?}: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("{command:?} failed: {status}").into()),
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
