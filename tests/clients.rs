//! What a call costs, and when a user's client is made anew.

use std::future::{IntoFuture, poll_fn};
use std::task::Poll;
use std::time::Duration;

use crate::support::{RECORD, Service, Setup};
use byod_examples::notes;
use byod_local::Local;
use byod_runtime::{ConnectionStatus, Credentials, Error, Location, Outcome, Session};
use serde_json::{Value, json};

/// Who answers Alice now.
async fn answered_by(session: &Session) -> Location {
    let call = notes::list(session, notes::ListArgs::default());
    call.routed().await.unwrap().deployment.location()
}

#[tokio::test]
async fn a_warm_call_is_one_request_and_a_cold_one_two() {
    let service = Service::with_alice_connected().await;
    answered_by(&service.alice()).await;
    assert_eq!(service.cost(), (1, 1), "cold: the record and the call");
    for _ in 0..3 {
        answered_by(&service.alice()).await;
        assert_eq!(
            service.cost(),
            (0, 1),
            "a session is new, the client is not"
        );
    }
    answered_by(&service.bob()).await;
    assert_eq!(service.cost(), (2, 0));
    answered_by(&service.bob()).await;
    assert_eq!(
        service.cost(),
        (1, 0),
        "that there is no record is remembered"
    );
}

#[tokio::test]
async fn a_thousand_cold_calls_read_the_record_once() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    let mut calls: Vec<_> = (0..1000)
        .map(|_| notes::list(&alice, notes::ListArgs::default()).into_future())
        .collect();
    // All begin before the first can have the record …
    poll_fn(|context| {
        for call in &mut calls {
            assert!(call.as_mut().poll(context).is_pending());
        }
        Poll::Ready(())
    })
    .await;
    // … and end one after the other, which a system with few sockets can do too.
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(service.main.requests()[0].functions, [RECORD]);
    assert_eq!(service.cost(), (1, 1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_do_calls_from_many_threads_read_it_twice() {
    let service = Service::with_alice_connected().await;
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let alice = service.alice();
            tokio::spawn(async move { answered_by(&alice).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Location::User);
    }
    assert_eq!(service.cost(), (1, 100));
}

#[tokio::test]
async fn clearing_one_user_leaves_another_whose_id_begins_alike() {
    // A project without records of its own: users are known by any string.
    let mut manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let main = &mut manifest.main;
    main.functions
        .retain(|path, _| path.module != "byod/credentials");
    main.schema
        .tables
        .retain(|table| !["userDatabaseConfig", "byodHistory"].contains(&&*table.table_name));
    let service = Service::with(|setup| Setup {
        main: Local::main(&manifest),
        alices: setup.alices.shared(),
        ..setup
    })
    .await;
    let session = |id| service.byod.session(id, id);
    for id in ["a", "a:b", "b"] {
        let credentials = service.alices_credentials();
        let saved = service
            .byod
            .save_credentials(id, &credentials, ConnectionStatus::Connected);
        saved.await.unwrap();
        assert_eq!(answered_by(&session(id)).await, Location::User);
    }
    service.cost();

    service.byod.clear_user_client("a");
    answered_by(&session("a:b")).await;
    answered_by(&session("b")).await;
    assert_eq!(service.cost(), (0, 2), "their clients are still there");
    answered_by(&session("a")).await;
    assert_eq!(service.cost(), (1, 1), "this one's is not");
}

#[tokio::test]
async fn after_disconnect_the_next_call_goes_to_main() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    assert_eq!(answered_by(&alice).await, Location::User);
    service.byod.disconnect(&*service.alice_id).await.unwrap();
    assert_eq!(answered_by(&alice).await, Location::Main);
    let record = service.byod.user_record(&*service.alice_id).await.unwrap();
    assert_eq!(
        record.unwrap().connection_status,
        ConnectionStatus::Disconnected
    );
}

#[tokio::test]
async fn a_front_end_sees_the_status_and_may_disconnect() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    assert_eq!(answered_by(&alice).await, Location::User);

    // What the browser does, with the user's own token.
    let token = service.main.token("alice").unwrap();
    let browser = service.byod.main_client().with_token(token);
    let status: Value = browser
        .query("byod/credentials:getConfig", &json!({}))
        .await
        .unwrap();
    assert_eq!(status["connectionStatus"], "connected");
    assert!(!status.to_string().contains("ncrypt"), "{status}");
    let () = browser
        .mutation("byod/credentials:disconnect", &json!({}))
        .await
        .unwrap();

    // What the service does when it hears of it.
    service.byod.clear_user_client(&*service.alice_id);
    assert_eq!(answered_by(&alice).await, Location::Main);
}

#[tokio::test]
async fn a_changed_deploy_key_gives_a_new_client() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    assert_eq!(answered_by(&alice).await, Location::User);

    let old = service.alices.deploy_key();
    service.alices.set_deploy_key("local:alice|a new secret");
    let error = notes::list(&alice, notes::ListArgs::default()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error}");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert!(!format!("{error} {error:?}").contains(&old), "{error:?}");

    service.save(ConnectionStatus::Connected).await;
    assert_eq!(answered_by(&alice).await, Location::User);
}

#[tokio::test]
async fn a_changed_url_gives_a_new_client() {
    let service = Service::with_alice_connected().await;
    let alice = service.alice();
    assert_eq!(answered_by(&alice).await, Location::User);

    let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let moved = Local::user(&manifest).start().await.unwrap();
    crate::support::claim(&moved, "alice", &service.alice_id);
    let credentials = Credentials {
        deployment_url: moved.url(),
        deploy_key: moved.deploy_key().into(),
    };
    let saved = service.byod.save_credentials(
        &*service.alice_id,
        &credentials,
        ConnectionStatus::Connected,
    );
    saved.await.unwrap();
    service.cost();
    assert_eq!(answered_by(&alice).await, Location::User);
    assert_eq!((service.cost(), moved.request_count()), ((1, 0), 1));
}

#[tokio::test]
async fn what_another_process_changes_is_noticed_after_the_time_to_live() {
    const TTL: Duration = Duration::from_millis(50);
    let service = Service::with(|setup| Setup {
        byod: setup.byod.cache_ttl(TTL),
        ..setup
    })
    .await;
    service.save(ConnectionStatus::Connected).await;
    let alice = service.alice();
    assert_eq!(answered_by(&alice).await, Location::User);
    service.change_record(json!({"connectionStatus": "disconnected"}));
    tokio::time::sleep(TTL).await;
    assert_eq!(answered_by(&alice).await, Location::Main);
}

#[tokio::test]
async fn main_holds_the_credentials_encrypted_and_the_service_reads_them() {
    let service = Service::with_alice_connected().await;
    let stored = serde_json::to_string(&service.main.documents("userDatabaseConfig")).unwrap();
    assert!(!stored.contains(&service.alices.url()), "{stored}");
    assert!(!stored.contains(&service.alices.deploy_key()), "{stored}");

    let opened = service.byod.user_credentials(&*service.alice_id).await;
    let opened = opened.unwrap().unwrap();
    assert_eq!(opened.deployment_url, service.alices.url());
    let none = service.byod.user_credentials(&*service.bob_id).await;
    assert!(none.unwrap().is_none());
}
