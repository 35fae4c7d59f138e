//! A deployment belongs to the user who claims it: connecting claims it, and so does
//! the first call where nobody has; others are refused.

use std::sync::Arc;

use crate::support::proxy::{Fault, Proxy};
use crate::support::{Service, Setup};
use byod_examples::{Conversations, Messages, messages, notes};
use byod_local::{FunctionError, Local, Manifest, Object};
use byod_runtime::{
    Claim, ConnectionProblem, ConnectionStatus, Credentials, Doc, Error, Id, Outcome, Pages,
    Released, Session,
};
use serde_json::{Value as Json, json};

/// Main's project, and users' as `byod export` makes it of that.
fn manifest() -> Manifest {
    let mut manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    manifest.user = None;
    manifest
}

/// Alice's deployment is nobody's yet.
async fn start() -> Service {
    start_with(|alices| alices).await
}

async fn start_with(change: impl FnOnce(Local) -> Local) -> Service {
    Service::with(|setup| Setup {
        alices: change(
            Local::user(&manifest())
                .name("alice")
                .function("messages:page", |_, args| endless(&args)),
        ),
        ..setup
    })
    .await
}

/// A page after which there is always another.
fn endless(args: &Object) -> Result<Json, FunctionError> {
    let options = serde_json::to_value(args.get("paginationOpts"));
    let before = options.unwrap_or_default()["cursor"].to_string();
    Ok(json!({"page": [], "isDone": false, "continueCursor": format!("{before}+")}))
}

fn pages(service: &Service, session: &Session) -> Pages<Doc<Messages>> {
    let conversation_id = service.alices.new_id("conversations").unwrap();
    let args = messages::PageArgs {
        conversation_id: Id::<Conversations>::new(conversation_id),
    };
    messages::page(session, args).pages()
}

fn note(title: &str) -> notes::CreateArgs {
    notes::CreateArgs {
        title: title.into(),
        content: "".into(),
        project_id: None,
    }
}

async fn titles(session: &Session) -> Result<Vec<String>, Error> {
    let notes = notes::list(session, notes::ListArgs::default()).await?;
    Ok(notes.into_iter().map(|note| note.title.clone()).collect())
}

/// Bob stores credentials of Alice's deployment, past `connect`.
async fn bob_on_alices(service: &Service) -> Session {
    let credentials = service.alices_credentials();
    let saved =
        service
            .byod
            .save_credentials(&*service.bob_id, &credentials, ConnectionStatus::Connected);
    saved.await.unwrap();
    service.bob()
}

