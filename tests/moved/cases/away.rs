//! A deployment that can't be reached at all for a while, in the middle of a move.

use std::future::IntoFuture;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use byod_runtime::{ConnectionStatus, Credentials};
use serde_json::json;

use crate::certificates::{self, Certificate};
use crate::content::{everything_of, everything_there};
use crate::faults::moved;
use crate::proxy::Proxy;
use crate::service::{World, address};
use crate::{AT_ONCE, fill};

/// How long it is away.
const AWAY: Duration = Duration::from_millis(1500);

#[derive(Clone, Copy, Debug)]
enum Away {
    /// Nobody listens at its port.
    Refused,
    /// The same, of main.
    MainRefused,
    /// Its name stands for nothing.
    Unresolvable,
    /// What answers has another certificate.
    Certificate(Certificate),
}

const WAYS: [Away; 6] = [
    Away::Refused,
    Away::MainRefused,
    Away::Unresolvable,
    Away::Certificate(Certificate::Expired),
    Away::Certificate(Certificate::OfAnotherHost),
    Away::Certificate(Certificate::Unknown),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_away_for_a_while_has_it_all_once_in_the_end() {
    let Some(world) = World::start().await else {
        return;
    };
    for (number, away) in WAYS.into_iter().enumerate() {
        in_and_out(&world, away, number).await;
    }
}

async fn in_and_out(world: &World, away: Away, number: usize) {
    let alice = world.user(&format!("alice{number}")).await;
    fill(world, &alice, 12, 0).await;
    let hers = everything_of(world, &alice.id).await;
    let (acceptor, pem) = certificates::make(Certificate::Sound);
    let proxy = Proxy::start_tls(address(&alice.deployment), acceptor).await;
    let is_known = Arc::new(AtomicBool::new(true));
    let known = is_known.clone();
    let mut byod = world.builder().root_certificate(pem).resolver(move |_| {
        let nobody = || io::Error::other("nobody has that name");
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let known = known.load(Ordering::SeqCst);
        known.then(|| vec![here]).ok_or_else(nobody)
    });
    let other = match away {
        Away::Certificate(kind) => {
            let (acceptor, pem) = certificates::make(kind);
            if kind != Certificate::Unknown {
                byod = byod.root_certificate(pem);
            }
            Some(acceptor)
        }
        _ => None,
    };
    let byod = byod.build().unwrap();
    let credentials = Credentials {
        deployment_url: proxy.url.clone(),
        deploy_key: alice.deployment.deploy_key.as_str().into(),
    };
    let pending = ConnectionStatus::Pending;
    let saved = byod.save_credentials(&*alice.id, &credentials, pending);
    saved.await.unwrap();
    for way_in in [true, false] {
        let from = proxy.calls() + 4 + (number * 7 + usize::from(way_in) * 3) % 9;
        let strike = async {
            while proxy.calls() < from {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let status = byod.status(&*alice.id).await.unwrap();
            assert!(status.record.unwrap().moving.is_some(), "{away:?}");
            match away {
                Away::Refused => proxy.refuse_for(AWAY).await,
                Away::MainRefused => world.proxy.refuse_for(AWAY).await,
                Away::Unresolvable => {
                    is_known.store(false, Ordering::SeqCst);
                    // A name is asked for where a connection is made.
                    proxy.refuse_for(Duration::ZERO).await;
                    tokio::time::sleep(AWAY).await;
                    is_known.store(true, Ordering::SeqCst);
                }
                Away::Certificate(_) => {
                    proxy.certificate(other.clone());
                    tokio::time::sleep(AWAY).await;
                    proxy.certificate(None);
                }
            }
        };
        let name = format!("{away:?}, in: {way_in}");
        // The move outlasts it.
        tokio::join!(moved(&name, &byod, &alice, way_in), strike);
        let (here, there) = (
            everything_of(world, &alice.id).await,
            everything_there(&alice).await,
        );
        let (full, empty) = match way_in {
            true => (there, here),
            false => (here, there),
        };
        assert_eq!(full, hers, "{name}");
        assert!(empty.is_empty(), "{name}: {empty:#?}");
        let status = byod.status(&*alice.id).await.unwrap();
        assert_eq!(status.record.unwrap().moving, None, "{name}");
    }
}

/// Whoever reads meanwhile finds it away; the move goes on all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_while_it_is_away_does_not_call_the_move_off() {
    let Some(world) = World::start().await else {
        return;
    };
    let alice = world.user("alice").await;
    fill(&world, &alice, 12, 0).await;
    let hers = everything_of(&world, &alice.id).await;
    alice.connect(&world.byod).await;
    let moved = world.byod.move_in(&*alice.id, "alice").keep(AT_ONCE);
    moved.await.unwrap();
    let strike = async {
        world.frozen(&alice.id).await;
        let mut blocked = 0;
        let reads = async {
            loop {
                let read = alice.session.query::<Vec<String>>("notes:list", &json!({}));
                let _ = read.unwrap().await;
                let status = world.byod.status(&*alice.id).await.unwrap();
                blocked += usize::from(status.error.is_some());
                // Else the move were called off.
                let record = status.record.unwrap();
                assert_eq!(record.connection_status, ConnectionStatus::Connected);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = alice.proxy.refuse_for(AWAY) => {}
            () = reads => {}
        }
        assert!(blocked > 0, "this process knows of it");
    };
    let moving = world.byod.move_out(&*alice.id, "alice").keep(AT_ONCE);
    let (moved, ()) = tokio::join!(moving.into_future(), strike);
    assert_eq!(moved.unwrap().kept, 0);
    assert_eq!(everything_of(&world, &alice.id).await, hers);
    assert!(everything_there(&alice).await.is_empty());
}
