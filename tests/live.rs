//! Queries that are watched, on deployments inside the process.

use std::time::{Duration, Instant};

use crate::support::Service;
use byod_examples::notes;
use byod_runtime::{Byod, EncryptionKey, Error, LiveRouted, Location, Routed};

fn note(title: &str) -> notes::CreateArgs {
    notes::CreateArgs {
        title: title.into(),
        content: String::new(),
        project_id: None,
    }
}

async fn in_time<T>(next: impl Future<Output = Option<Result<T, Error>>>) -> T {
    let next = tokio::time::timeout(Duration::from_secs(20), next).await;
    next.expect("nothing came").unwrap().unwrap()
}

type Notes = Vec<byod_runtime::Doc<byod_examples::Notes>>;

async fn next(live: &mut LiveRouted<Notes>) -> (Vec<String>, Location) {
    let Routed {
        value, deployment, ..
    } = in_time(live.next()).await;
    let titles = value.into_iter().map(|note| note.fields.title);
    (titles.collect(), deployment.location())
}

#[tokio::test]
async fn a_query_is_watched_where_the_data_is() {
    let service = Service::start().await;
    let (alice, bob) = (service.alice(), service.bob());
    let mut live = notes::list(&alice, notes::ListArgs::default())
        .watch()
        .routed();
    let mut bobs = notes::list(&bob, notes::ListArgs::default())
        .watch()
        .routed();
    assert_eq!(next(&mut live).await, (vec![], Location::Main));
    assert_eq!(next(&mut bobs).await, (vec![], Location::Main));
    notes::create(&alice, note("on main")).await.unwrap();
    assert_eq!(
        next(&mut live).await,
        (vec!["on main".into()], Location::Main)
    );

    let credentials = service.alices_credentials();
    service
        .byod
        .connect(&*service.alice_id, "alice", &credentials)
        .await
        .unwrap();
    assert_eq!(next(&mut live).await, (vec![], Location::User));
    notes::create(&alice, note("her own")).await.unwrap();
    assert_eq!(
        next(&mut live).await,
        (vec!["her own".into()], Location::User)
    );

    service.byod.disconnect(&*service.alice_id).await.unwrap();
    assert_eq!(
        next(&mut live).await,
        (vec!["on main".into()], Location::Main)
    );
    // Nothing of all that is Bob's.
    notes::create(&bob, note("his")).await.unwrap();
    assert_eq!(next(&mut bobs).await, (vec!["his".into()], Location::Main));
}

#[tokio::test]
async fn a_disconnect_in_one_process_is_known_to_another_within_a_second() {
    let service = Service::start().await;
    let other = Byod::builder()
        .encryption_key(EncryptionKey::parse("only for tests").unwrap())
        .tables(byod_examples::TABLES)
        .development(true)
        .cache_ttl(Duration::from_secs(3600))
        .main_url(service.main.url())
        .deploy_key(service.main.deploy_key())
        .build()
        .unwrap();
    let token = service.main.token("alice").unwrap();
    let alice = other.session(&*service.alice_id, "alice").with_token(token);
    let location = async || {
        let list = notes::list(&alice, notes::ListArgs::default());
        list.routed().await.unwrap().deployment.location()
    };
    assert_eq!(location().await, Location::Main);
    // Until it listens.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let is_known = async |expected| {
        let begin = Instant::now();
        while location().await != expected {
            assert!(begin.elapsed() < Duration::from_secs(20), "{expected:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        begin.elapsed()
    };
    let credentials = service.alices_credentials();
    service
        .byod
        .connect(&*service.alice_id, "alice", &credentials)
        .await
        .unwrap();
    println!(
        "a connect is known after {:?}",
        is_known(Location::User).await
    );
    // Others have the processor, too.
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        service.byod.disconnect(&*service.alice_id).await.unwrap();
        fastest = fastest.min(is_known(Location::Main).await);
        let connected = service
            .byod
            .connect(&*service.alice_id, "alice", &credentials);
        connected.await.unwrap();
        is_known(Location::User).await;
    }
    println!("a disconnect is known after {fastest:?}");
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
}
