//! Listens for the engine until it is told to end.

use std::num::NonZeroU32;
use std::pin::pin;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use restate_sdk::endpoint::Endpoint;
use restate_sdk::hyper::HyperEndpoint;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// How long what is under way may take after it was told to end; what isn't over then is done over elsewhere.
const PATIENCE: Duration = Duration::from_secs(20);

/// Without the limit the engine would have all its calls on one connection, and so on one worker behind a balancer.
pub(super) async fn serve(listener: TcpListener, endpoint: Endpoint, calls: NonZeroU32) {
    let endpoint = HyperEndpoint::new(endpoint);
    let graceful = GracefulShutdown::new();
    let mut ending = pin!(told_to_end());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut ending => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Of that connection, or there are too many of them: then it takes a moment.
                tracing::warn!(%error, "a connection was not taken");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Answers are small, and waited for; that is lost where it can't be set.
        let _ = stream.set_nodelay(true);
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(calls.get())
            .keep_alive_interval(Duration::from_secs(30))
            .serve_connection(TokioIo::new(stream), endpoint.clone());
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
    tracing::info!("told to end: what is under way is finished, the rest goes elsewhere");
    drop(listener);
    if timeout(PATIENCE, graceful.shutdown()).await.is_err() {
        tracing::warn!("ended with calls under way, which the engine makes again");
    }
}

/// By Ctrl-C, or as orchestrators say it.
async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    // Without signals it is killed.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
