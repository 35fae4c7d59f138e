//! Whose tokens are is asked of main once, and kept for as long as it may be.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use byod_examples::notes;
use byod_local::{Identity, Local, LocalDeployment};
use byod_runtime::{Byod, Credentials, EncryptionKey, Error};
use serde_json::json;

async fn main_with(user: &str) -> (LocalDeployment, Byod, String) {
    let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let main = Local::main(&manifest).start().await.unwrap();
    let id = sign_up(&main, user);
    let byod = Byod::builder()
        .main_url(main.url())
        .deploy_key(main.deploy_key())
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .development(true)
        .build()
        .unwrap();
    (main, byod, id)
}

fn sign_up(main: &LocalDeployment, subject: &str) -> String {
    let user = json!({
        "subject": subject, "name": subject, "email": "a@example.org", "createdAt": 0.0, "updatedAt": 0.0,
    });
    main.insert("users", user).unwrap()
}

/// How often main was asked whose a token is.
fn asked(main: &LocalDeployment) -> usize {
    let requests = main.requests();
    let is_about_tokens = |function: &String| function == "byod/credentials:whoAmI";
    let functions = requests.iter().flat_map(|request| &request.functions);
    functions
        .filter(|function| is_about_tokens(function))
        .count()
}

fn in_seconds(seconds: f64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs_f64() + seconds
}

#[tokio::test]
async fn main_is_asked_once_by_all_who_come_at_the_same_time() {
    let (main, byod, alice) = main_with("auth|alice").await;
    let token = main.token("auth|alice").unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (byod, token) = (byod.clone(), token.clone());
        calls.spawn(async move { byod.session_for(token).await });
    }
    for session in calls.join_all().await {
        let session = session.unwrap();
        assert_eq!(session.user_id().as_str(), alice);
        assert_eq!(session.subject().as_str(), "auth|alice");
    }
    assert_eq!(asked(&main), 1);

    // Another token of hers is another question, and Bob is not she.
    let bob = sign_up(&main, "auth|bob");
    let other = main
        .token(Identity::new("auth|alice").with("sid", "2"))
        .unwrap();
    assert_eq!(
        byod.session_for(&*other).await.unwrap().user_id().as_str(),
        alice
    );
    let bobs = main.token("auth|bob").unwrap();
    assert_eq!(
        byod.session_for(&*bobs).await.unwrap().user_id().as_str(),
        bob
    );
    assert_eq!(asked(&main), 3);
}

#[tokio::test]
async fn it_is_forgotten_with_the_token() {
    let (main, byod, _) = main_with("auth|alice").await;
    let expiring = Identity::new("auth|alice").with("exp", in_seconds(1.0));
    let token = main.token(expiring).unwrap();
    byod.session_for(&*token).await.unwrap();
    byod.session_for(&*token).await.unwrap();
    assert_eq!(asked(&main), 1);
    main.revoke_token(&token);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let error = byod.session_for(&*token).await.unwrap_err();
    assert!(matches!(error, Error::Unauthenticated { .. }), "{error}");
    assert!(!error.to_string().contains(&token), "{error}");

    // One that has run out by this machine's clock is asked about each time.
    let old = Identity::new("auth|alice").with("exp", in_seconds(-60.0));
    let old = main.token(old).unwrap();
    byod.session_for(&*old).await.unwrap();
    byod.session_for(&*old).await.unwrap();
    assert_eq!(asked(&main), 4);
}

#[tokio::test]
async fn what_is_no_answer_is_not_kept() {
    let (main, byod, _) = main_with("auth|alice").await;
    // Signed in before they are signed up.
    let token = main.token("auth|bob").unwrap();
    for token in [&*token, "a\nb", "", "no.token.atall"] {
        let error = byod.session_for(token).await.unwrap_err();
        assert_eq!(error.http_status(), 401, "{error}");
        assert_eq!(error.kind(), "unauthenticated");
    }
    let bob = sign_up(&main, "auth|bob");
    assert_eq!(
        byod.session_for(&*token).await.unwrap().user_id().as_str(),
        bob
    );

    // Main that can't be asked is no refusal.
    let other = main
        .token(Identity::new("auth|bob").with("sid", "2"))
        .unwrap();
    drop(main);
    let error = byod.session_for(&*other).await.unwrap_err();
    assert_eq!(error.http_status(), 503, "{error}");
    byod.session_for(&*token).await.unwrap();
}

/// The session goes where the user's data is, as any other.
#[tokio::test]
async fn calls_go_to_the_users_own_deployment() {
    let (main, byod, alice) = main_with("auth|alice").await;
    let manifest = byod_local::read_manifest(byod_examples::MANIFEST).unwrap();
    let alices = Local::user(&manifest).start().await.unwrap();
    let credentials = Credentials::new(alices.url(), alices.deploy_key());
    byod.connect(&*alice, "auth|alice", &credentials)
        .await
        .unwrap();
    let session = byod
        .session_for(main.token("auth|alice").unwrap())
        .await
        .unwrap();
    let note = notes::CreateArgs {
        title: "Hers".into(),
        content: String::new(),
        project_id: None,
    };
    notes::create(&session, note).await.unwrap();
    assert_eq!((main.count("notes"), alices.count("notes")), (0, 1));
}
