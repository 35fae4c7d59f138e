//! What else is done for one user: their record is sealed anew, and their deployment tested.

use byod_local::Object;
use byod_runtime::{
    ConnectionStatus, Credentials, EncryptionKey, Keyring, OpenedBy, SealedCredentials,
};
use serde_json::{Value as Json, json};

use crate::server::Server;
use crate::support::{Fleet, service_with};
use crate::workers::{KEY, Told, Workers, folder};

/// What records are sealed with from now on.
const NEW: &str = "a new one";

fn sealed(record: &Object) -> SealedCredentials {
    let record = byod_local::Value::from(record.clone());
    serde_json::from_value(serde_json::to_value(record).unwrap()).unwrap()
}

/// Once, whoever asks and how often.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_sealed_anew_with_the_workers_key() {
    let Some(server) = Server::start("rotate") else {
        return;
    };
    let fleet = Fleet::start(2).await;
    let other = service_with(&fleet.main, "a third one");
    let lost = Credentials::new("http://127.0.0.1:9", "local:lost|geheim");
    let saved = other.save_credentials("lost", &lost, ConnectionStatus::Connected);
    saved.await.unwrap();
    let untouched = fleet.record("lost");
    let bundles = folder("rotate");
    let told = Told {
        encryption_key: NEW,
        former_key: Some(KEY),
        ..Told::of(&fleet, &server.identity_key, &bundles)
    };
    let workers = Workers::start(told, 2).await;
    server.register(workers.port);

    let asked = [1, 2, 3].map(|_| server.ask("ByodUser/user%200/rotate", Json::Null));
    let mut became = Vec::new();
    for answer in asked {
        let (status, said) = answer.await.unwrap();
        assert_eq!(status, 200, "{said}");
        became.push(said);
    }
    became.sort_by_key(ToString::to_string);
    assert_eq!(became, ["upToDate", "upToDate", "written"]);

    let keys = Keyring::new(EncryptionKey::parse(NEW).unwrap());
    let record = fleet.record("user 0");
    let opened = keys.open(&"user 0".into(), &sealed(&record)).unwrap();
    assert_eq!(opened.key, OpenedBy::Current);
    let own = &fleet.users[0].deployment;
    assert_eq!(opened.credentials.deployment_url, own.url());
    assert_eq!(
        opened.credentials.deploy_key.expose_secret(),
        own.deploy_key()
    );
    // Nobody has asked for the other.
    let record = sealed(&fleet.record("user 1"));
    assert!(keys.open(&"user 1".into(), &record).is_err());

    // What no key opens is left alone, and of whom main knows nothing isn't asked again and again.
    let (status, said) = server
        .ask("ByodUser/lost/rotate", Json::Null)
        .await
        .unwrap();
    assert_eq!(status, 500);
    let said = said["message"].as_str().unwrap();
    assert!(said.contains("encryptedDeploymentUrl"), "{said}");
    assert_eq!(fleet.record("lost"), untouched);
    let nobody = server.ask("ByodUser/nobody/rotate", Json::Null);
    let (status, said) = nobody.await.unwrap();
    assert_eq!(status, 410, "{said}");
    workers.know_none_of(&[&own.deploy_key(), NEW, KEY, "geheim"], &server);
    std::fs::remove_dir_all(bundles).unwrap();
}

/// `recover` writes what it finds, `probe` doesn't.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_that_works_again_is_used_again() {
    let Some(server) = Server::start("recover") else {
        return;
    };
    let fleet = Fleet::start(1).await;
    let own = &fleet.users[0].deployment;
    let bundles = folder("recover");
    let told = Told::of(&fleet, &server.identity_key, &bundles);
    let workers = Workers::start(told, 1).await;
    server.register(workers.port);
    let ask = async |what: &str| {
        let path = format!("ByodUser/user%200/{what}");
        let (status, found) = server.ask(&path, Json::Null).await.unwrap();
        assert_eq!(status, 200, "{found}");
        found
    };
    let key = own.deploy_key();
    own.set_deploy_key("local:user-0|another");
    let before = fleet.record("user 0");
    for (what, written) in [("probe", "connected"), ("recover", "error")] {
        let found = ask(what).await;
        assert_eq!(found["problem"]["kind"], "wrong_key", "{found}");
        let record = fleet.record("user 0");
        assert_eq!(record.str("connectionStatus"), Some(written), "{what}");
        assert_eq!(record == before, what == "probe");
    }
    own.set_deploy_key(&*key);
    for (what, written) in [("probe", "error"), ("recover", "connected")] {
        let found = ask(what).await;
        assert_eq!(found["problem"], Json::Null);
        let record = fleet.record("user 0");
        assert_eq!(record.str("connectionStatus"), Some(written), "{what}");
    }
    // Where main answers, a test changes nothing of that.
    fleet.byod.disconnect("user 0").await.unwrap();
    assert_eq!(ask("recover").await["status"], json!("disconnected"));
    workers.know_none_of(&[&key, "local:user-0|another"], &server);
    std::fs::remove_dir_all(bundles).unwrap();
}