fn is_foreign(error: &Error) {
    assert!(
        matches!(error, Error::Claim { claim, .. } if *claim == Claim::SomebodyElses),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(text.contains("belongs to somebody else"), "{text}");
    assert!(!text.contains("alice\""), "never whose: {text}");
    assert_eq!(error.kind(), "claim");
    assert_eq!(error.outcome(), Outcome::NotExecuted);
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn connecting_claims_it_and_keeps_others_out() {
    let service = start().await;
    let (byod, alice, bob) = (&service.byod, &*service.alice_id, &*service.bob_id);
    let credentials = service.alices_credentials();
    let test = byod.connect(alice, "alice", &credentials).await.unwrap();
    assert_eq!(
        (test.status, test.claim),
        (ConnectionStatus::Connected, Some(Claim::Yours))
    );
    let owner = &service.alices.documents("byodOwner")[0];
    assert_eq!(
        (owner.str("subject"), owner.str("user")),
        (Some("alice"), Some(alice))
    );

    // Bob has the key as well. Nothing of it is stored for him.
    let refused = byod.connect(bob, "bob", &credentials).await.unwrap_err();
    is_foreign(&refused);
    assert!(byod.user_record(bob).await.unwrap().is_none());
    let bob = bob_on_alices(&service).await;
    notes::create(&service.alice(), note("hers")).await.unwrap();
    is_foreign(&titles(&bob).await.unwrap_err());
    is_foreign(&notes::create(&bob, note("his")).await.unwrap_err());
    let page = pages(&service, &bob).next().await;
    is_foreign(&page.unwrap().unwrap_err());
    let list = || notes::list(&bob, notes::ListArgs::default());
    let (one, two) = bob.batch((list(), list())).results().await;
    is_foreign(&one.unwrap_err());
    is_foreign(&two.unwrap_err());
    assert_eq!(service.alices.count("notes"), 1);
    assert_eq!(titles(&service.alice()).await.unwrap(), ["hers"]);

    // A test says so as well, and the reason stands in the record: from then on his
    // calls aren't even sent.
    let test = byod.test_connection(&*service.bob_id).await.unwrap();
    assert_eq!(test.problem, Some(ConnectionProblem::SomebodyElses));
    assert_eq!(test.claim, Some(Claim::SomebodyElses));
    assert_eq!(test.status, ConnectionStatus::Error);
    service.cost();
    is_foreign(&titles(&bob).await.unwrap_err());
    assert_eq!(service.cost(), (1, 0));
}

#[tokio::test]
async fn the_first_call_claims_what_is_nobodys() {
    let service = start().await;
    service.save_unclaimed(ConnectionStatus::Connected).await;
    let alice = service.alice();
    let status = async || {
        let status = service.byod.status(&*service.alice_id).await.unwrap();
        (status.enabled, status.claim)
    };
    assert_eq!(status().await, (true, Some(Claim::Unclaimed)));
    service.alices.reset_requests();
    notes::create(&alice, note("one")).await.unwrap();
    assert_eq!(
        service.alices.request_count(),
        3,
        "refused, claimed, sent again"
    );
    assert_eq!(service.alices.count("notes"), 1);
    notes::create(&alice, note("two")).await.unwrap();
    assert_eq!(service.alices.request_count(), 4);
    assert_eq!(status().await, (true, Some(Claim::Yours)));
}

#[tokio::test]
async fn a_batch_and_a_stream_claim_as_well() {
    let service = start().await;
    service.save_unclaimed(ConnectionStatus::Connected).await;
    let alice = service.alice();
    let list = || notes::list(&alice, notes::ListArgs::default());
    service.alices.reset_requests();
    let (one, two) = alice.batch((list(), list())).await.unwrap();
    assert!(one.is_empty() && two.is_empty());
    assert_eq!(service.alices.request_count(), 3);

    let released = service.byod.release(&*service.alice_id).await.unwrap();
    assert_eq!(released, Released::Released);
    let mut pages = pages(&service, &alice);
    pages.next().await.unwrap().unwrap();
    assert_eq!(service.alices.count("byodOwner"), 1);
}

#[tokio::test]
async fn many_calls_at_once_run_once_each() {
    let service = start().await;
    service.save_unclaimed(ConnectionStatus::Connected).await;
    let alice = service.alice();
    let calls = (0..32).map(|number| {
        let alice = alice.clone();
        tokio::spawn(async move { notes::create(&alice, note(&number.to_string())).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(service.alices.count("notes"), 32);
    assert_eq!(service.alices.count("byodOwner"), 1);
}

/// A session and its open stream, while the deployment changes hands.
#[tokio::test]
async fn a_claim_that_is_lost_ends_what_is_under_way() {
    let service = start().await;
    let (byod, alice, bob) = (&service.byod, &*service.alice_id, &*service.bob_id);
    let credentials = service.alices_credentials();
    byod.connect(alice, "alice", &credentials).await.unwrap();
    let session = service.alice();
    for number in 0..3 {
        let new = note(&number.to_string());
        notes::create(&session, new).await.unwrap();
    }
    let mut pages = pages(&service, &session);
    pages.next().await.unwrap().unwrap();

    assert_eq!(byod.release(alice).await.unwrap(), Released::Released);
    let test = byod.connect(bob, "bob", &credentials).await.unwrap();
    assert_eq!(test.claim, Some(Claim::Yours));
    is_foreign(&pages.next().await.unwrap().unwrap_err());
    is_foreign(&titles(&session).await.unwrap_err());
    assert_eq!(titles(&service.bob()).await.unwrap(), [""; 0]);
    assert_eq!(byod.release(alice).await.unwrap(), Released::SomebodyElses);
    let status = byod.status(alice).await.unwrap();
    assert_eq!(status.claim, Some(Claim::SomebodyElses));
}

#[tokio::test]
async fn a_disconnect_keeps_the_claim_until_it_is_released() {
    let service = start().await;
    let (byod, alice, bob) = (&service.byod, &*service.alice_id, &*service.bob_id);
    let credentials = service.alices_credentials();
    byod.connect(alice, "alice", &credentials).await.unwrap();
    byod.disconnect(alice).await.unwrap();
    is_foreign(&byod.connect(bob, "bob", &credentials).await.unwrap_err());
    assert_eq!(byod.release(alice).await.unwrap(), Released::Released);
    assert_eq!(byod.release(alice).await.unwrap(), Released::Unclaimed);
    byod.connect(bob, "bob", &credentials).await.unwrap();
    let nobody = service.main.new_id("users").unwrap();
    let nobody = byod.release(&*nobody).await.unwrap_err();
    assert!(matches!(nobody, Error::NoRecord { .. }), "{nobody}");
}

#[tokio::test]
async fn what_was_claimed_for_nothing_is_given_up() {
    let service = start().await;
    let (byod, alice) = (&service.byod, &*service.alice_id);
    let credentials = service.alices_credentials();
    byod.connect(alice, "alice", &credentials).await.unwrap();

    // She is connected, and the other deployment is of no use.
    let unusable = Local::user(&manifest()).schema_version(0).name("other");
    let unusable = unusable.start().await.unwrap();
    let picky = process(&service);
    let other = Credentials::new(unusable.url(), unusable.deploy_key());
    let test = picky.connect(alice, "alice", &other).await.unwrap();
    assert!(test.problem.is_some());
    assert_eq!(unusable.count("byodOwner"), 0);

    // Somebody else's is no place to move to.
    let bobs = Local::user(&manifest()).name("bob").start().await.unwrap();
    bobs.run(
        "byod/claim:claim",
        json!({"subject": "bob", "user": service.bob_id}),
    )
    .unwrap();
    let bobs_credentials = Credentials::new(bobs.url(), bobs.deploy_key());
    let refused = byod.rotate_credentials(alice, "alice", &bobs_credentials);
    is_foreign(&refused.await.unwrap_err());
    let stored = byod.user_credentials(alice).await.unwrap().unwrap();
    assert_eq!(stored.deployment_url, service.alices.url());

    // What works is claimed, and the former stays hers.
    let moved = Local::user(&manifest()).name("new").start().await.unwrap();
    let new = Credentials::new(moved.url(), moved.deploy_key());
    let test = byod.rotate_credentials(alice, "alice", &new).await.unwrap();
    assert_eq!((test.problem, test.claim), (None, Some(Claim::Yours)));
    assert_eq!(moved.count("byodOwner"), 1);
    assert_eq!(service.alices.count("byodOwner"), 1);
}

/// She is connected to it, and nobody has claimed it yet: a key that is of no use gives
/// no claim up.
#[tokio::test]
async fn what_is_in_use_stays_claimed() {
    let service = start_with(|alices| alices.schema_version(0)).await;
    service.save_unclaimed(ConnectionStatus::Connected).await;
    let credentials = service.alices_credentials();
    let picky = process(&service);
    let test = picky.connect(&*service.alice_id, "alice", &credentials);
    assert!(test.await.unwrap().problem.is_some());
    assert_eq!(service.alices.count("byodOwner"), 1);
}

/// Another process still has her route when she has disconnected and released it.
#[tokio::test]
async fn what_was_released_is_not_claimed_by_who_has_not_heard_of_it() {
    let service = start().await;
    let (byod, alice) = (&service.byod, &*service.alice_id);
    let credentials = service.alices_credentials();
    byod.connect(alice, "alice", &credentials).await.unwrap();
    let other = process(&service);
    let session = other.session(alice, "alice");
    titles(&session).await.unwrap();

    byod.disconnect(alice).await.unwrap();
    assert_eq!(byod.release(alice).await.unwrap(), Released::Released);
    let refused = titles(&session).await.unwrap_err();
    assert!(
        matches!(refused, Error::Claim { claim, .. } if claim == Claim::Unclaimed),
        "{refused:?}"
    );
    assert_eq!(service.alices.count("byodOwner"), 0);
    // By now it knows.
    service.alices.reset_requests();
    let _ = titles(&session).await;
    assert_eq!(service.alices.request_count(), 0);
}

/// A claim of which it can't be told whether it is in use, for main fails, is kept: else
/// what holds a user's data could be the next one's.
#[tokio::test]
async fn a_claim_is_kept_where_main_cannot_be_asked() {
    let service = start().await;
    service.save_unclaimed(ConnectionStatus::Connected).await;
    let main = Arc::new(Proxy::start(service.main.address()).await);
    let fails = main.clone();
    // Main fails from the moment in which the new deployment is tested.
    let unusable = Local::user(&manifest()).name("other");
    let unusable = unusable.function("functions:ping", move |_, _| {
        fails.strike(Fault::ResetSending);
        Ok(json!({"status": "ok", "version": 0, "timestamp": 0}))
    });
    let unusable = unusable.start().await.unwrap();
    let other = Credentials::new(unusable.url(), unusable.deploy_key());
    let picky = process_by(&service, main.url.clone());
    let connect = || picky.connect(&*service.alice_id, "alice", &other);
    let error = connect().await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    assert_eq!(unusable.count("byodOwner"), 1);

    // It can be given up when main is back.
    main.heal();
    let given_up = picky.release_deployment(&*service.alice_id, &other);
    assert_eq!(given_up.await.unwrap(), Released::Released);
    assert_eq!(unusable.count("byodOwner"), 0);
}

/// The record that a kept route was read from is sealed anew: it is the same deployment.
#[tokio::test]
async fn a_call_claims_also_after_the_record_was_sealed_anew() {
    let key = |text| byod_runtime::EncryptionKey::parse(text).unwrap();
    let service = Service::with(|setup| Setup {
        alices: Local::user(&manifest()).name("alice"),
        byod: setup.byod.former_encryption_key(key("the next one")),
        ..setup
    })
    .await;
    service.save_unclaimed(ConnectionStatus::Connected).await;
    let (byod, alice) = (&service.byod, &*service.alice_id);
    titles(&service.alice()).await.unwrap();
    assert_eq!(byod.release(alice).await.unwrap(), Released::Released);

    let rotation = byod_runtime::Byod::builder()
        .main_url(service.main.url())
        .deploy_key(service.main.deploy_key())
        .encryption_key(key("the next one"))
        .former_encryption_key(key("only for tests"))
        .build()
        .unwrap();
    let record = rotation.user_record(alice).await.unwrap().unwrap();
    rotation.reseal(&record).await.unwrap();
    let after = rotation.user_record(alice).await.unwrap().unwrap();
    assert_ne!(after.credentials, record.credentials);
    assert_eq!(after.updated_at, record.updated_at, "nothing else is new");

    assert_eq!(titles(&service.alice()).await.unwrap(), [""; 0]);
    assert_eq!(service.alices.count("byodOwner"), 1);
}

/// Another process of the service, which wants a newer schema.
fn process(service: &Service) -> byod_runtime::Byod {
    process_by(service, service.main.url())
}

/// The same, which reaches main by that URL. It isn't told at once what others write into records: main is too far away, or
/// of before there was a way to be told.
fn process_by(service: &Service, main_url: String) -> byod_runtime::Byod {
    let byod = byod_runtime::Byod::builder()
        .main_url(main_url)
        .deploy_key(service.main.deploy_key())
        .encryption_key(byod_runtime::EncryptionKey::parse("only for tests").unwrap())
        .tables(byod_examples::TABLES)
        .minimum_schema_version(1)
        .listen_to_main(false)
        .development(true);
    byod.build().unwrap()
}

#[tokio::test]
async fn a_deployment_of_old_goes_on_and_says_so() {
    let service = start_with(Local::without_claim).await;
    let (byod, alice) = (&service.byod, &*service.alice_id);
    let credentials = service.alices_credentials();
    let test = byod.connect(alice, "alice", &credentials).await.unwrap();
    assert_eq!(
        (test.status, test.claim),
        (ConnectionStatus::Connected, Some(Claim::Unclaimable))
    );
    let status = byod.status(alice).await.unwrap();
    assert_eq!(status.claim, Some(Claim::Unclaimable));
    notes::create(&service.alice(), note("one")).await.unwrap();
    assert_eq!(byod.release(alice).await.unwrap(), Released::Unclaimable);
}

#[tokio::test]
async fn one_that_is_shared_takes_all() {
    let service = start_with(Local::shared).await;
    let (byod, alice, bob) = (&service.byod, &*service.alice_id, &*service.bob_id);
    let credentials = service.alices_credentials();
    for (user, subject) in [(alice, "alice"), (bob, "bob")] {
        let test = byod.connect(user, subject, &credentials).await.unwrap();
        assert_eq!((test.problem, test.claim), (None, Some(Claim::Shared)));
    }
    notes::create(&service.alice(), note("hers")).await.unwrap();
    notes::create(&service.bob(), note("his")).await.unwrap();
    assert_eq!(titles(&service.bob()).await.unwrap(), ["his"]);
    assert_eq!(byod.release(alice).await.unwrap(), Released::Shared);
}
