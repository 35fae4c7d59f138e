//! The gateway in a process of its own, which ends with the one that started it.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use axum::serve::ListenerExt as _;
use byod_bench::deployment::end_with_standard_input;
use byod_gateway::Settings;
use byod_runtime::{ByodBuilder, Router};
use tokio::net::TcpListener;

use super::super::resident::resident;

/// How many clients may be there, in all and of one user.
const CLIENTS: usize = 20_000;

pub(super) struct Process {
    child: Child,
    url: String,
}

impl Process {
    /// Starts `program`, which is `byod-bench`, as the gateway before that main.
    pub(super) fn start(
        program: &Path,
        environment: &[(&str, String)],
    ) -> Result<Self, Box<dyn Error>> {
        Self::of(Command::new(program).arg("gateway-serve"), environment)
    }

    /// Starts a program that prints its URL, and ends when its standard input does.
    pub(super) fn of(
        command: &mut Command,
        environment: &[(&str, String)],
    ) -> Result<Self, Box<dyn Error>> {
        let environment = environment.iter().map(|(name, value)| (name, value));
        let mut child = command
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("can't run {command:?}: {error}"))?;
        let mut url = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut url)?;
        }
        let url = url.trim().to_owned();
        match url.is_empty() {
            true => Err(format!("{command:?} did not start").into()),
            false => Ok(Self { child, url }),
        }
    }

    /// Without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The memory that it has at present, in bytes.
    pub(super) fn resident(&self) -> Result<f64, Box<dyn Error>> {
        resident(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Is the gateway, until standard input ends.
pub(crate) fn serve() -> Result<(), Box<dyn Error>> {
    end_with_standard_input();
    let manifest = byod_local::read_manifest(byod_examples::MANIFEST)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let router = Router::of_manifest(&manifest);
        let byod = ByodBuilder::from_env()?
            .tables(router.tables())
            .functions(router.functions())
            .development(true)
            .live_subscriptions(CLIENTS)
            .build()?;
        let settings = Settings::default()
            .sockets(CLIENTS)
            .sockets_per_user(CLIENTS)
            .calls_per_user(CLIENTS);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        let listener = listener.tap_io(|tcp| drop(tcp.set_nodelay(true)));
        axum::serve(listener, byod_gateway::router(byod, settings)).await?;
        Ok(())
    })
}
