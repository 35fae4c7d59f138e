//! Processes of `byod-fleet serve` behind one address, which any of them can be killed behind.

use std::fs::File;
use std::io;
use std::net::TcpListener as FreePort;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::server::{Server, holds};
use crate::support::Fleet;

/// What users' records are sealed with.
pub(crate) const KEY: &str = "only for tests";

/// What all of them need to know.
pub(crate) struct Told {
    pub(crate) main_url: String,
    pub(crate) main_key: String,
    pub(crate) identity_key: String,
    pub(crate) bundles: PathBuf,
    /// What records are sealed with now.
    pub(crate) encryption_key: &'static str,
    /// What they may still be sealed with.
    pub(crate) former_key: Option<&'static str>,
    /// What else they are started with.
    pub(crate) args: &'static [&'static str],
}

pub(crate) struct Workers {
    told: Told,
    /// With the port that each keeps.
    processes: Vec<(u16, Child)>,
    /// How many connections each was given.
    given: Arc<Vec<AtomicUsize>>,
    /// Where the engine calls.
    pub(crate) port: u16,
}

impl Told {
    pub(crate) fn of(fleet: &Fleet, identity_key: &str, bundles: &Path) -> Self {
        Self {
            main_url: fleet.main.url().to_owned(),
            main_key: fleet.main.deploy_key(),
            identity_key: identity_key.to_owned(),
            bundles: bundles.to_owned(),
            encryption_key: KEY,
            former_key: None,
            args: &[],
        }
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_byod-fleet"));
        command
            .arg("serve")
            .arg("--bundles")
            .arg(&self.bundles)
            .arg("--development")
            .env("CONVEX_URL", &self.main_url)
            .env("CONVEX_DEPLOY_KEY", &self.main_key)
            .env("BYOD_ENCRYPTION_KEY", self.encryption_key)
            .args(self.args)
            .stdin(Stdio::null());
        if let Some(key) = self.former_key {
            command.env("BYOD_FORMER_ENCRYPTION_KEYS", key);
        }
        if !self.identity_key.is_empty() {
            command.args(["--identity-key", &self.identity_key]);
        }
        command
    }

    fn start(&self, port: u16) -> Child {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.bundles.join(format!("worker-{port}.log")))
            .unwrap();
        self.command()
            // So that the engine needs several connections.
            .args(["--calls-per-connection", "4"])
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }
}

impl Workers {
    pub(crate) async fn start(told: Told, count: usize) -> Self {
        let ports: Vec<u16> = (0..count).map(|_| free_port()).collect();
        let processes = ports.iter().map(|port| (*port, told.start(*port)));
        let processes: Vec<_> = processes.collect();
        for port in &ports {
            until_it_listens(*port).await;
        }
        let given: Arc<Vec<_>> = Arc::new(ports.iter().map(|_| AtomicUsize::new(0)).collect());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(balance(listener, ports, given.clone()));
        Self {
            told,
            processes,
            given,
            port,
        }
    }

    /// Kills it as a machine that is gone: nothing is finished, and nobody is told.
    pub(crate) fn kill(&mut self, number: usize) {
        let (_, process) = &mut self.processes[number];
        process.kill().unwrap();
        process.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self, number: usize) {
        let (port, process) = &mut self.processes[number];
        *process = self.told.start(*port);
    }

    pub(crate) fn given(&self) -> Vec<usize> {
        let given = self.given.iter();
        given.map(|count| count.load(Ordering::Relaxed)).collect()
    }

    /// Neither they nor the engine have written any of these down, of the users that were asked for.
    pub(crate) fn know_none_of(&self, secrets: &[&str], engine: &Server) {
        let (written, logged) = (engine.written(), self.logged());
        assert!(holds(&written, "ByodUser"));
        for secret in secrets {
            let told = holds(&written, secret) || logged.contains(secret);
            assert!(!told, "{secret}");
        }
    }

    /// What all of them have logged.
    pub(crate) fn logged(&self) -> String {
        let logs = self.processes.iter().map(|(port, _)| {
            let log = self.told.bundles.join(format!("worker-{port}.log"));
            std::fs::read_to_string(log).unwrap()
        });
        logs.collect()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for (_, process) in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// One of this test, for bundles.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("byod-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn free_port() -> u16 {
    let free = FreePort::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

async fn until_it_listens(port: u16) {
    let since = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(since.elapsed() < Duration::from_secs(60), "no worker");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Gives each connection to the next one that takes it.
async fn balance(listener: TcpListener, ports: Vec<u16>, given: Arc<Vec<AtomicUsize>>) {
    let mut next = 0;
    loop {
        let (mut engine, _) = listener.accept().await.unwrap();
        for _ in 0..ports.len() {
            let number = next % ports.len();
            next += 1;
            let Ok(mut worker) = TcpStream::connect(("127.0.0.1", ports[number])).await else {
                continue;
            };
            given[number].fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                // It ends where one of both is gone.
                let _: io::Result<_> = copy_bidirectional(&mut engine, &mut worker).await;
            });
            break;
        }
    }
}
