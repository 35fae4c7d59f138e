//! Paths that are known only at run time.

use byod_placed_tests::{FUNCTIONS, TABLES};
use byod_runtime::{Byod, EncryptionKey, Location, Refusal};
use serde_json::{Value as Json, json};

use crate::service::Service;
use crate::{from, not_served, refused};

#[tokio::test]
async fn a_path_known_only_at_run_time_is_routed_as_its_wrapper_is() {
    let service = Service::with_alice_connected().await;
    let client = async |path: &str, user: &str| {
        let found = service.byod.client_for_function(path, user).await;
        found.map(|found| found.deployment.location())
    };
    let alice = &*service.alice_id;
    for (path, expected) in [
        ("chat:history", Location::User),
        ("search/hybrid:find", Location::User),
        ("search/hybrid.js:find", Location::User),
        ("messages:list", Location::User),
        ("messages:stats", Location::Main),
        ("admin/tags:all", Location::Main),
        ("counters:value", Location::Main),
    ] {
        assert_eq!(client(path, alice).await.unwrap(), expected, "{path}");
        assert_eq!(client(path, &service.bob_id).await.unwrap(), Location::Main);
    }
    service.cost();
    for (path, expected) in [
        ("chat:overview", Refusal::ReadsMain),
        ("chat:legacy", Refusal::Skipped),
        ("chat:purge", Refusal::MainOnly),
        ("chat:react", Refusal::NotJudged),
        ("chat:unknown", Refusal::NotJudged),
        ("chat", Refusal::NotJudged),
        ("", Refusal::NotJudged),
    ] {
        let error = client(path, alice).await.unwrap_err();
        assert_eq!(not_served(path, &error), expected);
        assert_eq!(
            client(path, &service.bob_id).await.unwrap(),
            Location::Main,
            "{path}"
        );
    }
    assert_eq!(service.cost().1, 0);
}

#[tokio::test]
async fn a_call_by_path_is_what_its_wrapper_is() {
    let service = Service::with_alice_connected().await;
    let (alice, bob) = (service.alice(), service.bob());
    let conversation = json!({"userId": "alice", "title": "Seeds"});
    let id = service.alices.insert("conversations", conversation);
    let message = json!({"conversationId": id.unwrap(), "text": "When to sow?"});
    let send = alice.mutation::<String>("chat:sendMessage", &message);
    let id = from!(User, send.unwrap());
    let sent = &service.alices.documents("messages")[0];
    assert_eq!((sent.id(), sent.str("userId")), (Some(&*id), Some("alice")));

    let overview = alice.query::<Json>("chat:overview", &json!({})).unwrap();
    service.cost();
    assert_eq!(refused!(service, overview), Refusal::ReadsMain);
    let overview = bob.query::<Json>("chat:overview", &json!({})).unwrap();
    assert_eq!(from!(Main, overview)["messages"], 7.0);
    let generate = json!({"conversationId": "0"});
    let generate = alice.action::<Json>("chat:generate", &generate).unwrap();
    service.cost();
    assert_eq!(refused!(service, generate), Refusal::Action);
    let all = alice
        .query::<Vec<String>>("admin/tags:all", &json!({}))
        .unwrap();
    assert!(all.routed().await.unwrap().sees_no_connected);

    for (error, said) in [
        (
            alice.query::<Json>("chat:generate", &json!({})).err(),
            "`chat:generate` is an action, not a query: call it with `Session::action`",
        ),
        (
            alice.mutation::<Json>("chat:sendMesage", &json!({})).err(),
            "main has no public function `chat:sendMesage` in this build: did you mean `chat:sendMessage`?",
        ),
        (
            bob.query::<Json>("x\n", &json!({})).err(),
            "main has no public function `x` in this build: build again",
        ),
    ] {
        let error = error.unwrap();
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn without_functions_no_path_is_routed() {
    let byod = Byod::builder()
        .main_url("https://happy-animal-123.convex.cloud")
        .deploy_key("prod:happy-animal-123|secret")
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .functions(FUNCTIONS)
        .tables(TABLES)
        .functions(&[]);
    let byod = byod.build().unwrap();
    let error = byod.client_for_function("chat:history", "a").await;
    let error = error.unwrap_err();
    assert!(
        error.to_string().contains(".functions(functions!())"),
        "{error}"
    );
}
