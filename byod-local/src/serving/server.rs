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
use super::socket::Sockets;

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
                    let sockets = Sockets::default();
                    let answer = service_fn(|request| {
                        let (core, sockets) = (core.clone(), sockets.clone());
                        async move {
                            Ok::<_, Infallible>(http::answer(&core, &sockets, request).await)
                        }
                    });
                    let http = Builder::new(TokioExecutor::new());
                    let stream = TokioIo::new(stream);
                    // A connection that breaks concerns its client only.
                    let _ = http.serve_connection_with_upgrades(stream, answer).await;
                    sockets.serve().await;
                });
            }
            // Ended connections are forgotten.
            Some(_) = connections.join_next() => {}
        }
    }
}
