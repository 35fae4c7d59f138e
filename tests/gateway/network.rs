//! A network that dies, hangs, or leads elsewhere, and remembers what it brought.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::brought::Brought;

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    To(SocketAddr),
    /// There are connections, and nothing passes.
    Hangs,
    /// Connections are closed.
    Dead,
}

/// A network that dies, hangs, or leads elsewhere. It ends when it is dropped.
pub(crate) struct Network {
    pub(crate) address: SocketAddr,
    pub(super) brought: Brought,
    way: watch::Sender<Way>,
    task: AbortHandle,
}

impl Network {
    pub(crate) async fn start(way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, ways) = watch::channel(way);
        let brought = Brought::default();
        let bringing = brought.clone();
        let task = tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let (ways, brought) = (ways.clone(), bringing.clone());
                tokio::spawn(async move { connection(near, ways, &brought).await.ok() });
            }
        });
        Self {
            address,
            brought,
            way: sender,
            task: task.abort_handle(),
        }
    }

    pub(crate) fn goes(&self, way: Way) {
        self.way.send_replace(way);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.task.abort();
        self.goes(Way::Dead);
    }
}

async fn connection(
    near: TcpStream,
    ways: watch::Receiver<Way>,
    brought: &Brought,
) -> std::io::Result<()> {
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
    let connection = brought.connection();
    let (asked, told) = (connection.clone(), connection);
    tokio::select! {
        ended = pass(from_near, to_far, ways.clone(), |bytes| asked.asks(bytes)) => ended,
        ended = pass(from_far, to_near, ways.clone(), |bytes| told.is_told(bytes)) => ended,
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
    note: impl Fn(&[u8]),
) -> std::io::Result<()> {
    let mut bytes = vec![0; 16 << 10];
    loop {
        let read = from.read(&mut bytes).await?;
        let _ = ways.wait_for(|way| *way != Way::Hangs).await;
        if read == 0 {
            return Ok(());
        }
        note(&bytes[..read]);
        to.write_all(&bytes[..read]).await?;
    }
}
