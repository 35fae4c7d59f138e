//! How a gateway ends.

use std::future::pending;

use tokio::sync::watch;

/// Hands the sockets and streams of a gateway over when its service ends: `axum`'s graceful shutdown doesn't wait for
/// sockets, and waits for streams of events for as long as they live.
///
/// ```no_run
/// # async fn demo(byod: byod_runtime::Byod, listener: tokio::net::TcpListener) -> std::io::Result<()> {
/// # async fn told_to_end() {}
/// let ending = byod_gateway::Ending::default();
/// let settings = byod_gateway::Settings::default().ending(ending.clone());
/// let app = byod_gateway::router(byod, settings);
/// let begun = ending.clone();
/// axum::serve(listener, app)
///     .with_graceful_shutdown(async move {
///         told_to_end().await;
///         begun.begin();
///     })
///     .await?;
/// ending.ended().await; // for as long as your service may take: a mutation runs for a minute at most
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ending(watch::Sender<bool>);

impl Ending {
    /// From now on no new socket is taken; those that are open answer what runs, are closed with 1012 and come back,
    /// to whoever is there by then. Streams of events end.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Waits until all sockets and streams have ended.
    pub async fn ended(&self) {
        self.0.closed().await;
    }

    /// One that has to end, unless it is too late for one more.
    pub(crate) fn open(&self) -> Option<Open> {
        let told = self.0.subscribe();
        let ending = *told.borrow();
        (!ending).then_some(Open(told))
    }
}

/// A socket or stream that is waited for until this is dropped.
pub(crate) struct Open(watch::Receiver<bool>);

impl Open {
    /// Waits until it has to end.
    pub(crate) async fn has_to_end(&mut self) {
        if self.0.wait_for(|ending| *ending).await.is_err() {
            // Nobody is left who could say so.
            pending().await
        }
    }
}
