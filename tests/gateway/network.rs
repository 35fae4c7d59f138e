//! A network that dies, hangs, or leads elsewhere.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    To(SocketAddr),
    /// There are connections, and nothing passes.
    Hangs,
    /// Connections are closed.
    Dead,
}

/// A network that dies, hangs, or leads elsewhere. It ends when it is dropped.
pub(super) struct Network {
    pub(super) address: SocketAddr,
    way: watch::Sender<Way>,
    task: AbortHandle,
}

impl Network {
    pub(super) async fn start(way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, ways) = watch::channel(way);
        let task = tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let ways = ways.clone();
                tokio::spawn(async move { connection(near, ways).await.ok() });
            }
        });
        Self {
            address,
            way: sender,
            task: task.abort_handle(),
        }
    }

    pub(super) fn goes(&self, way: Way) {
        self.way.send_replace(way);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
        self.goes(Way::Dead);
    }
}

async fn connection(near: TcpStream, ways: watch::Receiver<Way>) -> std::io::Result<()> {
    let mut first = ways.clone();
    let Ok(way) = first
        .wait_for(|way| *way != Way::Hangs)
        .await
        .map(|way| *way)
    else {
        return Ok(());
    };
    let Way::To(address) = way else { return Ok(()) };
    let far = TcpStream::connect(address).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (from_near, to_near) = near.into_split();
    let (from_far, to_far) = far.into_split();
    tokio::select! {
        ended = pass(from_near, to_far, ways.clone()) => ended,
        ended = pass(from_far, to_near, ways.clone()) => ended,
        // What led to one place can't lead to another.
        () = leads_elsewhere(ways, way) => Ok(()),
    }
}

async fn leads_elsewhere(mut ways: watch::Receiver<Way>, way: Way) {
    let _ = ways.wait_for(|now| *now != way && *now != Way::Hangs).await;
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut ways: watch::Receiver<Way>,
) -> std::io::Result<()> {
    let mut bytes = vec![0; 16 << 10];
    loop {
        let read = from.read(&mut bytes).await?;
        let _ = ways.wait_for(|way| *way != Way::Hangs).await;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&bytes[..read]).await?;
    }
}
