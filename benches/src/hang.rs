//! One of ten deployments hangs: what the calls of the other nine's users take then.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use byod_examples::notes;
use byod_local::{Local, LocalDeployment};
use byod_runtime::{Byod, ConnectionStatus, Credentials, EncryptionKey, Session};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::report::{Requirement, Section, Table};

/// Users whose deployments work; one more has one that hangs.
const WELL: usize = 9;

/// Callers for each of them, and how long a caller waits between two calls.
const CALLERS: usize = 4;
const PAUSE: Duration = Duration::from_millis(10);

/// Callers for the user whose deployment hangs: more than may be under way and wait.
const STUCK_CALLERS: usize = 200;

/// Both are measured by turns, so often and so long.
const ROUNDS: usize = 6;
const TURN: Duration = Duration::from_secs(4);

pub(crate) fn measure() -> Result<Section, Box<dyn Error>> {
    // Deployments are other machines: their tasks don't wait behind those of calls.
    let theirs = runtime()?;
    let world = theirs.block_on(World::start())?;
    let ours = runtime()?;
    ours.block_on(async {
        world.connect().await?;
        world.turn(Duration::from_secs(1), false).await?;
        let (mut without, mut with) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            without.extend(world.turn(TURN, false).await?);
            with.extend(world.turn(TURN, true).await?);
        }
        Ok(report(without, with))
    })
}

fn runtime() -> Result<Runtime, Box<dyn Error>> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}

fn report(mut without: Vec<Duration>, mut with: Vec<Duration>) -> Section {
    let mut table = Table::new(&["the tenth deployment", "calls", "p50 in µs", "p99 in µs"]);
    let mut p99s = Vec::new();
    for (name, times) in [("isn't called", &mut without), ("hangs", &mut with)] {
        times.sort_unstable();
        let at = |share: f64| {
            let place = (times.len() as f64 * share) as usize;
            times[place.min(times.len() - 1)].as_secs_f64() * 1e6
        };
        let (p50, p99) = (at(0.5), at(0.99));
        p99s.push(p99);
        table.row(vec![
            name.to_owned(),
            times.len().to_string(),
            format!("{p50:.0}"),
            format!("{p99:.0}"),
        ]);
    }
    let title = format!("Calls of {WELL} users while the deployment of a tenth hangs");
    let mut section = Section::new(title, table);
    let what = "p99 while it hangs, times p99 without";
    let ratio = p99s[1] / p99s[0];
    section
        .requirements
        .push(Requirement::at_most(what, ratio, 1.2));
    section
}

struct World {
    byod: Byod,
    main: LocalDeployment,
    deployments: Vec<LocalDeployment>,
    /// Takes connections, and never says a word.
    silent: String,
    sessions: Vec<Session>,
}

impl World {
    async fn start() -> Result<Self, Box<dyn Error>> {
        let manifest = byod_local::read_manifest(byod_examples::MANIFEST)?;
        let main = Local::main(&manifest).start().await?;
        let mut deployments = Vec::new();
        for number in 0..WELL {
            let deployment = Local::user(&manifest).name(format!("user{number}"));
            deployments.push(deployment.start().await?);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let silent = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok(connection) = listener.accept().await {
                held.push(connection);
            }
        });
        // With the limits that every service has that says nothing of them.
        let byod = Byod::builder()
            .main_url(main.url())
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse("only for figures")?)
            .development(true)
            .build()?;
        let mut sessions = Vec::new();
        for number in 0..=WELL {
            let subject = format!("user{number}");
            let account = json!({
                "subject": subject, "name": subject, "email": "somebody@example.org",
                "createdAt": 0.0, "updatedAt": 0.0,
            });
            let id = main.insert("users", account)?;
            sessions.push(byod.session(id, subject));
        }
        Ok(Self {
            byod,
            main,
            deployments,
            silent,
            sessions,
        })
    }

    /// Every user connects a deployment, the last one the one that hangs.
    async fn connect(&self) -> Result<(), Box<dyn Error>> {
        for (number, session) in self.sessions.iter().enumerate() {
            let (deployment_url, deploy_key) = match self.deployments.get(number) {
                Some(deployment) => (deployment.url(), deployment.deploy_key().into()),
                None => (self.silent.clone(), "local:silent|key".into()),
            };
            let credentials = Credentials {
                deployment_url,
                deploy_key,
            };
            let connected = ConnectionStatus::Connected;
            self.byod
                .save_credentials(session.user_id(), &credentials, connected)
                .await?;
        }
        assert_eq!(self.main.count("userDatabaseConfig"), self.sessions.len());
        Ok(())
    }

    /// The times of the calls of users whose deployments work.
    async fn turn(&self, time: Duration, stuck: bool) -> Result<Vec<Duration>, Box<dyn Error>> {
        let end = Instant::now() + time;
        let mut others = JoinSet::new();
        if stuck {
            let session = Arc::new(self.sessions[WELL].clone());
            for _ in 0..STUCK_CALLERS {
                let session = session.clone();
                others.spawn(async move {
                    loop {
                        let call = notes::list(&session, notes::ListArgs::default());
                        let _ = call.await;
                        tokio::time::sleep(PAUSE).await;
                    }
                });
            }
        }
        let mut callers = JoinSet::new();
        for session in &self.sessions[..WELL] {
            for _ in 0..CALLERS {
                callers.spawn(call_until(end, session.clone()));
            }
        }
        let mut times = Vec::new();
        while let Some(caller) = callers.join_next().await {
            times.extend(caller??);
        }
        Ok(times)
    }
}

async fn call_until(end: Instant, session: Session) -> Result<Vec<Duration>, byod_runtime::Error> {
    let mut times = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        notes::list(&session, notes::ListArgs::default()).await?;
        times.push(start.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    Ok(times)
}
