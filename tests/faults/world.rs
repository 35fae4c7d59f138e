//! One main and one users' deployment, and for every call that is tried a user of
//! its own with a proxy of its own in between.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use byod_examples::{memories, notes};
use byod_local::{Local, LocalDeployment, Object, Value};
use byod_runtime::{
    Byod, ConnectionStatus, Credentials, EncryptionKey, Error, Session, UserStatus,
};
use serde_json::json;
use tokio::net::TcpSocket;
use tokio_rustls::TlsAcceptor;

use super::answers::ANSWER_LIMIT;
use super::rows::Place;
use crate::support::certificates::{self, Certificate};
use crate::support::proxy::Proxy;
use crate::support::way::Way;

pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);
pub(crate) const RETRIES: u32 = 2;

/// One more than a single call can fail.
pub(crate) const THRESHOLD: u32 = RETRIES + 2;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Query,
    Mutation,
    /// A mutation with an idempotency key.
    Keyed,
    Action,
}

pub(crate) const KINDS: [Kind; 4] = [Kind::Query, Kind::Mutation, Kind::Keyed, Kind::Action];

/// How often functions ran, by who called.
type Runs = Arc<Mutex<HashMap<String, usize>>>;

pub(crate) struct World {
    pub(crate) byod: Byod,
    main: LocalDeployment,
    users: LocalDeployment,
    runs: Runs,
    certificates: Vec<(Certificate, TlsAcceptor)>,
}

/// A user, and what is between them and their deployment.
pub(crate) struct User {
    id: String,
    subject: String,
    session: Session,
    proxy: Option<Proxy>,
    /// Keeps the port of who refuses connections from being given to others.
    _closed: Option<TcpSocket>,
}

