//! Subscribers in processes of their own. Each reads orders from its standard input, a line each, and answers each with
//! when the values came that it was asked for.

use std::error::Error;
use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{SystemTime, UNIX_EPOCH};

use byod_examples::notes;
use byod_runtime::{Byod, DocumentId, EncryptionKey};
use serde::{Deserialize, Serialize};

use crate::calls::external::node_folder;
use crate::calls::processor::processor;

/// The clients that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Byod,
    Crate,
    Npm,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Byod, Self::Crate, Self::Npm];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Byod => "byod",
            Self::Crate => "the crate `convex`",
            Self::Npm => "npm's `ConvexClient`",
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Order {
    /// Watch these notes, until each has a value.
    Watch(Vec<String>),
    /// Tell when the next so many values came, in µs since 1970.
    Take(usize),
}

pub(super) struct Subscriber {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a process holds.
pub(super) struct Held {
    pub(super) bytes: f64,
}

impl Subscriber {
    pub(super) fn start(
        kind: Kind,
        program: &Path,
        scratch: &Path,
        environment: &[(&str, String)],
    ) -> Result<Self, Box<dyn Error>> {
        let mut command = match kind {
            Kind::Byod => {
                let mut command = Command::new(program);
                command.arg("watch");
                command
            }
            Kind::Crate => Command::new(scratch.join("official/release/watch")),
            Kind::Npm => {
                let mut command = Command::new("node");
                command.arg("watch.mjs").current_dir(node_folder()?);
                command
            }
        };
        // It ends when its standard input does.
        let mut child = command
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("can't run {command:?}: {error}"))?;
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(orders), Some(answers)) = pipes else {
            return Err("the process has no pipes".into());
        };
        Ok(Self {
            child,
            orders,
            answers: BufReader::new(answers),
        })
    }

    /// Watches more notes; gives what the process holds then.
    pub(super) fn watch(&mut self, notes: &[String]) -> Result<Held, Box<dyn Error>> {
        self.order(&Order::Watch(notes.to_vec()))?;
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = resident.and_then(|rest| rest.trim().strip_suffix(" kB"));
        let kib: f64 = kib.ok_or("no resident memory is known")?.parse()?;
        Ok(Held {
            bytes: kib * 1024.0,
        })
    }

    pub(super) fn take(&mut self, count: usize) -> Result<Vec<f64>, Box<dyn Error>> {
        self.order(&Order::Take(count))
    }

    /// The time that it has had on a processor, in µs.
    pub(super) fn processor(&self) -> Result<f64, Box<dyn Error>> {
        processor(self.child.id())
    }

    fn order(&mut self, order: &Order) -> Result<Vec<f64>, Box<dyn Error>> {
        writeln!(self.orders, "{}", serde_json::to_string(order)?)?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line)
            .map_err(|_| format!("a subscriber answered `{}`", line.trim()).into())
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Is byod's subscriber, in a process of its own.
pub(crate) fn watch_by_byod() -> Result<(), Box<dyn Error>> {
    let variable = |name| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let _entered = runtime.enter();
    let byod = Byod::builder()
        .main_url(variable("DEPLOYMENT_URL")?)
        .deploy_key(variable("DEPLOY_KEY")?)
        .encryption_key(EncryptionKey::parse("only for figures")?)
        .development(true)
        .live_subscriptions(20_000)
        .build()?;
    let session = byod
        .session(variable("USER_ID")?, "alice")
        .with_token(variable("TOKEN")?);
    let (sender, values) = channel::<u64>();
    for line in std::io::stdin().lock().lines() {
        let count = match serde_json::from_str(&line?)? {
            Order::Watch(ids) => {
                for id in ids.iter().map(DocumentId::new) {
                    let mut open = notes::get(&session, notes::GetArgs { id }).watch();
                    let sender = sender.clone();
                    runtime.spawn(async move {
                        while let Some(Ok(_)) = open.next().await {
                            let now = SystemTime::now().duration_since(UNIX_EPOCH);
                            let now = now.map_or(0, |now| now.as_micros() as u64);
                            if sender.send(now).is_err() {
                                break;
                            }
                        }
                    });
                }
                ids.len()
            }
            Order::Take(count) => count,
        };
        let times: Result<Vec<_>, _> = (0..count).map(|_| values.recv()).collect();
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{}", serde_json::to_string(&times?)?)?;
        stdout.flush()?;
    }
    Ok(())
}
