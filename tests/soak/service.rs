//! A service, its users, and their deployments, each behind a proxy.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use byod_examples::{Notes, notes};
use byod_local::{Local, LocalDeployment, Object};
use byod_runtime::{Byod, ConnectionStatus, Credentials, Doc, EncryptionKey, Outcome, Session};
use fastrand::Rng;
use serde_json::json;
use tokio::task::JoinSet;

use crate::proxy::Proxy;
use crate::writes::{Fate, Log, subject};

const DEPLOYMENTS: usize = 20;

pub(crate) struct Service {
    byod: Byod,
    main: LocalDeployment,
    deployments: Vec<LocalDeployment>,
    /// Those of the users' deployments, and then main's.
    pub(crate) proxies: Arc<Vec<Proxy>>,
    sessions: Vec<Session>,
}

impl Service {
    /// Users have connected the deployments, the same number each.
    pub(crate) async fn start(users: usize) -> Self {
        let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
        let mut deployments = Vec::new();
        let mut proxies = Vec::new();
        for number in 0..DEPLOYMENTS {
            let deployment = Local::user(&manifest)
                .shared()
                .name(format!("user{number}"));
            let deployment = deployment.start().await.unwrap();
            proxies.push(Proxy::start(deployment.address()).await);
            deployments.push(deployment);
        }
        let main = Local::main(&manifest).start().await.unwrap();
        let mains = Proxy::start(main.address()).await;
        let byod = Byod::builder()
            .main_url(&mains.url)
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse("only for tests").unwrap())
            .development(true)
            .timeout(Duration::from_secs(2))
            .connect_timeout(Duration::from_millis(500))
            .cache_ttl(Duration::from_secs(1))
            // Deployments say something every 15 s.
            .live_silence(Duration::from_secs(20))
            .live_idle(Duration::from_secs(1))
            .recovery_pauses(Duration::from_millis(50), Duration::from_millis(500));
        let byod = byod.build().unwrap();
        let mut sessions = Vec::new();
        for number in 0..users {
            let subject = subject(number);
            let account = json!({
                "subject": subject, "name": subject, "email": "somebody@example.org",
                "createdAt": 0.0, "updatedAt": 0.0,
            });
            let id = main.insert("users", account).unwrap();
            let deployment = number % DEPLOYMENTS;
            let credentials = Credentials {
                deployment_url: proxies[deployment].url.clone(),
                deploy_key: deployments[deployment].deploy_key().into(),
            };
            let connected = ConnectionStatus::Connected;
            let saved = byod.save_credentials(&*id, &credentials, connected);
            saved.await.unwrap();
            sessions.push(byod.session(id, subject));
        }
        proxies.push(mains);
        Self {
            byod,
            main,
            deployments,
            proxies: Arc::new(proxies),
            sessions,
        }
    }

    /// All users read and write until the end; gives what came of it.
    pub(crate) async fn work(&self, seed: u64, end: Instant) -> Log {
        let users = self.sessions.iter().cloned().enumerate();
        let users: Vec<_> = users
            .map(|(number, session)| {
                let rng = Rng::with_seed(seed.wrapping_add(number as u64));
                tokio::spawn(use_it(number, session, rng, end))
            })
            .collect();
        let mut log = Log::default();
        for user in users {
            log.add(user.await.unwrap());
        }
        log
    }

    /// Has each user's notes watched, all the time.
    pub(crate) fn watch(&self) -> Watchers {
        let latest = Arc::new(Mutex::new(vec![None; self.sessions.len()]));
        let mut tasks = JoinSet::new();
        for (user, session) in self.sessions.iter().cloned().enumerate() {
            tasks.spawn(watch_it(user, session, latest.clone()));
        }
        Watchers { latest, tasks }
    }

    /// Waits until the latest that each user has seen is what there is.
    pub(crate) async fn all_have_seen(&self, mut watchers: Watchers, at_most: Duration) {
        let begin = Instant::now();
        for (user, session) in self.sessions.iter().enumerate() {
            loop {
                let present = notes::list(session, notes::ListArgs::default()).await.ok();
                let present = present.map(|notes| titles(&notes));
                if present.is_some() && present == watchers.latest.lock().unwrap()[user] {
                    break;
                }
                assert!(
                    begin.elapsed() < at_most,
                    "{} has not seen the latest",
                    subject(user)
                );
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        if let Some(ended) = watchers.tasks.try_join_next() {
            panic!("a stream has ended: {ended:?}");
        }
    }

    /// Waits until every user's calls work.
    pub(crate) async fn all_work_again(&self, at_most: Duration) {
        let begin = Instant::now();
        for session in &self.sessions {
            loop {
                let call = notes::list(session, notes::ListArgs::default());
                let Err(error) = call.routed().await else {
                    break;
                };
                assert!(begin.elapsed() < at_most, "it doesn't come back: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// The notes on the deployment of that user.
    pub(crate) fn notes_where(&self, user: usize) -> Vec<Object> {
        self.deployments[user % DEPLOYMENTS].documents("notes")
    }

    /// How many notes there are on all users' deployments.
    pub(crate) fn count(&self) -> usize {
        let counts = self.deployments.iter().map(|it| it.count("notes"));
        counts.sum()
    }

    pub(crate) fn count_on_main(&self) -> usize {
        self.main.count("notes")
    }

    /// How many tasks there may be when nobody calls, where there were `others`
    /// before: one for each server and proxy, three for each open connection (of the
    /// pool, of the proxy, of the deployment), the pool's own, and the two that listen
    /// to main.
    pub(crate) fn tasks_at_rest(&self, others: usize) -> usize {
        let open = self.proxies.iter().map(Proxy::open_connections);
        let open: usize = open.sum();
        others + self.deployments.len() + 1 + self.proxies.len() + 3 * open + 4
    }

    /// Drops everything but the proxies, which can say what is still open.
    pub(crate) async fn stop(self) -> Arc<Vec<Proxy>> {
        drop((self.sessions, self.byod));
        for deployment in self.deployments {
            deployment.stop().await;
        }
        self.main.stop().await;
        self.proxies
    }
}

/// Those who watch, and the titles that each of them has seen last.
pub(crate) struct Watchers {
    latest: Latest,
    tasks: JoinSet<()>,
}

type Latest = Arc<Mutex<Vec<Option<Vec<String>>>>>;

/// What one user sees. Errors are given once, and values come again.
async fn watch_it(user: usize, session: Session, latest: Latest) {
    let mut live = notes::list(&session, notes::ListArgs::default()).watch();
    while let Some(value) = live.next().await {
        let Ok(notes) = value else { continue };
        for note in &notes {
            assert_eq!(note.user_id, subject(user), "somebody else's note");
        }
        latest.lock().unwrap()[user] = Some(titles(&notes));
    }
}

fn titles(notes: &[Doc<Notes>]) -> Vec<String> {
    notes.iter().map(|note| note.title.clone()).collect()
}

/// What one user does.
async fn use_it(user: usize, session: Session, mut rng: Rng, end: Instant) -> Log {
    let mut log = Log::default();
    while Instant::now() < end {
        if rng.bool() {
            let title = log.next_title(user);
            let note = notes::CreateArgs {
                title: title.clone(),
                content: "x".repeat(rng.usize(..3000)),
                project_id: None,
            };
            let mut create = notes::create(&session, note);
            if rng.bool() {
                create = create.idempotency_key(&title);
            }
            let fate = match create.await {
                Ok(_) => Fate::Acknowledged,
                Err(error) => match error.outcome() {
                    Outcome::NotExecuted => Fate::Refused,
                    Outcome::Unknown => Fate::Unknown,
                    outcome => panic!("{outcome:?}: {error}"),
                },
            };
            log.write(user, title, fate);
        } else {
            let some = notes::ListArgs {
                limit: Some(5.0),
                ..Default::default()
            };
            let read = notes::list(&session, some).await;
            for note in read.iter().flatten() {
                assert_eq!(note.user_id, subject(user), "somebody else's note");
            }
            log.read(read.is_ok());
        }
        tokio::time::sleep(Duration::from_millis(rng.u64(..150))).await;
    }
    log
}