impl World {
    pub(crate) async fn start(way: Way) -> Self {
        let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
        let main = Local::main(&manifest).start().await.unwrap();
        let runs = Runs::default();
        let (queries, mutations, actions) = (runs.clone(), runs.clone(), runs.clone());
        let users = Local::user(&manifest)
            // One for all, each of whom has a proxy of their own before it.
            .shared()
            .function("notes:list", move |_, args| {
                count(&queries, &args);
                Ok(Vec::<Value>::new())
            })
            .function("notes:create", move |ctx, args| {
                count(&mutations, &args);
                ctx.insert("notes", args)
            })
            .function("memories:recall", move |_, args| {
                count(&actions, &args);
                Ok(Vec::<Value>::new())
            });
        let users = users.start().await.unwrap();
        let mut byod = Byod::builder()
            .main_url(main.url())
            .deploy_key(main.deploy_key())
            .encryption_key(EncryptionKey::parse("only for tests").unwrap())
            .development(true)
            .allow_host("*.deployment.invalid")
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_millis(300))
            .retries(RETRIES)
            .answer_limit(ANSWER_LIMIT)
            .failure_threshold(THRESHOLD)
            // What was found out stays as it is.
            .recovery_pauses(Duration::from_secs(3600), Duration::from_secs(3600));
        let mut acceptors = Vec::new();
        for kind in [
            Certificate::Sound,
            Certificate::Expired,
            Certificate::OfAnotherHost,
            Certificate::Unknown,
        ] {
            let (acceptor, pem) = certificates::make(kind);
            acceptors.push((kind, acceptor));
            if kind != Certificate::Unknown {
                byod = byod.root_certificate(pem);
            }
        }
        Self {
            byod: way.set(byod).build().unwrap(),
            main,
            users,
            runs,
            certificates: acceptors,
        }
    }

    /// A user who has connected the deployment behind that fault.
    pub(crate) async fn user(&self, subject: &str, place: Place) -> User {
        let (url, proxy, closed) = self.behind(place).await;
        let account = json!({
            "subject": subject, "name": subject, "email": "somebody@example.org",
            "createdAt": 0.0, "updatedAt": 0.0,
        });
        let id = self.main.insert("users", account).unwrap();
        let credentials = Credentials {
            deployment_url: url,
            deploy_key: self.users.deploy_key().into(),
        };
        let connected = ConnectionStatus::Connected;
        let saved = self.byod.save_credentials(&*id, &credentials, connected);
        saved.await.unwrap();
        User {
            session: self.byod.session(&*id, subject),
            id,
            subject: subject.to_owned(),
            proxy,
            _closed: closed,
        }
    }

    async fn behind(&self, place: Place) -> (String, Option<Proxy>, Option<TcpSocket>) {
        let deployment = self.users.address();
        let proxy = match place {
            Place::Unresolvable => {
                // A top-level domain that is reserved for not existing; a name each, as
                // what is known of a deployment belongs to its URL.
                return (
                    format!("https://n{}.deployment.invalid", unused()),
                    None,
                    None,
                );
            }
            Place::Refused => {
                // Bound, and nobody listens.
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
                let url = format!("http://{}", socket.local_addr().unwrap());
                return (url, None, Some(socket));
            }
            Place::Sound => Proxy::start(deployment).await,
            Place::Proxy(fault) => {
                let proxy = Proxy::start(deployment).await;
                proxy.strike(fault);
                proxy
            }
            Place::Once(fault) => {
                let proxy = Proxy::start(deployment).await;
                proxy.strike_times(fault, 1);
                proxy
            }
            Place::Tls(certificate, fault) => {
                let mut known = self.certificates.iter();
                let (_, acceptor) = known.find(|(kind, _)| *kind == certificate).unwrap();
                let proxy = Proxy::start_tls(deployment, acceptor.clone()).await;
                if let Some(fault) = fault {
                    proxy.strike(fault);
                }
                proxy
            }
        };
        (proxy.url.clone(), Some(proxy), None)
    }

    pub(crate) async fn call(&self, user: &User, kind: Kind) -> Result<(), Error> {
        let session = &user.session;
        match kind {
            Kind::Query => notes::list(session, notes::ListArgs::default())
                .await
                .map(drop),
            Kind::Mutation | Kind::Keyed => {
                let note = notes::CreateArgs {
                    title: user.subject.clone(),
                    content: "x".repeat(2000),
                    project_id: None,
                };
                let create = notes::create(session, note);
                let create = match kind {
                    Kind::Keyed => create.idempotency_key(unused().to_string()),
                    _ => create,
                };
                create.await.map(drop)
            }
            Kind::Action => {
                let args = memories::RecallArgs {
                    embedding: vec![0.5; 3],
                    limit: None,
                };
                memories::recall(session, args).await.map(drop)
            }
        }
    }

    /// How often a function ran for the user.
    pub(crate) fn ran(&self, user: &User) -> usize {
        let runs = self.runs.lock().unwrap();
        runs.get(&user.subject).copied().unwrap_or_default()
    }

    /// How often the user's notes were really written.
    pub(crate) fn written(&self, user: &User) -> usize {
        let notes = self.users.documents("notes");
        let theirs = |note: &&Object| note.str("title") == Some(&user.subject);
        notes.iter().filter(theirs).count()
    }

    /// How many notes are on main, where none of these belongs.
    pub(crate) fn strayed(&self) -> usize {
        self.main.count("notes") + self.main.count("memories")
    }

    pub(crate) async fn status(&self, user: &User) -> UserStatus {
        self.byod.status(&*user.id).await.unwrap()
    }
}

impl User {
    pub(crate) fn open_connections(&self) -> usize {
        self.proxy.as_ref().map_or(0, Proxy::open_connections)
    }

    /// The attempts that reached the proxy, where there is one.
    pub(crate) fn sent(&self) -> Option<usize> {
        self.proxy.as_ref().map(Proxy::calls)
    }
}

/// A number that was not given before.
fn unused() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn count(runs: &Runs, args: &Object) {
    let subject = args.str("userId").unwrap().to_owned();
    *runs.lock().unwrap().entry(subject).or_default() += 1;
}
