//! Accepts connections, HTTP/1.1 or HTTP/2 with prior knowledge.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::core::Core;
use super::http;

/// Serves until it is dropped, which also closes every connection.
pub(crate) async fn serve(listener: TcpListener, core: Arc<Core>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A failed accept is the client's loss, not the deployment's end.
                let Ok((stream, _)) = accepted else { continue };
                // Only speed is at stake.
                let _ = stream.set_nodelay(true);
                let core = core.clone();
                connections.spawn(async move {
                    let answer = service_fn(|request| {
                        let core = core.clone();
                        async move { Ok::<_, Infallible>(http::answer(&core, request).await) }
                    });
                    let http = Builder::new(TokioExecutor::new());
                    // A connection that breaks concerns its client only.
                    let _ = http.serve_connection(TokioIo::new(stream), answer).await;
                });
            }
            // Ended connections are forgotten.
            Some(_) = connections.join_next() => {}
        }
    }
}
