//! Names of which an address is silent: it takes no connection, nor refuses it.

use std::future::IntoFuture as _;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{connected, ended};
use crate::support::world::create;

/// An address of this machine at which nobody takes connections, nor refuses them.
async fn silent_at(port: u16) -> (TcpListener, Vec<TcpStream>) {
    let address = ([127, 0, 0, 2], port).into();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(address).unwrap();
    let listener = socket.listen(1).unwrap();
    let mut waiting = Vec::new();
    // Until no more are allowed to wait.
    while let Ok(stream) =
        tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        waiting.push(stream.unwrap());
    }
    (listener, waiting)
}

#[tokio::test]
async fn an_address_that_is_silent_leaves_time_for_the_next() {
    let limit = Duration::from_secs(2);
    let world = connected(|byod| {
        let addresses = ["127.0.0.2", "127.0.0.1"].map(|text| text.parse().unwrap());
        let byod = byod.resolver(move |_| Ok(addresses.to_vec()));
        byod.connect_timeout(limit).retries(0)
    })
    .await;
    let silent = silent_at(world.users.port).await;
    let session = world.session("a");
    assert_eq!(create(&session).await.unwrap(), "the user's");
    drop(silent);
}

#[tokio::test]
async fn who_is_in_a_hurry_gives_up_no_address_sooner() {
    let world = connected(|byod| {
        let addresses = [2, 3, 4, 5].map(|last| [127, 0, 0, last].into());
        let byod = byod.resolver(move |_| Ok(addresses.to_vec()));
        byod.connect_timeout(Duration::from_secs(20)).retries(0)
    })
    .await;
    let port = world.users.port;
    let (listener, waiting) = silent_at(port).await;
    tokio::spawn(async move {
        // The system tries again after a second.
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(waiting);
        while let Ok((mut near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _ = copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    let session = world.session("a");
    let call = create(&session).connect_timeout(Duration::from_secs(3));
    assert_eq!(call.await.unwrap(), "the user's");
}

#[tokio::test]
async fn silence_is_a_limit_that_passed() {
    let world = connected(|byod| {
        let byod = byod.resolver(|_| Ok(vec!["127.0.0.2".parse().unwrap()]));
        byod.connect_timeout(Duration::from_millis(300)).retries(0)
    })
    .await;
    let silent = silent_at(world.users.port).await;
    let session = world.session("a");
    for own in [300, 401] {
        let own = Duration::from_millis(own);
        let call = create(&session).connect_timeout(own);
        assert_eq!(ended(call.into_future()).await, own);
    }
    drop(silent);
}
