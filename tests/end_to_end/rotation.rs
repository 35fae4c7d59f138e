//! Another encryption key, on the main functions that the example deploys.

use byod_runtime::{
    Byod, ByodBuilder, ConnectionStatus, Credentials, EncryptionKey, OpenedBy, Resealed,
    UserDatabaseConfig,
};

use crate::support::world::World;

fn key(text: &str) -> EncryptionKey {
    EncryptionKey::parse(text).unwrap()
}

fn service(world: &World, current: &str) -> ByodBuilder {
    Byod::builder()
        .main_url(&*world.main.url)
        .deploy_key(&*world.main.deploy_key)
        .encryption_key(key(current))
}

/// The user's record, found among those of all users.
async fn listed(byod: &Byod, user: &str) -> UserDatabaseConfig {
    let mut next = None;
    loop {
        let page = byod.user_records(next.as_deref(), 2).await.unwrap();
        let mut records = page.records.into_iter();
        if let Some(record) = records.find(|record| record.user_id == user) {
            return record;
        }
        next = Some(page.next.expect("the user has a record"));
    }
}

#[tokio::test]
async fn records_are_listed_and_sealed_anew() {
    let Some(world) = World::start() else { return };
    let credentials = Credentials {
        deployment_url: "https://happy-animal-123.convex.cloud".into(),
        deploy_key: "prod:happy-animal-123|secret".into(),
    };
    let old = service(&world, "the former key").build().unwrap();
    let mut users = Vec::new();
    for name in ["alice", "bob", "carol"] {
        let user = world.user(name).await;
        let saved = old.save_credentials(&*user.id, &credentials, ConnectionStatus::Connected);
        saved.await.unwrap();
        users.push(user);
    }
    let new = service(&world, "the current key").former_encryption_key(key("the former key"));
    let new = new.bind_records(true).build().unwrap();
    for user in &users {
        let before = listed(&new, &user.id).await;
        assert_eq!(new.open_record(&before).unwrap().key, OpenedBy::Former(0));
        assert_eq!(new.reseal(&before).await.unwrap(), Resealed::Written);
        // What was read before is out of date; that is noticed.
        assert_eq!(new.reseal(&before).await.unwrap(), Resealed::UpToDate);

        let after = listed(&new, &user.id).await;
        let opened = new.open_record(&after).unwrap();
        assert_eq!((opened.key, opened.is_bound), (OpenedBy::Current, true));
        assert_eq!(
            opened.credentials.deploy_key.expose_secret(),
            credentials.deploy_key.expose_secret()
        );
        assert_eq!(after.connection_status, before.connection_status);
        assert_eq!(after.created_at, before.created_at);
        assert!(old.user_credentials(&*user.id).await.is_err());
    }
}
