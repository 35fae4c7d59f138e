//! A mutation with an idempotency key runs once, however often it is sent.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use byod_examples::{notes, tasks};
use byod_runtime::{ConnectionStatus, Credentials, Error};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::documents::{note, task};
use crate::support::world::World;

#[tokio::test]
async fn a_mutation_whose_answer_is_lost_has_run_once() {
    let Some(world) = World::start() else { return };
    let Some(proxy) = Proxy::to(&world.users.url).await else {
        let _ = writeln!(
            std::io::stderr(),
            "no answer of a live deployment is lost: test left out"
        );
        return;
    };
    let alice = world.user("alice").await;
    let credentials = Credentials {
        deployment_url: proxy.url.clone(),
        deploy_key: world.users.deploy_key.as_str().into(),
    };
    let saved = world
        .byod
        .save_credentials(&*alice.id, &credentials, ConnectionStatus::Connected);
    saved.await.unwrap();
    world.claim(&alice).await;
    let alice = &alice.session;
    // The route is known, and its connection open.
    assert!(
        notes::list(alice, notes::ListArgs::default())
            .await
            .unwrap()
            .is_empty()
    );

    proxy.lose_one_answer();
    let id = notes::create(alice, note("Beans"))
        .idempotency_key("a form's id")
        .await
        .unwrap();
    assert!(proxy.has_lost_it());
    let listed = notes::list(alice, notes::ListArgs::default())
        .await
        .unwrap();
    assert_eq!(
        listed.iter().map(|note| &note.id).collect::<Vec<_>>(),
        [&id]
    );

    // Without a key nobody knows, and the note is there all the same.
    proxy.lose_one_answer();
    let lost = notes::create(alice, note("Peas")).await.unwrap_err();
    assert!(matches!(lost, Error::Interrupted { .. }), "{lost}");
    assert!(proxy.has_lost_it());
    let listed = notes::list(alice, notes::ListArgs::default())
        .await
        .unwrap();
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn a_repeat_gives_the_first_result_and_changes_nothing() {
    let Some(world) = World::shared() else { return };
    let alice = world.connected_user("alice").await;
    let carol = world.connected_user("carol").await;
    let (alice, carol) = (&alice.session, &carol.session);
    let create = |session, title: &str| notes::create(session, note(title)).idempotency_key("1");
    let id = create(alice, "Beans").await.unwrap();
    assert_eq!(create(alice, "Beans").await.unwrap(), id);
    // A key is its owner's own.
    assert_ne!(create(carol, "Beans").await.unwrap(), id);
    assert_eq!(
        notes::list(alice, notes::ListArgs::default())
            .await
            .unwrap()
            .len(),
        1
    );

    // What returns nothing.
    let remove = || notes::remove(alice, notes::RemoveArgs { id: id.clone() });
    for _ in 0..2 {
        let () = remove().idempotency_key("2").await.unwrap();
    }
    assert_eq!(code(remove().await.unwrap_err()), "not_found");
    // What failed has not run: it may, later.
    for _ in 0..2 {
        assert_eq!(
            code(remove().idempotency_key("3").await.unwrap_err()),
            "not_found"
        );
    }
}

#[tokio::test]
async fn a_key_stands_for_one_call() {
    let Some(world) = World::start() else { return };
    let alice = world.connected_user("alice").await;
    let alice = &alice.session;
    notes::create(alice, note("Beans"))
        .idempotency_key("1")
        .await
        .unwrap();
    let other = notes::create(alice, note("Peas"))
        .idempotency_key("1")
        .await;
    let error = other.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("was used for another call, of `notes:create`"),
        "{error}"
    );
    assert_eq!(code(error), "idempotency_key");
    let other = tasks::create(alice, task("Dig")).idempotency_key("1").await;
    assert_eq!(code(other.unwrap_err()), "idempotency_key");
}

/// While a user has no deployment of their own, main runs the mutation as without a key.
#[tokio::test]
async fn main_takes_the_call_without_its_key() {
    let Some(world) = World::start() else { return };
    let bob = world.user("bob").await;
    let create = || notes::create(&bob.session, note("Beans")).idempotency_key("1");
    assert_ne!(create().await.unwrap(), create().await.unwrap());
}

#[track_caller]
fn code(error: Error) -> String {
    let data = error
        .function_data::<Value>()
        .expect("it has data")
        .unwrap();
    data["code"].as_str().unwrap().to_owned()
}

/// Stands before a deployment and may lose what it answers.
struct Proxy {
    url: String,
    loses: Arc<AtomicBool>,
}

impl Proxy {
    /// `None` where the deployment is not one of this machine: there it speaks TLS.
    async fn to(url: &str) -> Option<Self> {
        let deployment = url.strip_prefix("http://")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            loses: Arc::default(),
        };
        let loses = proxy.loses.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&deployment).await.unwrap();
                tokio::spawn(pass(client, server, loses.clone()));
            }
        });
        Some(proxy)
    }

    /// The next answer does not arrive: its connection ends when it begins.
    fn lose_one_answer(&self) {
        self.loses.store(true, Ordering::SeqCst);
    }

    fn has_lost_it(&self) -> bool {
        !self.loses.load(Ordering::SeqCst)
    }
}

/// Until one side ends, or an answer is to be lost.
async fn pass(mut client: TcpStream, mut server: TcpStream, loses: Arc<AtomicBool>) {
    let (mut asked, mut answered) = ([0; 4096], [0; 4096]);
    loop {
        tokio::select! {
            Ok(length) = client.read(&mut asked) => {
                if length == 0 || server.write_all(&asked[..length]).await.is_err() {
                    return;
                }
            }
            Ok(length) = server.read(&mut answered) => {
                // The deployment answers when the function has run.
                if length == 0 || loses.swap(false, Ordering::SeqCst) {
                    return;
                }
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
            else => return,
        }
    }
}
